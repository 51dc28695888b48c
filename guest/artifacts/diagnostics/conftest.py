"""What the checks share: running commands, and knowing where they run.

A check that needs something this place does not have is skipped with the reason. The places:

- a chroot of the image: programs and files, but a kernel that is not ours;
- the virtual machine without a host: kernel, mounts and hardening, but no agents;
- the virtual machine under a host: everything.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

AGENTS = ["capsem-pty-agent", "capsem-net-proxy", "capsem-dns-proxy", "capsem-mcp-server"]


def mounts() -> dict[str, tuple[str, str, str]]:
    """Mount point to device, type and options; of several mounts on one point, the last."""
    result = {}
    for line in Path("/proc/mounts").read_text().splitlines():
        device, point, kind, options, *_ = line.split()
        result[point] = (device, kind, options)
    return result


def in_virtual_machine() -> bool:
    """Did capsem-init mount this root? It lays the overlay on /mnt/a, which no chroot of a build does;
    an overlay or a /dev/vda of itself says nothing, for the machine that builds may have both."""
    try:
        _, kind, options = mounts()["/"]
    except (OSError, KeyError):
        return False
    return kind == "overlay" and "lowerdir=/mnt/a" in options.split(",")


def running(program: str) -> bool:
    """Is a process of this name there? The kernel keeps fifteen letters of a name."""
    for status in Path("/proc").glob("[0-9]*/comm"):
        try:
            if status.read_text().strip() == program[:15]:
                return True
        except OSError:
            continue
    return False


def shares_a_directory() -> bool:
    return "capsem.storage=virtiofs" in Path("/proc/cmdline").read_text().split()


# Marker to what it says, what has to hold, and the reason where it does not. A place that is no
# machine is the first reason of all.
NEEDS = {
    "vm": ("the virtual machine and its kernel", lambda: True, ""),
    "block": ("/root on a disk", lambda: not shares_a_directory(), "the host shares /root"),
    "virtiofs": ("/root of the host's", shares_a_directory, "the host shares no directory"),
    "proxy": (
        "the network proxy, an agent",
        lambda: running("capsem-net-proxy"),
        "no capsem-net-proxy is running",
    ),
    "host": (
        "a host that answers",
        lambda: running("capsem-pty-agent"),
        "no host is connected",
    ),
}


def pytest_configure(config: pytest.Config) -> None:
    for name, (what, _, _) in NEEDS.items():
        config.addinivalue_line("markers", f"{name}: needs {what}")


def pytest_report_header() -> str:
    if not in_virtual_machine():
        return "place: a chroot; what needs the machine is skipped"
    host = "under a host" if running("capsem-pty-agent") else "without a host"
    return f"place: the virtual machine, {host}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    for name, (_, holds, reason) in NEEDS.items():
        if item.get_closest_marker(name) is None:
            continue
        if not in_virtual_machine():
            pytest.skip("not in the virtual machine")
        if not holds():
            pytest.skip(reason)


class Result(subprocess.CompletedProcess):
    @property
    def text(self) -> str:
        """Both outputs, for an assertion's message."""
        return (self.stdout + self.stderr).strip()


@pytest.fixture(scope="session")
def run():
    """Runs a shell command: `run("uname -r").stdout`."""

    def run_command(
        command: str, timeout: float = 60, cwd: Path | None = None, **environment: str
    ) -> Result:
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
        )
        return Result(done.args, done.returncode, done.stdout, done.stderr)

    return run_command


@pytest.fixture(scope="session")
def cmdline() -> list[str]:
    return Path("/proc/cmdline").read_text().split()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory that a program may fill."""
    made = tmp_path / "home"
    made.mkdir()
    return made
