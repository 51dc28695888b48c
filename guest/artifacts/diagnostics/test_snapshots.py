"""Snapshots, and the host's tool server through which they are reached."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path

import pytest

SERVER = Path("/run/capsem-mcp-server")
CONFIGS = ["/root/.claude.json", "/root/.codex/config.toml", "/root/.gemini/settings.json"]

# A server of one tool, in the protocol's own words: what `snapshots` does with a host's answer needs no host.
STAND_IN = '''#!/usr/bin/python3
import json, sys

TOOLS = [{"name": "local__snapshots_list", "inputSchema": {"type": "object", "properties": {}}}]
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    match message["method"]:
        case "initialize":
            result = {
                "protocolVersion": message["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "probe", "version": "1"},
            }
        case "tools/list":
            result = {"tools": TOOLS}
        case "tools/call":
            text = json.dumps([{"name": "first", "called": message["params"]["name"]}])
            result = {"content": [{"type": "text", "text": text}]}
        case _:
            result = {}
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
'''

pytestmark = pytest.mark.skipif(
    shutil.which("snapshots") is None, reason="snapshots is not in this image"
)


def test_snapshots_say_when_there_is_no_host(run):
    done = run("snapshots list", CAPSEM_MCP_SERVER="/nonexistent/server")
    assert done.returncode == 1
    assert "host" in done.stderr


def test_snapshots_explain_themselves(run):
    shown = run("snapshots --help").stdout
    for command in ["create", "list", "changes", "history", "compact", "revert", "delete"]:
        assert command in shown


def test_snapshots_speak_the_protocol(run, tmp_path, home):
    server = tmp_path / "server"
    server.write_text(STAND_IN)
    server.chmod(0o755)
    done = run(
        "snapshots list --json", timeout=180, CAPSEM_MCP_SERVER=str(server), HOME=str(home)
    )
    assert done.returncode == 0, done.text
    assert json.loads(done.stdout) == [{"name": "first", "called": "local__snapshots_list"}]


# --- Under a host ---------------------------------------------------------------------------------


def answer(run, command: str):
    done = run(f"snapshots {command} --json", timeout=90)
    assert done.returncode == 0, done.text
    return json.loads(done.stdout)


@pytest.mark.host
def test_tool_server_is_there():
    assert os.access(SERVER, os.X_OK)


@pytest.mark.host
@pytest.mark.parametrize("path", CONFIGS)
def test_ai_cli_knows_the_tool_server(path):
    if not Path(path).exists():
        pytest.skip("the host has not written it")
    assert str(SERVER) in Path(path).read_text()


@pytest.mark.host
def test_snapshots_are_listed(run):
    answer(run, "list")


@pytest.mark.host
def test_snapshot_brings_a_file_back(run):
    """The whole way: create, change, see the change, look at the history, revert, delete."""
    name = f"doctor-{uuid.uuid4().hex[:8]}"
    probe = Path(f"/root/.capsem-{name}")
    probe.write_text("before")
    try:
        answer(run, f"create {name}")
        assert name in json.dumps(answer(run, "list"))
        probe.write_text("after")
        assert probe.name in json.dumps(answer(run, "changes"))
        answer(run, f"history {probe.name}")
        answer(run, f"revert {probe.name}")
        assert probe.read_text() == "before"
        answer(run, f"delete {name}")
        assert name not in json.dumps(answer(run, "list"))
    finally:
        probe.unlink(missing_ok=True)


@pytest.mark.host
def test_unknown_snapshot_is_an_error(run):
    assert run("snapshots delete doctor-no-such-snapshot", timeout=90).returncode != 0
