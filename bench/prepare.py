"""Inputs of by-hand.sh from a lock and the cache: prepare.py GUEST CACHE INPUTS.

Files are hard links into the cache where that is possible, so nothing is read twice from two places.
"""

import os
import platform
import shutil
import subprocess
import sys
import tomllib

guest, cache, inputs = sys.argv[1:]
machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]


def load(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


def place(digest, path):
    source = f"{cache}/objects/sha256/{digest[:2]}/{digest}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        os.link(source, path)
    except OSError:
        shutil.copyfile(source, path)


def write(path, text):
    with open(f"{inputs}/{path}", "w") as file:
        file.write(text)


lock = load(f"{guest}/capsem.lock")
architecture = next(a for a in lock["architecture"] if a["debian"] == machine)

# A flat archive of exactly the packages that are wanted: apt has nothing to choose.
for package in architecture["package"]:
    place(package["sha256"], f"{inputs}/archive/{os.path.basename(package['path'])}")
packages = subprocess.run(
    ["apt-ftparchive", "--md5", "no", "--sha1", "no", "packages", "."],
    cwd=f"{inputs}/archive", check=True, capture_output=True).stdout
with open(f"{inputs}/archive/Packages", "wb") as file:
    file.write(packages)
release = subprocess.run(
    ["apt-ftparchive", "-o", "APT::FTPArchive::Release::Codename=bookworm", "release", "."],
    cwd=f"{inputs}/archive", check=True, capture_output=True).stdout
with open(f"{inputs}/archive/Release", "wb") as file:
    file.write(release)
write("packages", ",".join(sorted(p["name"] for p in architecture["package"])))

requirements = {}
for wheel in architecture.get("wheel", []):
    name = wheel["environment"].replace(":", "-")
    directory = "programs" if name in ("uv", "node") else f"wheels/{name}"
    place(wheel["sha256"], f"{inputs}/{directory}/{wheel['file']}")
    if directory != "programs":
        requirements.setdefault(name, []).append(f"{wheel['name']}=={wheel['version']}\n")
for name, lines in requirements.items():
    write(f"wheels/{name}/requirements.txt", "".join(lines))

# Providers: their prefix and links, as config says.
providers, links = "", ""
for file in sorted(os.listdir(f"{guest}/config/ai")):
    for key, table in load(f"{guest}/config/ai/{file}").items():
        if not table.get("enabled", True) or "install" not in table:
            continue
        prefix = table["install"].get("prefix") or "/opt/ai-clis"
        providers += f"provider-{key} {prefix}\n"
        for name, path in table["install"].get("links", {}).items():
            links += f"{name} {prefix}/lib/python3*/site-packages/{path}\n"
write("providers", providers)
write("links", links)

artifacts = f"{guest}/artifacts"
shutil.copytree(artifacts, f"{inputs}/guest")
files = [
    ("644", "/etc/capsem-bashrc", "capsem-bashrc"), ("644", "/etc/capsem-banner.txt", "banner.txt"),
    ("644", "/etc/capsem-tips.txt", "tips.txt"), ("755", "/usr/local/bin/capsem-doctor", "capsem-doctor"),
    ("555", "/usr/local/bin/capsem-bench", "capsem-bench"), ("555", "/usr/local/bin/snapshots", "snapshots"),
]
for directory, target in [("diagnostics", "capsem-tests"), ("capsem_bench", "capsem_bench")]:
    for name in sorted(os.listdir(f"{artifacts}/{directory}")):
        if os.path.isfile(f"{artifacts}/{directory}/{name}"):
            files.append(("644", f"/usr/local/lib/{target}/{name}", f"{directory}/{name}"))
write("files", "".join(" ".join(file) + "\n" for file in files))

# mmdebstrap's user reads all of it.
subprocess.run(["chmod", "-R", "a+rX", inputs], check=True)
