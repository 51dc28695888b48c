"""The walls: the image cannot be changed, the kernel tells nothing, no service runs."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import stat
import subprocess
import time
from pathlib import Path

import pytest
from conftest import AGENTS, mounts, running

# What a guest has no use for and an attacker has: each by its number on both machines.
SYSTEM_CALLS = {
    "io_uring_setup": {"x86_64": 425, "aarch64": 425},
    "bpf": {"x86_64": 321, "aarch64": 280},
    "userfaultfd": {"x86_64": 323, "aarch64": 282},
    "kexec_load": {"x86_64": 246, "aarch64": 104},
    "init_module": {"x86_64": 175, "aarch64": 105},
}
HARDENING = ["ro", "init_on_alloc=1", "slab_nomerge", "page_alloc.shuffle=1"]


@pytest.fixture(scope="module")
def regular_files() -> list[tuple[str, os.stat_result]]:
    """Every regular file of the root's own file system, found in one walk for all who ask."""
    found = []
    device = os.lstat("/").st_dev
    for directory, subdirectories, names in os.walk("/"):
        # Only what lies on this file system; an overlay numbers files by layer, directories not.
        subdirectories[:] = [
            name for name in subdirectories if os.lstat(f"{directory}/{name}").st_dev == device
        ]
        for name in names:
            path = f"{directory}/{name}"
            try:
                status = os.lstat(path)
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode):
                found.append((path, status))
    return found


# --- The image ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bit", [stat.S_ISUID, stat.S_ISGID], ids=["setuid", "setgid"])
def test_no_program_changes_its_user(regular_files, bit):
    assert [path for path, status in regular_files if status.st_mode & bit] == []


def test_no_program_can_be_changed_by_everybody(regular_files):
    """Nor any other file of the image; sessions may leave what they like in their own places."""
    own = ("/root/", "/tmp/", "/var/tmp/")
    found = [path for path, status in regular_files if status.st_mode & stat.S_IWOTH]
    assert [path for path in found if not path.startswith(own)] == []


@pytest.mark.vm
def test_image_is_ext4(run):
    # blkid reads the device itself, so a mount option cannot hide what is there.
    found = run("blkid -o value -s TYPE /dev/vda").stdout.strip()
    assert found == "ext4"


@pytest.mark.vm
def test_image_device_is_read_only():
    assert Path("/sys/block/vda/ro").read_text().strip() == "1"


