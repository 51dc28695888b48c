"""The way out: no network card, ports redirected to the host's proxies, the host's CA trusted."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import socket
import ssl
from pathlib import Path

import pytest
from conftest import running

CA = Path("/usr/local/share/ca-certificates/capsem-ca.crt")
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
REDIRECTIONS = [
    ("udp", 53, 1053),
    ("tcp", 53, 1053),
    ("tcp", 443, 10443),
    ("tcp", 80, 10080),
    ("tcp", 11434, 10080),
]


def certificates(text: str) -> set[str]:
    """The digests of the certificates in a bundle."""
    pattern = r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----"
    return {
        hashlib.sha256(base64.b64decode(body)).hexdigest()
        for body in re.findall(pattern, text, re.S)
    }


# --- Trust: files of the image --------------------------------------------------------------------


def test_system_trusts_certificates():
    assert len(certificates(BUNDLE.read_text())) > 50


def test_bundle_can_be_loaded():
    assert ssl.create_default_context(cafile=str(BUNDLE)).cert_store_stats()["x509_ca"] > 50


@pytest.mark.parametrize("bundle", ["system", "certifi"])
def test_host_ca_is_trusted(bundle):
    if not CA.exists():
        pytest.skip("this image was built without the host's CA")
    if bundle == "certifi":
        path = Path(pytest.importorskip("certifi").where())
    else:
        path = BUNDLE
    assert certificates(CA.read_text()) <= certificates(path.read_text())


@pytest.mark.host
@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])
def test_programs_are_told_the_bundle(name):
    assert os.environ.get(name) == str(BUNDLE)


def test_resolver_file_is_plain():
    path = Path("/etc/resolv.conf")
    assert path.is_file() and not path.is_symlink()


def test_package_sources_use_https():
    sources = Path("/etc/apt/sources.list.d/debian.sources").read_text()
    uris = re.findall(r"^URIs:\s*(.+)$", sources, re.M)
    assert uris
    assert all(uri.startswith("https://") for line in uris for uri in line.split())


# --- The machine ----------------------------------------------------------------------------------


@pytest.mark.vm
def test_loopback_is_up(run):
    assert "LOOPBACK,UP" in run("ip -o link show lo").stdout


@pytest.mark.vm
def test_without_a_proxy_nothing_leaves_and_nothing_waits():
    if running("capsem-net-proxy"):
        pytest.skip("capsem-net-proxy is running")
    with socket.socket() as attempt:
        attempt.settimeout(5)
        with pytest.raises(OSError) as failure:
            attempt.connect(("192.0.2.1", 443))
    assert not isinstance(failure.value, TimeoutError)


@pytest.mark.proxy
def test_dummy_interface_has_the_address(run):
    assert "10.0.0.1/24" in run("ip -o -4 addr show dummy0").stdout


@pytest.mark.proxy
def test_default_route_leads_to_the_dummy_interface(run):
    assert "default dev dummy0" in run("ip route show default").stdout


@pytest.mark.proxy
@pytest.mark.parametrize("protocol, port, target", REDIRECTIONS)
def test_port_is_redirected(run, protocol, port, target):
    rules = run("iptables-nft -t nat -S OUTPUT").stdout.splitlines()
    wanted = [
        rule
        for rule in rules
        if f"-p {protocol} " in rule
        and f"--dport {port} " in rule
        and rule.rstrip().endswith(f"REDIRECT --to-ports {target}")
    ]
    assert len(wanted) == 1, rules


@pytest.mark.proxy
@pytest.mark.parametrize("port", [10443, 10080])
def test_proxy_listens(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


@pytest.mark.proxy
def test_resolver_is_the_proxy():
    assert Path("/etc/resolv.conf").read_text().split() == ["nameserver", "127.0.0.1"]


@pytest.mark.host
def test_reserved_name_does_not_resolve():
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("capsem-doctor.invalid", 443)
