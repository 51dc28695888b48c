"""The machine's name, and how it is put to rest: both come from the host."""

from __future__ import annotations

import os
import re
import socket
import stat
from pathlib import Path

import pytest

SYSUTIL = Path("/run/capsem-sysutil")
LINKS = [
    "/usr/sbin/shutdown",
    "/usr/sbin/halt",
    "/usr/sbin/poweroff",
    "/usr/sbin/reboot",
    "/usr/local/bin/suspend",
]


@pytest.fixture
def sysutil() -> Path:
    if not SYSUTIL.exists():
        pytest.skip(f"there is no {SYSUTIL}")
    return SYSUTIL


@pytest.mark.vm
@pytest.mark.parametrize("link", LINKS, ids=[Path(link).name for link in LINKS])
def test_command_leads_to_the_host(sysutil, link):
    assert os.readlink(link) == str(sysutil)


@pytest.mark.vm
def test_command_cannot_be_changed(sysutil):
    assert stat.S_IMODE(sysutil.stat().st_mode) == 0o555


@pytest.mark.vm
def test_machine_has_a_host_name():
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}", socket.gethostname())


@pytest.mark.host
@pytest.mark.parametrize("name", ["CAPSEM_VM_ID", "CAPSEM_VM_NAME"])
def test_machine_is_told_who_it_is(name):
    assert os.environ.get(name)


@pytest.mark.host
def test_host_name_is_the_sessions():
    name = os.environ.get("CAPSEM_VM_NAME", "")
    assert name and socket.gethostname() in (name, re.sub(r"[^A-Za-z0-9.-]", "-", name))


@pytest.mark.host
def test_own_name_is_in_the_hosts_file():
    assert re.search(r"^127\.0\.0\.1\s.*\blocalhost\b", Path("/etc/hosts").read_text(), re.M)
