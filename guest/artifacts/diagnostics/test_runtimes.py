"""Languages and package managers."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

NODE = shutil.which("node") is not None
needs_node = pytest.mark.skipif(not NODE, reason="Node.js is not in this image")


@pytest.mark.parametrize("program", ["python3", "pip3", "uv", "uvx", "git"])
def test_version(run, home, program):
    done = run(f"{program} --version", HOME=str(home))
    assert done.returncode == 0 and any(map(str.isdigit, done.stdout)), done.text


@needs_node
@pytest.mark.parametrize("program", ["node", "npm"])
def test_node_version(run, home, program):
    done = run(f"{program} --version", HOME=str(home))
    assert done.returncode == 0, done.text


def test_python_runs_a_program(run):
    program = "import json; print(json.dumps({chr(97 + n): n**2 for n in range(3)}))"
    assert json.loads(run(f"python3 -c '{program}'").stdout) == {"a": 0, "b": 1, "c": 4}


@needs_node
def test_node_runs_a_program(run, home):
    program = "console.log(JSON.stringify({sum: [1, 2, 3].reduce((a, b) => a + b)}))"
    assert json.loads(run(f"node -e '{program}'", HOME=str(home)).stdout) == {"sum": 6}


@needs_node
def test_node_checks_certificates(run, home):
    done = run('node -p "require(\'tls\').rootCertificates.length > 50"', HOME=str(home))
    assert done.stdout.strip() == "true", done.text


@needs_node
def test_npm_installs_where_the_path_looks(run, home):
    prefix = run("cd / && npm config get prefix", HOME=str(home)).stdout.strip()
    assert prefix == "/opt/ai-clis"


@needs_node
def test_npm_installs_a_local_package(run, tmp_path, home):
    """From a directory, so that no network is needed."""
    package = tmp_path / "package"
    package.mkdir()
    manifest = {"name": "probe", "version": "1.0.0", "bin": {"probe": "probe.js"}}
    (package / "package.json").write_text(json.dumps(manifest))
    (package / "probe.js").write_text("#!/usr/bin/env node\nconsole.log('probed')\n")
    (package / "probe.js").chmod(0o755)
    done = run(
        f"npm install --global --offline --no-audit --no-fund --prefix {tmp_path}/to {package}"
        f" && {tmp_path}/to/bin/probe",
        HOME=str(home),
    )
    assert done.stdout.splitlines()[-1:] == ["probed"], done.text


@pytest.mark.parametrize(
    "installer",
    ["/usr/bin/python3 -m pip install --no-index --quiet", "uv pip install --offline --quiet"],
    ids=["pip", "uv"],
)
def test_wheel_can_be_installed(run, tmp_path, home, installer):
    """One made here, so that no network is needed."""
    wheel = tmp_path / "probe-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("probe.py", "print('probed')\n")
        file.writestr("probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
        file.writestr(
            "probe-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr("probe-1.0.dist-info/RECORD", "")
    done = run(
        f"{installer} --target {tmp_path}/to {wheel}"
        f" && PYTHONPATH={tmp_path}/to python3 -m probe",
        HOME=str(home),
    )
    assert done.stdout.splitlines()[-1:] == ["probed"], done.text


def test_uv_makes_an_environment_that_sees_the_image(run, tmp_path, home):
    done = run(
        f"uv venv --quiet --offline --system-site-packages --python /usr/bin/python3 {tmp_path}/e"
        f" && {tmp_path}/e/bin/python -c 'import pytest, sys; print(sys.prefix)'",
        HOME=str(home),
        UV_CACHE_DIR=str(tmp_path / "cache"),
    )
    assert done.stdout.strip() == f"{tmp_path}/e", done.text


def test_pip_may_install_into_the_system():
    """The machine is thrown away, so Debian's reminder to leave its Python alone is removed."""
    assert list(Path("/usr/lib").glob("python3*/EXTERNALLY-MANAGED")) == []


def test_package_database_is_whole(run):
    done = run("dpkg --audit")
    assert done.returncode == 0 and done.stdout == "", done.text


def test_package_can_be_installed_and_removed(run, tmp_path):
    """One made here, so that no network is needed. It belongs to nobody else, and leaves nothing."""
    control = tmp_path / "tree/DEBIAN/control"
    control.parent.mkdir(parents=True, mode=0o755)
    control.write_text(
        "Package: capsem-doctor-probe\nVersion: 1\nArchitecture: all\n"
        "Maintainer: capsem-doctor <doctor@example.invalid>\nDescription: a probe\n"
    )
    program = tmp_path / "tree/usr/bin/capsem-doctor-probe"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho probed\n")
    program.chmod(0o755)
    tmp_path.chmod(0o755)
    package = tmp_path / "probe.deb"
    done = run(
        f"chmod -R u=rwX,go=rX {tmp_path}/tree && dpkg-deb --root-owner-group -b {tmp_path}/tree {package}"
        f" && apt-get install --yes --quiet=2 {package}",
        timeout=120,
        DEBIAN_FRONTEND="noninteractive",
    )
    try:
        assert done.returncode == 0, done.text
        assert run("capsem-doctor-probe").stdout == "probed\n"
    finally:
        removed = run("dpkg --purge capsem-doctor-probe")
    assert removed.returncode == 0, removed.text
    assert not Path("/usr/bin/capsem-doctor-probe").exists()


def test_packages_can_be_found_without_an_update(run):
    done = run("apt-cache policy hello")
    candidate = re.search(r"Candidate: (\S+)", done.stdout)
    assert candidate and candidate[1] != "(none)", done.text


@pytest.mark.host
@pytest.mark.parametrize(
    "command",
    [
        "pip install --quiet --target {place} six",
        "uv pip install --quiet --target {place} six",
        "apt-get download hello",
        "npm install --global --no-audit --no-fund --prefix {place} is-number",
    ],
    ids=["pip", "uv", "apt", "npm"],
)
def test_package_comes_through_the_network(run, tmp_path, command):
    done = run(f"cd {tmp_path} && {command.format(place=tmp_path / 'to')}", timeout=180)
    assert done.returncode == 0, done.text
