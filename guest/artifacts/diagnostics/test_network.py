"""The way out: no network card, ports redirected to the host's proxies, the host's CA trusted."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import re
import shlex
import socket
import ssl
import struct
import time
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


def test_host_ca_signs_and_has_not_expired():
    if not CA.exists():
        pytest.skip("this image was built without the host's CA")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=str(CA))
    # Only a certificate that may sign others counts as an authority here.
    (authority,) = context.get_ca_certs()
    assert ssl.cert_time_to_seconds(authority["notAfter"]) > time.time()


@pytest.mark.vm
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
@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_resolver_listens(protocol):
    if not running("capsem-dns-proxy"):
        pytest.skip("no capsem-dns-proxy is running")
    bound = Path("/proc/net", protocol).read_text().splitlines()[1:]
    assert any(line.split()[1].endswith(f":{1053:04X}") for line in bound)


@pytest.mark.proxy
def test_resolver_is_the_proxy():
    assert Path("/etc/resolv.conf").read_text().split() == ["nameserver", "127.0.0.1"]


# --- The plumbing: what the agents rely on, where none of them has set it up ----------------------


@pytest.fixture(scope="module")
def outside(run):
    """capsem-init's own interface, address and route. They are gone again when the checks are done."""
    if running("capsem-net-proxy"):
        pytest.skip("capsem-net-proxy has its own redirections")
    made = run(
        "ip link show dummy0 >/dev/null 2>&1 || ip link add dummy0 type dummy; "
        "ip addr add 10.0.0.1/24 dev dummy0 && ip link set dummy0 up && ip route add default dev dummy0"
    )
    try:
        assert made.returncode == 0, made.text
        yield
    finally:
        run("ip addr flush dev dummy0; ip link set dummy0 down")


@pytest.mark.vm
@pytest.mark.parametrize("protocol, port, target", REDIRECTIONS)
def test_kernel_redirects(run, outside, protocol, port, target):
    """One of capsem-init's rules, something that listens, and a knock at an address outside."""
    rule = f"OUTPUT -p {protocol} --dport {port} -j REDIRECT --to-ports {target}"
    added = run(f"iptables-nft -t nat -A {rule}")
    assert added.returncode == 0, added.text
    kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}[protocol]
    try:
        with socket.socket(type=kind) as inner, socket.socket(type=kind) as outer:
            inner.settimeout(10)
            outer.settimeout(10)
            # Two ports lead to one target: the connection before may still be waiting there.
            inner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            inner.bind(("0.0.0.0", target))
            if protocol == "tcp":
                inner.listen()
            outer.connect(("192.0.2.1", port))
            outer.send(b"reached")
            end = inner.accept()[0] if protocol == "tcp" else inner
            assert end.recv(16) == b"reached"
            if end is not inner:
                end.close()
    finally:
        removed = run(f"iptables-nft -t nat -D {rule}")
    assert removed.returncode == 0, removed.text


@pytest.mark.vm
def test_kernel_speaks_vsock():
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()


# --- Through the host -----------------------------------------------------------------------------


@pytest.mark.host
def test_machine_has_a_vsock_address():
    get_local_cid = 0x7B9
    with open("/dev/vsock", "rb") as device:
        (address,) = struct.unpack("I", fcntl.ioctl(device, get_local_cid, bytes(4)))
    assert address > socket.VMADDR_CID_HOST and address != socket.VMADDR_CID_ANY


@pytest.mark.host
def test_reserved_name_does_not_resolve():
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("capsem-doctor.invalid", 443)


@pytest.mark.host
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_policy_refuses_what_it_does_not_know(run, scheme):
    port = {"https": 443, "http": 80}[scheme]
    name = "capsem-doctor.invalid"
    done = run(
        f"curl -sS -o /dev/null -w '%{{http_code}}' --max-time 30"
        f" --resolve {name}:{port}:192.0.2.1 {scheme}://{name}/"
    )
    assert done.stdout in ("000", "403", "502"), done.text


@pytest.fixture
def public_url() -> str:
    """An address outside to try, from who runs this: what the policy allows is not known here."""
    url = os.environ.get("CAPSEM_DOCTOR_URL", "")
    if not url:
        pytest.skip("CAPSEM_DOCTOR_URL names no address outside to try")
    return url


@pytest.mark.host
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_public_address_answers(run, public_url, scheme):
    url = re.sub(r"^https?", scheme, public_url)
    done = run(f"curl -sSL -o /dev/null -w '%{{http_code}}' --max-time 30 {shlex.quote(url)}")
    assert done.stdout == "200", done.text


@pytest.mark.host
def test_transfer_is_not_starved(run, public_url):
    done = run(
        f"curl -sSL -o /dev/null -w '%{{speed_download}}' --max-time 120 {shlex.quote(public_url)}",
        timeout=150,
    )
    assert done.returncode == 0 and float(done.stdout) > 10_000, done.text
