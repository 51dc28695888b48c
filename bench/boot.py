"""The parts of boot.sh that are no shell's.

boot.py manifest ASSETS ARCHITECTURE            manifest.json of what lies in ASSETS/ARCHITECTURE
boot.py measure OUT -- COMMAND…                 seconds to the first output, and stages of `run --report`
boot.py report WORK ARCHITECTURE ROUNDS JSON    one table of all formats
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time

FORMATS = ["ext4", "squashfs", "erofs"]
FILES = ["initrd.img", "rootfs.ext4", "vmlinuz"]


def manifest(assets, architecture):
    """Format 2, as far as `run` reads it: a hash and a size for each file."""
    files = {}
    for name in FILES:
        path = f"{assets}/{architecture}/{name}"
        hashed = subprocess.run(["b3sum", "--no-names", path], capture_output=True, text=True, check=True)
        files[name] = {"hash": hashed.stdout.strip(), "size": os.stat(path).st_size}
    common = {"date": "1970-01-01", "deprecated": False}
    release = {**common, "min_binary": "1.0.0", "arches": {architecture: files}}
    binary = {**common, "min_assets": "bench"}
    document = {
        "format": 2,
        "assets": {"current": "bench", "releases": {"bench": release}},
        "binaries": {"current": "1.0.0", "releases": {"1.0.0": binary}},
    }
    print(json.dumps(document, indent=2))


def measure(out, command):
    start = time.monotonic()
    pipe = subprocess.PIPE
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
    first = child.stdout.read(1)
    seconds = time.monotonic() - start
    _, said = child.communicate()
    text = said.decode(errors="replace")
    if child.returncode != 0 or not first:
        sys.exit(f"boot: {' '.join(command)} ended with status {child.returncode}\n{text}")
    # A stage has its duration; `ready` and `first output` say when they were reached.
    stages = {
        name: int(milliseconds)
        for name, milliseconds in re.findall(r"^(\w+(?: \w+)?) {2,}(\d+) ms", text, re.M)
    }
    with open(out, "w") as file:
        json.dump({"first_output": seconds, "stages": stages, "machine": text.splitlines()[0]}, file)


def load(path):
    with open(path) as file:
        return json.load(file)


def collect(work, architecture, rounds, name):
    """Medians of one format. What mounts the root is called after the format: one row for all."""
    boots = [load(f"{work}/measured/{name}.{n}.boot") for n in range(1, rounds + 1)]
    rates = [load(f"{work}/measured/{name}.{n}.rates")["measurements"] for n in range(1, rounds + 1)]
    result = {
        "image_bytes": os.stat(f"{work}/{name}/{architecture}/rootfs.ext4").st_size,
        "machine": boots[0]["machine"],
        "first_output_seconds": round(statistics.median(boot["first_output"] for boot in boots), 2),
        "stages_ms": {},
        "rates": {},
    }
    for stage in boots[0]["stages"]:
        label = "mount the root" if stage == name else stage
        result["stages_ms"][label] = round(statistics.median(boot["stages"][stage] for boot in boots))
    for number, measurement in enumerate(rates[0]):
        value = statistics.median(run[number]["value"] for run in rates)
        result["rates"][f"{measurement['name']}, {measurement['unit']}"] = round(value, 1)
    return result


def report(work, architecture, rounds, out):
    formats = {name: collect(work, architecture, rounds, name) for name in FORMATS}
    print(formats["ext4"]["machine"])
    print(f"{'median of ' + str(rounds):<34}" + "".join(f"{name:>12}" for name in FORMATS))

    def row(label, values):
        print(f"{label:<34}" + "".join(f"{value:>12}" for value in values))

    each = list(formats.values())
    row("image", [f"{one['image_bytes'] / 1e6:,.0f} MB" for one in each])
    row("start of run to first output", [f"{one['first_output_seconds']:.2f} s" for one in each])
    print("power-on, by stage")
    for stage in each[0]["stages_ms"]:
        row(f"    {stage}", [f"{one['stages_ms'].get(stage, 0)} ms" for one in each])
    print("in the guest")
    for rate in each[0]["rates"]:
        row(f"    {rate}", [f"{one['rates'][rate]:,.1f}" for one in each])
    with open(out, "w") as file:
        summary = {"name": "boot", "rounds": rounds, "processors": os.cpu_count(), **formats}
        json.dump(summary, file, indent=2)
        file.write("\n")


def main(arguments):
    match arguments:
        case ["manifest", assets, architecture]:
            manifest(assets, architecture)
        case ["measure", out, "--", *command]:
            measure(out, command)
        case ["report", work, architecture, rounds, out]:
            report(work, architecture, int(rounds), out)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
