"""The parts of growth.sh that are no shell's.

growth.py guest FROM TO COUNT PROGRAM           a locked guest of about COUNT Debian packages
growth.py tree TREE COUNT                       a tree of COUNT files
growth.py report MEASURED ROUNDS JSON PICTURE   a table with exponents, and a picture
growth.py draw JSON PICTURE                     the picture of an earlier run
"""

import hashlib
import json
import math
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tomllib

# The stages that are this program's own work: the others run Debian's scripts.
OWN = ["stage", "seal", "image"]


# Packages and files


def candidates():
    """Names of small libraries and Perl modules that contradict nothing and need little, in an order that only
    the names decide; and the names of what every system has."""
    text = subprocess.run(
        ["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    names, required = set(), set()
    for paragraph in text.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, re.M))
        name = fields.get("Package", "")
        if fields.get("Priority") == "required":
            required.add(name)
        is_library = fields.get("Section") == "libs" and re.fullmatch(r"lib[a-z0-9+-]+\d", name)
        if not is_library and not re.fullmatch(r"lib[a-z0-9+-]+-perl", name):
            continue
        if fields.get("Conflicts") or fields.get("Breaks") or int(fields.get("Size", 1 << 30)) > 150_000:
            continue
        if fields.get("Depends", "").count(",") < 4:
            names.add(name)
    return sorted(names - required, key=lambda name: hashlib.sha256(name.encode()).digest()), sorted(required)


