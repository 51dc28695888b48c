"""What lasts: /root on a disk of the machine's own, or on a directory that the host shares."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from conftest import mounts

SCRATCH = Path("/dev/vdb")
SWAP_NEEDS_SECTORS = 8388608  # of 512 bytes: capsem-init makes swap on a disk of 4 GiB or more


def write_and_read(directory: Path) -> None:
    probe = directory / ".capsem-probe"
    probe.mkdir()
    try:
        (probe / "a").write_bytes(bytes(range(256)) * 4096)
        os.rename(probe / "a", probe / "b")
        os.symlink("b", probe / "link")
        os.chmod(probe / "b", 0o640)
        assert (probe / "link").read_bytes() == bytes(range(256)) * 4096
        assert (probe / "b").stat().st_mode & 0o777 == 0o640
        assert sorted(entry.name for entry in probe.iterdir()) == ["b", "link"]
    finally:
        shutil.rmtree(probe)


@pytest.fixture
def scratch() -> Path:
    if not SCRATCH.is_block_device():
        pytest.skip(f"there is no {SCRATCH}: /root is in memory")
    return SCRATCH


@pytest.mark.vm
def test_workspace_is_a_mount_of_its_own(cmdline):
    kind = mounts().get("/root", ("", "none", ""))[1]
    if "capsem.storage=virtiofs" in cmdline:
        assert kind == "virtiofs"
    else:
        assert kind == ("ext4" if SCRATCH.is_block_device() else "tmpfs")


@pytest.mark.vm
def test_workspace_keeps_files():
    write_and_read(Path("/root"))


@pytest.mark.block
def test_workspace_is_closed_to_others():
    assert os.stat("/root").st_mode & 0o777 == 0o700


@pytest.mark.block
def test_scratch_disk_holds_the_workspace(run, scratch):
    assert mounts()["/root"][0] == str(scratch)
    listing = run(f"dumpe2fs -h {scratch} 2>/dev/null").stdout
    features = next(line for line in listing.splitlines() if "features:" in line)
    assert "has_journal" not in features


@pytest.mark.block
def test_swap_is_on_the_scratch_disk(scratch):
    used = Path("/proc/swaps").read_text().splitlines()[1:]
    if int(Path("/sys/block/vdb/size").read_text()) < SWAP_NEEDS_SECTORS:
        assert used == []
    else:
        assert len(used) == 1


@pytest.mark.virtiofs
def test_shared_workspace_uses_no_swap():
    swaps = Path("/proc/swaps")
    assert not swaps.exists() or swaps.read_text().splitlines()[1:] == []


@pytest.mark.virtiofs
def test_overlay_lies_on_the_second_disk(run):
    assert run("blkid -o value -s TYPE /dev/vdb").stdout.strip() == "ext4"
    assert "upperdir=/mnt/system/upper" in mounts()["/"][2]


@pytest.mark.virtiofs
def test_shared_workspace_has_room():
    free = os.statvfs("/root")
    assert free.f_bavail * free.f_frsize > 0


@pytest.mark.virtiofs
def test_change_of_a_program_outlives_nothing_shared():
    """The overlay is the machine's own: what is written outside /root is not in the shared directory."""
    probe = Path("/usr/local/bin/.capsem-probe")
    probe.write_text("probe")
    try:
        assert not list(Path("/root").glob("**/.capsem-probe"))
    finally:
        probe.unlink()


@pytest.mark.virtiofs
def test_program_runs_from_the_shared_workspace(run):
    program = Path("/root/.capsem-probe")
    program.write_text("#!/bin/sh\necho ran\n")
    program.chmod(0o755)
    try:
        assert run(str(program)).stdout == "ran\n"
    finally:
        program.unlink()
