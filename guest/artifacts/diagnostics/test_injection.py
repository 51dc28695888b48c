"""What the host puts in at the start: variables, files, and the identity for git and gh."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

MANIFEST = Path("/tmp/capsem-injection-manifest.json")
CREDENTIALS = Path("/root/.git-credentials")


@pytest.fixture
def manifest() -> Any:
    if not MANIFEST.exists():
        pytest.skip(f"the host has not written {MANIFEST}")
    return json.loads(MANIFEST.read_text())


def named(manifest: Any, *keys: str, field: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names below the first of the keys that is there, with what is said of each: hosts write a list of
    names, a list of records, or a table by name."""
    found = next((manifest[key] for key in keys if key in manifest), [])
    for entry in found.items() if isinstance(found, dict) else found:
        if isinstance(entry, tuple):
            yield entry[0], entry[1] if isinstance(entry[1], dict) else {}
        elif isinstance(entry, str):
            yield entry, {}
        else:
            yield entry[field], entry


@pytest.mark.host
def test_every_variable_arrived(manifest):
    names = [name for name, _ in named(manifest, "env", "environment", field="name")]
    assert [name for name in names if name not in os.environ] == []


@pytest.mark.host
def test_every_file_arrived(manifest):
    paths = [path for path, _ in named(manifest, "files", field="path")]
    assert [path for path in paths if not Path(path).is_file()] == []


@pytest.mark.host
def test_every_file_belongs_to_root_alone(manifest):
    open_to_others = []
    for path, record in named(manifest, "files", field="path"):
        status = os.stat(path)
        mode = record.get("mode")
        wanted = int(mode, 8) if isinstance(mode, str) else mode
        actual = stat.S_IMODE(status.st_mode)
        if status.st_uid != 0 or actual & 0o022 or (wanted is not None and actual != wanted):
            open_to_others.append((path, oct(actual)))
    assert open_to_others == []


@pytest.mark.host
def test_no_variable_changes_how_programs_are_loaded():
    refused = ["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_ENV", "ENV", "PROMPT_COMMAND"]
    assert [name for name in refused if name in os.environ] == []


@pytest.mark.host
def test_git_knows_the_credentials(run):
    if not CREDENTIALS.exists():
        pytest.skip("the host has no token for git")
    assert stat.S_IMODE(CREDENTIALS.stat().st_mode) == 0o600
    assert "store" in run("git config --get-all credential.helper").stdout


@pytest.mark.host
def test_git_knows_the_author(run):
    if not Path("/root/.gitconfig").exists():
        pytest.skip("the host has no identity for git")
    assert run("git config user.name && git config user.email").returncode == 0


@pytest.mark.host
def test_gh_takes_the_token(run):
    if not os.environ.get("GH_TOKEN") and not os.environ.get("GITHUB_TOKEN"):
        pytest.skip("the host has no token for gh")
    done = run("gh auth token")
    assert done.returncode == 0 and done.stdout.strip()
