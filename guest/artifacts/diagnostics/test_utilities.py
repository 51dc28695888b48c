"""The tools that a session counts on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

TOOLS = """
    awk bash bunzip2 bzip2 cat chmod cmp cp curl cut date dd df diff dmesg du env file find free gh
    git grep gunzip gzip head hostname id ip kill killall less ln ls lsblk lsof man mkdir mount mv ps
    pgrep python3 readlink rm sed seq sha256sum sort ss strace tail tar tee tmux top touch tr
    uname uniq uptime vim wc wrk xargs xz capsem-bench capsem-doctor snapshots
""".split()


@pytest.mark.parametrize("tool", TOOLS)
def test_tool_is_there(tool):
    assert shutil.which(tool), f"{tool} is not on PATH"


@pytest.mark.parametrize("name", ["iptables-nft", "mke2fs", "e2fsck", "ip"])
def test_tool_that_init_needs(name):
    assert shutil.which(name, path="/usr/sbin:/sbin"), f"{name} is not in /usr/sbin"


@pytest.mark.parametrize("name", ["iptables-legacy", "ip6tables-legacy"])
def test_old_packet_filter_is_gone(name):
    assert not Path(f"/usr/sbin/{name}").exists()


@pytest.mark.parametrize(
    "name", ["plain", "two words", "dots.and-dashes", "größe", "-leading", "new\nline"]
)
def test_file_comes_back_by_its_name(run, tmp_path, name):
    text = "one\ntwo: ü\n"
    (tmp_path / name).write_text(text)
    words = 'cp -- "$NAME" copy && mv -- copy "$NAME.moved" && cat -- "$NAME.moved"'
    done = run(words, cwd=tmp_path, NAME=name)
    assert done.stdout == text, done.text


def test_tree_is_copied_with_modes_links_and_times(run, tmp_path):
    done = run(
        f"cd {tmp_path} && mkdir -p a/b && echo x >a/b/file && chmod 640 a/b/file && ln -s b/file a/link"
        " && touch -d @1000000000 a/b/file && cp -a a c && diff -r a c"
        " && stat -c '%a %Y' c/b/file && readlink c/link"
    )
    assert done.stdout.split() == ["640", "1000000000", "b/file"], done.text


@pytest.mark.parametrize("flag, suffix", [("z", "gz"), ("j", "bz2"), ("J", "xz")])
def test_archive_comes_back_as_it_was(run, tmp_path, flag, suffix):
    (tmp_path / "in").write_bytes(bytes(range(256)) * 4096)
    done = run(
        f"cd {tmp_path} && tar -c{flag}f a.{suffix} in && mkdir out && tar -xf a.{suffix} -C out"
        " && cmp in out/in"
    )
    assert done.returncode == 0, done.text


def test_pipe_of_text_tools(run):
    done = run("printf '3 c\\n1 a\\n2 b\\n' | sort -n | awk '{print $2}' | tr a-c A-C | paste -sd,")
    assert done.stdout.strip() == "A,B,C"


def test_ten_megabytes_are_written_whole(run, tmp_path):
    done = run(
        f"head -c 10000000 /dev/urandom | tee {tmp_path}/copy | sha256sum"
        f" && sha256sum <{tmp_path}/copy"
    )
    first, second = done.stdout.splitlines()
    assert first == second
    assert (tmp_path / "copy").stat().st_size == 10_000_000


def test_git_keeps_a_change(run, tmp_path, home):
    done = run(
        f"cd {tmp_path} && git init -q work && cd work && echo one >file && git add file"
        " && git -c user.name=Doctor -c user.email=doctor@example.invalid commit -qm First"
        " && echo two >>file && git diff --stat && git log --format=%s",
        HOME=str(home),
    )
    assert done.returncode == 0, done.text
    assert done.stdout.splitlines()[-1] == "First"


def test_tmux_runs_a_command(run, tmp_path):
    socket = tmp_path / "tmux"
    done = run(
        f"tmux -S {socket} new-session -d 'echo ran >{tmp_path}/proof'"
        f" && for i in $(seq 50); do [ -s {tmp_path}/proof ] && break; sleep 0.1; done;"
        f" cat {tmp_path}/proof"
    )
    assert done.stdout.strip() == "ran", done.text