@pytest.mark.vm
def test_image_device_refuses_a_write():
    with pytest.raises(OSError):
        descriptor = os.open("/dev/vda", os.O_RDWR)
        try:
            # Writes back what is there, so that even a failure of this check does no harm.
            first = os.pread(descriptor, 512, 0)
            os.pwrite(descriptor, first, 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@pytest.mark.vm
def test_image_has_no_journal(run):
    listing = run("dumpe2fs -h /dev/vda 2>/dev/null").stdout
    features = next(line for line in listing.splitlines() if "features:" in line)
    assert "has_journal" not in features


@pytest.mark.vm
def test_root_is_an_overlay_of_two_layers():
    _, kind, options = mounts()["/"]
    assert kind == "overlay"
    assert "lowerdir=" in options and "upperdir=" in options


@pytest.mark.vm
def test_change_of_a_program_stays_in_the_overlay():
    probe = Path("/usr/bin/.capsem-probe")
    probe.write_text("probe")
    try:
        assert probe.read_text() == "probe"
    finally:
        probe.unlink()


@pytest.mark.parametrize("directory", ["/root", "/tmp", "/run", "/var/log", "/var/tmp"])
def test_directory_is_writable(directory):
    probe = Path(directory) / ".capsem-probe"
    probe.write_text("probe")
    probe.unlink()


@pytest.mark.parametrize("directory", ["/", "/etc", "/usr", "/var"])
def test_directory_can_be_entered_by_everybody(directory):
    assert stat.S_IMODE(os.stat(directory).st_mode) == 0o755


@pytest.mark.parametrize("directory", ["/tmp", "/var/tmp"])
def test_shared_directory_is_sticky(directory):
    assert stat.S_IMODE(os.stat(directory).st_mode) == 0o1777


# --- The agents -----------------------------------------------------------------------------------


def agent_files() -> list[str]:
    """Where capsem-init puts what the initrd has, and where the image has its own."""
    names = [*AGENTS, "capsem-sysutil"]
    files = [f"{place}/{name}" for place in ("/usr/local/bin", "/run") for name in names]
    return [*files, "/usr/local/bin/snapshots", "/usr/local/bin/capsem-bench"]


@pytest.mark.parametrize("path", agent_files())
def test_agent_cannot_be_changed(path):
    if not os.path.exists(path):
        pytest.skip(f"there is no {path}")
    status = os.stat(path)
    mode = stat.S_IMODE(status.st_mode)
    assert mode & 0o222 == 0, f"{path} has mode {mode:04o}"
    assert mode & 0o111 == 0o111, f"{path} has mode {mode:04o}"
    assert status.st_uid == 0, f"{path} belongs to {status.st_uid}"


@pytest.mark.host
@pytest.mark.parametrize("agent", ["capsem-pty-agent", "capsem-net-proxy", "capsem-dns-proxy"])
def test_agent_runs(agent):
    assert running(agent)


@pytest.mark.vm
@pytest.mark.parametrize("service", ["systemd", "sshd", "cron", "dnsmasq", "dbus-daemon"])
def test_no_service_runs(service):
    assert not running(service)


# --- The kernel -----------------------------------------------------------------------------------


@pytest.mark.vm
@pytest.mark.parametrize("word", HARDENING)
def test_kernel_was_started_hardened(cmdline, word):
    assert word in cmdline


@pytest.mark.vm
def test_kernel_takes_no_modules(run):
    assert not Path("/proc/modules").exists() or Path("/proc/modules").read_text() == ""
    assert run("modprobe dummy").returncode != 0


@pytest.mark.vm
@pytest.mark.parametrize("device", ["/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore"])
def test_memory_cannot_be_read(device):
    try:
        with open(device, "rb") as file:
            file.read(1)
    except OSError:
        return
    pytest.fail(f"{device} can be read")


@pytest.mark.vm
def test_kernel_symbols_are_hidden():
    assert not Path("/proc/kallsyms").exists()


@pytest.mark.vm
def test_kernel_has_no_debug_file_system():
    assert "debugfs" not in Path("/proc/filesystems").read_text()


@pytest.mark.vm
def test_kernel_filters_system_calls():
    assert "Seccomp:" in Path("/proc/self/status").read_text()


@pytest.mark.vm
@pytest.mark.parametrize("name", SYSTEM_CALLS)
def test_kernel_lacks_system_call(name):
    number = SYSTEM_CALLS[name][platform.machine()]
    call = ctypes.CDLL(None, use_errno=True).syscall
    assert call(number, 0, 0, 0, 0, 0) == -1
    assert ctypes.get_errno() == errno.ENOSYS


@pytest.mark.vm
@pytest.mark.parametrize("name, value", [("dmesg_restrict", 1), ("randomize_va_space", 2)])
def test_kernel_is_set(name, value):
    assert int(Path("/proc/sys/kernel", name).read_text()) == value


@pytest.mark.vm
def test_kernel_has_no_ipv6():
    assert not Path("/proc/net/if_inet6").exists()


@pytest.mark.vm
def test_no_network_card():
    names = sorted(path.name for path in Path("/sys/class/net").iterdir())
    assert set(names) <= {"lo", "dummy0"}, names


@pytest.mark.vm
def test_clock_is_right():
    """As the machine's own clock, and not before the newest file in the image: a clock that starts in 1970
    is caught where there is none."""
    newest = max(path.stat().st_mtime for path in Path("/etc").iterdir())
    assert time.time() > newest - 60
    clock = Path("/sys/class/rtc/rtc0/since_epoch")
    if clock.exists():
        assert abs(time.time() - int(clock.read_text())) < 60


@pytest.mark.vm
def test_audit_rules_are_locked():
    if not Path("/usr/sbin/auditctl").exists():
        pytest.skip("auditd is not in this image")
    status = subprocess.run(
        ["/usr/sbin/auditctl", "-s"], capture_output=True, text=True, check=True
    ).stdout
    assert "enabled 2" in status, status
