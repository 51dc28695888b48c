"""What the checks share: running commands, and knowing where they run.

A check that needs something this place does not have is skipped with the reason. The places:

- a chroot of the image, at build time: programs and files, but no kernel of ours;
- the virtual machine without a host: kernel, mounts and hardening, but no agents;
- the virtual machine under a host: everything.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

AGENTS = ["capsem-pty-agent", "capsem-net-proxy", "capsem-dns-proxy", "capsem-mcp-server"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "vm: needs the virtual machine and its kernel")
    config.addinivalue_line("markers", "proxy: needs the network proxy, an agent")
    config.addinivalue_line("markers", "host: needs a host that answers")


def mounts() -> dict[str, tuple[str, str, str]]:
    """Mount point to device, type and options; of several mounts on one point, the last."""
    result = {}
    for line in Path("/proc/mounts").read_text().splitlines():
        device, point, kind, options, *_ = line.split()
        result[point] = (device, kind, options)
    return result


def in_virtual_machine() -> bool:
    try:
        return mounts()["/"][1] == "overlay" and Path("/dev/vda").is_block_device()
    except (OSError, KeyError):
        return False


def running(program: str) -> bool:
    """Is a process of this name there? The kernel keeps fifteen letters of a name."""
    for status in Path("/proc").glob("[0-9]*/comm"):
        try:
            if status.read_text().strip() == program[:15]:
                return True
        except OSError:
            continue
    return False


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("vm") and not in_virtual_machine():
        pytest.skip("not in the virtual machine")
    if item.get_closest_marker("proxy") and not running("capsem-net-proxy"):
        pytest.skip("no capsem-net-proxy is running")
    if item.get_closest_marker("host") and not (
        in_virtual_machine() and running("capsem-pty-agent")
    ):
        pytest.skip("no host is connected")


class Result(subprocess.CompletedProcess):
    @property
    def text(self) -> str:
        """Both outputs, for an assertion's message."""
        return (self.stdout + self.stderr).strip()


@pytest.fixture(scope="session")
def run():
    """Runs a shell command: `run("uname -r").stdout`."""

    def run_command(command: str, timeout: float = 60, **environment: str) -> Result:
        done = subprocess.run(
            ["/bin/bash", "-c", command],
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
