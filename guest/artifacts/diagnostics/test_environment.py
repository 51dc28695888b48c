"""The session: variables, shell, mounts, and how long it took to get here."""

from __future__ import annotations

import json
import os
import platform
import re
import time
from pathlib import Path

import pytest
from conftest import mounts

TIMING = Path("/run/capsem-boot-timing")
PROFILE = Path("/etc/profile.d/capsem.sh")


@pytest.mark.vm
@pytest.mark.parametrize("name, value", [("HOME", "/root"), ("SHELL", "/bin/bash")])
def test_variable(name, value):
    assert os.environ.get(name, value) == value


@pytest.mark.vm
def test_terminal_is_named():
    if not os.isatty(0):
        pytest.skip("this session has no terminal")
    assert os.environ.get("TERM")


@pytest.mark.vm
@pytest.mark.parametrize("directory", ["/usr/local/bin", "/usr/bin", "/bin"])
def test_path_has(directory):
    assert directory in os.environ["PATH"].split(":")


@pytest.mark.vm
def test_login_shell_finds_the_ai_clis_first(run):
    if not PROFILE.exists():
        pytest.skip("this machine was not started by capsem-init")
    path = run("exec bash -lc 'echo $PATH'").stdout.strip().split(":")
    places = ["/opt/ai-clis/bin", "/root/.local/bin"]
    assert [place for place in path if place in places] == places


@pytest.mark.vm
def test_login_shell_is_in_the_virtual_environment(run):
    if not PROFILE.exists():
        pytest.skip("this machine was not started by capsem-init")
    # It is made in the background; on an emulated processor that takes a while.
    for _ in range(600):
        if Path("/run/capsem-venv-ready").exists():
            break
        time.sleep(0.1)
    assert run("exec bash -lc 'echo $VIRTUAL_ENV'").stdout.strip() == "/root/.venv"


def test_interactive_shell_starts(run, home):
    done = run("exec bash --rcfile /etc/capsem-bashrc -i -c 'echo started'", HOME=str(home))
    assert done.returncode == 0 and "started" in done.stdout, done.text


def test_greeting_leaves_no_placeholder(run):
    done = run("exec bash --rcfile /etc/capsem-bashrc -i -c true", CAPSEM_GREETED="", TMUX="")
    assert "%KERNEL%" not in done.stdout and "%ARCH%" not in done.stdout
    assert platform.machine() in done.stdout


def test_shell_settings_leave_path_alone():
    assert not re.search(r"^\s*(export\s+)?PATH=", Path("/etc/capsem-bashrc").read_text(), re.M)


def test_architecture():
    assert platform.machine() in ("x86_64", "aarch64")


@pytest.mark.vm
def test_kernel_is_recent_enough():
    major, minor = map(int, re.match(r"(\d+)\.(\d+)", platform.release()).groups())
    assert (major, minor) >= (6, 1)


@pytest.mark.vm
@pytest.mark.parametrize(
    "point, kind",
    [("/proc", "proc"), ("/sys", "sysfs"), ("/dev", "devtmpfs"), ("/dev/pts", "devpts")],
)
def test_mount(point, kind):
    assert mounts()[point][1] == kind


@pytest.mark.vm
@pytest.mark.parametrize("name", ["fd", "stdin", "stdout", "stderr", "null", "tty", "ptmx"])
def test_device(name):
    assert os.path.lexists(f"/dev/{name}")


@pytest.mark.vm
def test_workspace_is_a_mount_of_its_own(cmdline):
    kind = mounts().get("/root", ("", "none", ""))[1]
    if "capsem.storage=virtiofs" in cmdline:
        assert kind == "virtiofs"
    else:
        assert kind in ("ext4", "tmpfs")


@pytest.mark.vm
@pytest.mark.parametrize("kind", ["ext4", "overlay", "squashfs", "erofs", "virtiofs", "tmpfs"])
def test_kernel_knows_file_system(kind):
    assert re.search(rf"\b{kind}$", Path("/proc/filesystems").read_text(), re.M)


# --- Boot timing ----------------------------------------------------------------------------------


@pytest.fixture
def stages() -> list[dict]:
    if not TIMING.exists():
        pytest.skip(f"there is no {TIMING}")
    return [json.loads(line) for line in TIMING.read_text().splitlines()]


def test_stage_names_are_plain(stages):
    """The host drops any other name, and shows these to people."""
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", stage["name"]) for stage in stages)


def test_no_stage_took_long(stages, run):
    if run("grep -qw hypervisor /proc/cpuinfo").returncode != 0 or not Path("/dev/vda").exists():
        pytest.skip("the limit is for a machine with hardware virtualisation")
    if "TCG" in Path("/proc/cpuinfo").read_text():
        pytest.skip("an emulated processor has no deadline")
    slow = [stage for stage in stages if stage["duration_ms"] > 1000]
    assert slow == []
