"""Languages and package managers."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

NODE = shutil.which("node") is not None
needs_node = pytest.mark.skipif(not NODE, reason="Node.js is not in this image")


@pytest.mark.parametrize("program", ["python3", "pip3", "uv", "uvx", "git"])
def test_version(run, home, program):
    done = run(f"{program} --version", HOME=str(home))
    assert done.returncode == 0 and any(map(str.isdigit, done.stdout)), done.text


@needs_node
@pytest.mark.parametrize("program", ["node", "npm", "npx"])
def test_node_version(run, home, program):
    done = run(f"{program} --version", HOME=str(home))
    assert done.returncode == 0, done.text


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
    ],
    ids=["pip", "uv", "apt"],
)
def test_package_comes_through_the_network(run, tmp_path, command):
    done = run(f"cd {tmp_path} && {command.format(place=tmp_path / 'to')}", timeout=180)
    assert done.returncode == 0, done.text
