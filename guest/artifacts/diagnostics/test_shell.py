"""The interactive shell: greeting, prompt, aliases, and whose settings count."""

from __future__ import annotations

import os
import platform
import pwd
import re
import shutil
from pathlib import Path

import pytest

SETTINGS = Path("/etc/capsem-bashrc")
TIPS = Path("/etc/capsem-tips.txt")
ALIASES = ["ls", "ll", "la", "grep"]

# Name in the greeting, command, and the host's word on whether it is allowed.
CLIS = [
    ("Claude Code", "claude", "CAPSEM_ANTHROPIC_ALLOWED"),
    ("Codex", "codex", "CAPSEM_OPENAI_ALLOWED"),
    ("Gemini CLI", "gemini", "CAPSEM_GOOGLE_ALLOWED"),
]
PATH = f"/opt/ai-clis/bin:{os.environ.get('PATH', '/usr/local/bin:/usr/bin:/bin')}"


def interactive(run, words: str, **environment: str) -> str:
    done = run(
        f"exec bash --rcfile {SETTINGS} -i -c {words!r}",
        **{"CAPSEM_GREETED": "", "TMUX": "", "PATH": PATH, **environment},
    )
    assert done.returncode == 0, done.text
    return done.stdout


@pytest.fixture(scope="module")
def session(run) -> str:
    """What a first session shows, and then what it has set."""
    return interactive(run, 'echo "prompt: $PS1"; alias; type -t __capsem_greeting || true')


def test_login_shell_is_bash():
    assert pwd.getpwuid(0).pw_shell in ("/bin/bash", "/usr/bin/bash")


def test_greeting_has_kernel_and_machine(session):
    assert "%KERNEL%" not in session and "%ARCH%" not in session
    assert platform.release() in session and platform.machine() in session


@pytest.mark.parametrize("name, command, allowed", CLIS, ids=[cli[1] for cli in CLIS])
def test_greeting_has_each_ai_cli(session, name, command, allowed):
    lines = [line for line in session.splitlines() if name in line and command in line]
    if shutil.which(command, path=PATH) is None and os.environ.get(allowed, "0") in ("", "0"):
        # Neither there nor wanted: a session has nothing to say about it.
        assert lines == []
    else:
        assert len(lines) == 1


def test_greeting_says_that_a_cli_is_off(run):
    if shutil.which("claude", path=PATH) is None:
        pytest.skip("claude is not enabled in this image")
    shown = interactive(run, "true", CAPSEM_ANTHROPIC_ALLOWED="0")
    assert re.search(r"Claude Code.*off", shown)


def test_greeting_has_one_tip_and_no_comment(session):
    tips = {
        line
        for line in TIPS.read_text().splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    }
    shown = re.findall(r"^\s*Tip: (.*)$", session, re.M)
    assert len(shown) == 1 and shown[0] in tips


def test_greeting_comes_once(run):
    assert "Tip:" not in interactive(run, "true", CAPSEM_GREETED="1")


def test_prompt_shows_where_one_is(session):
    assert re.search(r"^prompt: .*\\w", session, re.M)


@pytest.mark.parametrize("name", ALIASES)
def test_alias_is_set(session, name):
    assert re.search(rf"^alias {name}=", session, re.M)


def test_shell_settings_leave_path_alone(run):
    assert not re.search(r"^\s*(export\s+)?PATH=", SETTINGS.read_text(), re.M)
    own = Path("/root/.bashrc")
    if own.exists() and "PATH=" in own.read_text():
        pytest.skip("/root/.bashrc sets PATH: that is its owner's right")
    shown = interactive(run, 'echo "path: $PATH"', PATH="/probe:/usr/bin:/bin")
    assert "path: /probe:/usr/bin:/bin" in shown.splitlines()


def test_script_is_not_greeted(run):
    assert run(f". {SETTINGS}; echo done", CAPSEM_GREETED="").stdout == "done\n"