def simulated(names, required):
    """How many packages apt would install into an empty root, and those that it cannot, as it says."""
    said = subprocess.run(
        ["apt-get", "-s", "-o", "Dir::State::status=/dev/null", "--no-install-recommends", "install",
         "apt", "ca-certificates", *required, *names], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if said.returncode == 0:
        return said.stdout.count("\nInst "), set()
    unwanted = set(names) & set(re.findall(r"[a-z0-9.+-]+", said.stdout + said.stderr))
    if not unwanted or len(unwanted) == len(names):
        sys.exit(f"growth: {said.stderr}")
    return 0, unwanted


def guest(source, target, count, program):
    """As many of the candidates as it takes to have about so many packages, by apt's own count."""
    shutil.copytree(source, target)
    shutil.rmtree(f"{target}/config/ai")
    os.mkdir(f"{target}/config/ai")
    pathlib.Path(f"{target}/config/packages/python.toml").unlink()
    pathlib.Path(f"{target}/capsem.lock").unlink(missing_ok=True)
    apt = pathlib.Path(f"{target}/config/packages/apt.toml")
    names, required = candidates()
    least, most = 0, count
    while most - least > 1:
        taken = (least + most) // 2
        found, unwanted = simulated(names[:taken], required)
        if unwanted:
            names = [name for name in names if name not in unwanted]
            continue
        least, most = (taken, most) if found < count else (least, taken)
    apt.write_text(
        '[apt]\nname = "Packages"\nmanager = "apt"\ninstall_cmd = "apt-get install -y"\npackages = [\n'
        + "".join(f'  "{name}",\n' for name in sorted(names[:most])) + "]\n")
    subprocess.run([program, "lock", target, "--progress", "none"], check=True)
    with open(f"{target}/capsem.lock", "rb") as file:
        found = len(tomllib.load(file)["architecture"][0]["package"])
    print(f"growth: {found} packages of {most} that were asked for", file=sys.stderr)


def tree(root, count):
    """Small files, a hundred a directory."""
    generator = random.Random(17)
    block = generator.randbytes(1 << 16)
    for number in range(count):
        directory = f"{root}/{number // 10_000:03}/{number // 100 % 100:02}"
        if number % 100 == 0:
            os.makedirs(directory)
        size = min(int(generator.lognormvariate(6.5, 1.0)), 1 << 16)
        with open(f"{directory}/file-{number}", "wb") as file:
            file.write(block[:size])


# Report


def busy(path):
    """Seconds a stage, without those in which it waited for another one, out of a ledger."""
    seconds, since = {}, {}
    with open(path) as file:
        for line in file:
            event = json.loads(line)
            stage, now = event.get("stage"), event["seconds"]
            if event["event"] in ("started", "began", "activity"):
                since.setdefault(stage, now)
            elif event["event"] in ("waiting", "finished") and stage in since:
                seconds[stage] = seconds.get(stage, 0) + now - since.pop(stage)
    return seconds


def packages_in(path):
    with open(path) as file:
        return len({event["text"] for event in map(json.loads, file) if event["event"] == "began"})


def collect(directory, rounds):
    """Lines of the picture: name to pairs of count and median seconds."""
    lines = {}

    def add(name, count, values):
        lines.setdefault(name, []).append((count, round(statistics.median(values), 3)))

    def wall(kind, count, side):
        runs = [json.load(open(f"{directory}/{kind}.{count}.{side}.{n}")) for n in range(1, rounds + 1)]
        return [run["wall"] for run in runs]

    def sizes(kind):
        return sorted({int(name.split(".")[1]) for name in os.listdir(directory) if name.startswith(f"{kind}.")})

    for size in sizes("packages"):
        ledgers = [f"{directory}/packages.{size}.ledger.{n}" for n in range(1, rounds + 1)]
        count = packages_in(ledgers[0])
        add("packages: own stages", count, [sum(busy(path).get(stage, 0) for stage in OWN) for path in ledgers])
        add("packages: whole build", count, wall("packages", size, "ours"))
        add("packages: mmdebstrap, mke2fs", count, wall("packages", size, "hand"))
    for size in sizes("files"):
        add("files: pack", size, wall("files", size, "ours"))
        add("files: mke2fs -d", size, wall("files", size, "hand"))
    return lines


def exponent(points):
    """k of seconds = c · countᵏ, by least squares of the logarithms; nil for a single point."""
    if len({count for count, _ in points}) < 2:
        return None
    xs, ys = zip(*((math.log(count), math.log(max(seconds, 1e-3))) for count, seconds in points))
    x, y = statistics.mean(xs), statistics.mean(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def table(lines):
    for kind in ("packages", "files"):
        own = {name: points for name, points in lines.items() if name.startswith(kind)}
        if not own:
            continue
        counts = [count for count, _ in next(iter(own.values()))]
        print(f"{kind:<30}" + "".join(f"{count:>12,}" for count in counts) + f"{'exponent':>10}")
        for name, points in own.items():
            fit = exponent(points)
            said = "–" if fit is None else f"{fit:.2f}"
            print(f"  {name.partition(': ')[2]:<28}" + "".join(f"{seconds:>10.1f} s" for _, seconds in points) + f"{said:>10}")
    own, whole, peer = (exponent(lines.get(f"packages: {name}", [])) for name in (
        "own stages", "whole build", "mmdebstrap, mke2fs"))
    if own is not None:
        print(f"own stages ≤ 1.05: {'yes' if own <= 1.05 else 'no'}; "
              f"whole build no worse than mmdebstrap: {'yes' if whole <= peer else 'no'}")


STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #24292f; } .page { fill: #ffffff; } .grid { stroke: #d0d7de; }
.small { fill: #57606a; } .end { text-anchor: end; } .middle { text-anchor: middle; } .line { fill: none; stroke-width: 2; }
.c0 { stroke: #0969da; } .c1 { stroke: #1a7f37; } .c2 { stroke: #d1570f; } .dot { stroke-width: 5; stroke-linecap: round; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .page { fill: #0d1117; } .grid { stroke: #30363d; } .small { fill: #9198a1; }
.c0 { stroke: #4493f8; } .c1 { stroke: #3fb950; } .c2 { stroke: #f0883e; }
}
</style>"""


def panel(lines, title, left):
    """One plot, both axes logarithmic, 320 by 260, from `left` on."""
    points = [point for _, line in lines for point in line]
    if not points:
        return ""
    (x0, x1), (y0, y1) = ((math.log10(min(side) * 0.8), math.log10(max(side) * 1.25)) for side in zip(*points))
    y0, y1 = math.floor(y0), math.ceil(y1)
    bottom, height, width = 310, 250, 320

    def place(count, seconds):
        x = left + (math.log10(count) - x0) / (x1 - x0) * width
        return x, bottom - (math.log10(max(seconds, 10 ** y0)) - y0) / (y1 - y0) * height

    text = f'<text class="middle" x="{left + width / 2:.0f}" y="28">{title}</text>\n'
    for power in range(y0, y1 + 1):
        y = bottom - (power - y0) / (y1 - y0) * height
        text += f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{left + width}" y2="{y:.1f}"/>'
        text += f'<text class="small end" x="{left - 8}" y="{y + 4:.1f}">{10 ** power:g} s</text>\n'
    for count in sorted({count for count, _ in points}):
        x = place(count, 1)[0]
        text += f'<line class="grid" x1="{x:.1f}" y1="{bottom - height}" x2="{x:.1f}" y2="{bottom}"/>'
        text += f'<text class="small middle" x="{x:.1f}" y="{bottom + 18}">{count:,}</text>\n'
    for number, (name, line) in enumerate(lines):
        path = " ".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(place(*p) for p in line))
        text += f'<path class="line c{number}" d="{path}"/>\n'
        for point in line:
            x, y = place(*point)
            text += f'<path class="dot c{number}" d="M{x:.1f} {y:.1f} h0"><title>{point[1]} s</title></path>'
        fit = exponent(line)
        label = name.partition(": ")[2] + ("" if fit is None else f", exponent {fit:.2f}")
        y = bottom + 42 + 18 * number
        text += f'<path class="line c{number}" d="M{left} {y - 4} h18"/><text x="{left + 26}" y="{y}">{label}</text>\n'
    return text


def draw(lines, path):
    both = [[(name, points) for name, points in lines.items() if name.startswith(kind)] for kind in ("packages", "files")]
    with open(path, "w") as file:
        file.write(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 840 420" width="840" height="420" role="img" '
            f'aria-labelledby="title">\n<title id="title">How cost grows</title>\n{STYLE}\n'
            '<rect class="page" width="840" height="420"/>\n'
            + panel(both[0], "Seconds by Debian packages", 70) + panel(both[1], "Seconds by files", 490) + "</svg>\n")


def report(directory, rounds, out, picture):
    lines = collect(directory, rounds)
    table(lines)
    with open(out, "w") as file:
        fits = {name: exponent(points) for name, points in lines.items()}
        json.dump({"name": "growth", "rounds": rounds, "lines": lines, "exponents": fits}, file, indent=2)
        file.write("\n")
    draw(lines, picture)
    print(f"drew {picture}")


def main(arguments):
    match arguments:
        case ["guest", source, target, count, program]:
            guest(source, target, int(count), program)
        case ["tree", root, count]:
            tree(root, int(count))
        case ["report", directory, rounds, out, picture]:
            report(directory, int(rounds), out, picture)
        case ["draw", document, picture]:
            with open(document) as file:
                draw(json.load(file)["lines"], picture)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
