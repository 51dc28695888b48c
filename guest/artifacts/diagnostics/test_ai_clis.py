"""The AI command lines: there if installed, runnable, and their settings readable."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from pathlib import Path

import pytest

LOGIN_PATH = f"/opt/ai-clis/bin:{os.environ.get('PATH', '/usr/local/bin:/usr/bin:/bin')}"

# Command, and where its installation lies.
CLIS = [
    ("claude", "/opt/ai-clis/anthropic"),
    ("codex", "/opt/ai-clis/openai"),
    ("gemini", "/opt/ai-clis/lib/node_modules/@google/gemini-cli"),
]
SETTINGS = [
    "/root/.claude/settings.json",
    "/root/.claude.json",
    "/root/.codex/config.toml",
    "/root/.gemini/settings.json",
    "/root/.gemini/trustedFolders.json",
]

each_cli = pytest.mark.parametrize("command, installation", CLIS, ids=[c[0] for c in CLIS])


def located(command: str, installation: str) -> str:
    """Where the command is. It may be absent only where its installation is."""
    found = shutil.which(command, path=LOGIN_PATH)
    if found is None and not Path(installation).exists():
        # Where the host allows what the image lacks, the greeting says so; the image is whole.
        pytest.skip(f"{command} is not enabled in this image")
    assert found, f"{installation} is there, but {command} is not on PATH"
    return found


@each_cli
def test_cli_tells_its_version(run, home, command, installation):
    program = located(command, installation)
    done = run(f"{program} --version", timeout=120, HOME=str(home))
    assert done.returncode == 0 and any(map(str.isdigit, done.stdout)), done.text


@each_cli
def test_cli_explains_itself(run, home, command, installation):
    program = located(command, installation)
    done = run(f"{program} --help", timeout=120, HOME=str(home))
    assert done.returncode == 0 and len(done.stdout) > 100, done.text


@each_cli
def test_cli_link_leads_into_the_installation(command, installation):
    program = Path(located(command, installation))
    if not Path(installation).exists():
        pytest.skip(f"{command} is installed elsewhere")
    assert program.resolve().is_relative_to(installation)


@each_cli
def test_cli_is_native_to_this_machine(command, installation):
    program = Path(located(command, installation)).resolve()
    with program.open("rb") as file:
        header = file.read(20)
    if not header.startswith(b"\x7fELF"):
        pytest.skip(f"{command} is a script")
    machine = {"x86_64": 62, "aarch64": 183}[os.uname().machine]
    assert int.from_bytes(header[18:20], "little") == machine


@pytest.mark.vm
def test_login_shell_finds_the_same(run):
    known = {c: shutil.which(c, path=LOGIN_PATH) for c, _ in CLIS}
    known = {command: path for command, path in known.items() if path is not None}
    if not known:
        pytest.skip("no AI command line is enabled in this image")
    done = run(f"exec bash -lc 'command -v {' '.join(known)}'")
    assert done.stdout.split() == list(known.values())


@pytest.mark.parametrize("path", SETTINGS)
def test_settings_file_can_be_read(path):
    file = Path(path)
    if not file.exists():
        pytest.skip("the host has not written it")
    if path.endswith(".toml"):
        tomllib.loads(file.read_text())
    else:
        json.loads(file.read_text())
