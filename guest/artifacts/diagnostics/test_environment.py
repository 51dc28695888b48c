"""The session: variables, shell, mounts, and how long it took to get here."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
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
@pytest.mark.parametrize(
    "directory", ["/opt/ai-clis/bin", "/usr/local/bin", "/usr/bin", "/bin"]
)
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


@pytest.mark.vm
def test_environment_made_at_boot_sees_the_image(run):
    if not PROFILE.exists():
        pytest.skip("this machine was not started by capsem-init")
    words = "import pytest, sys; print(sys.prefix, sys.base_prefix)"
    done = run(f"exec bash -lc 'python -c \"{words}\"'")
    assert done.stdout.split() == ["/root/.venv", "/usr"], done.text


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
@pytest.mark.parametrize("kind", ["ext4", "overlay", "squashfs", "erofs", "virtiofs", "tmpfs"])
def test_kernel_knows_file_system(kind):
    assert re.search(rf"\b{kind}$", Path("/proc/filesystems").read_text(), re.M)


# --- Boot timing ----------------------------------------------------------------------------------


def read_stages(text: str) -> list[dict]:
    """By the reader that shows them to people."""
    sys.path.insert(0, os.environ.get("CAPSEM_BENCH_LIBRARY", "/usr/local/lib"))
    try:
        boot = pytest.importorskip("capsem_bench.boot", reason="capsem-bench is not in this image")
    finally:
        sys.path.pop(0)
    return boot.stages(text)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "net proxy", "a;b", "[red]", "", "\u200b"]
)
def test_stage_with_another_name_than_a_word_is_dropped(name):
    """Stage names are shown to people, also in a browser: markup never gets there."""
    lines = [json.dumps({"name": each, "duration_ms": 1}) for each in ("network", name)]
    assert [stage.name for stage in read_stages("\n".join(lines))] == ["network"]


def test_damaged_line_of_the_timing_is_dropped():
    text = '{"name": "a", "duration_ms": 2}\n{"name"\n[]\n{"name": "b", "duration_ms": "3"}\n'
    assert [(stage.name, stage.milliseconds) for stage in read_stages(text)] == [("a", 2)]


@pytest.fixture
def stages() -> list[dict]:
    if not TIMING.exists():
        pytest.skip(f"there is no {TIMING}")
    return [json.loads(line) for line in TIMING.read_text().splitlines()]


@pytest.mark.vm
def test_stages_were_timed(stages):
    names = [stage["name"] for stage in stages]
    assert {"overlayfs", "network", "venv"} <= set(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in names)


@pytest.mark.vm
def test_boot_took_less_than_a_second(stages, run):
    if "TCG" in Path("/proc/cpuinfo").read_text():
        pytest.skip("an emulated processor has no deadline")
    if run("grep -qw hypervisor /proc/cpuinfo").returncode != 0:
        pytest.skip("the limit is for a machine with hardware virtualisation")
    assert sum(stage["duration_ms"] for stage in stages) <= 1000, stages
