"""Measuring one command, and the report of several measurements.

measure.py time OUT -- COMMAND…     wall and processor seconds, and bytes written to disks
measure.py memory OUT -- COMMAND…   the largest sum of memory of the command and all below it
measure.py report NAME DIRECTORY ROUNDS JSON
"""

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import threading
import time


def processes(root):
    """`root` and everything below it."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                pass
    found = {root}
    while more := {p for p, parent in parents.items() if parent in found and p not in found}:
        found |= more
    return found


def memory(process):
    """Bytes of one process, those of them that are its own and no file's, and whether both are its
    proportional share (PSS), in which a page that several processes use counts once; without pages of a
    tmpfs. Where the kernel does not tell that, the resident set counts in full."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as file:
            text = file.read()
        all_, own, shared = (
            int(re.search(rf"^{key}:\s+(\d+)", text, re.M)[1]) * 1024 for key in ("Pss", "Pss_Anon", "Pss_Shmem"))
        return [all_ - shared, own, True]
    except (OSError, TypeError):
        pass
    try:
        with open(f"/proc/{process}/status") as file:
            text = file.read()
        all_, own, shared = (
            int(re.search(rf"^{key}:\s+(\d+)", text, re.M)[1]) * 1024 for key in ("VmRSS", "RssAnon", "RssShmem"))
        return [all_ - shared, own, False]
    except (OSError, TypeError):
        return [0, 0, True]


def measure_memory(out, command):
    child = subprocess.Popen(command)
    done = threading.Event()
    peak = {"bytes": 0, "anonymous": 0, "samples": 0, "exact": True}

    def sample():
        while not done.wait(0.1):
            found = [memory(p) for p in processes(child.pid)]
            peak["samples"] += 1
            peak["bytes"] = max(peak["bytes"], sum(all_ for all_, _, _ in found))
            peak["anonymous"] = max(peak["anonymous"], sum(own for _, own, _ in found))
            peak["exact"] &= all(exact for _, _, exact in found)

    sampler = threading.Thread(target=sample)
    sampler.start()
    status = child.wait()
    done.set()
    sampler.join()
    with open(out, "w") as file:
        json.dump(peak, file)
    return status


def measure_time(out, command):
    start = time.monotonic()
    status = subprocess.run(command).returncode
    wall = time.monotonic() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(out, "w") as file:
        # The kernel counts what was dirtied on file systems with a disk, in blocks of 512 bytes, and adds up
        # what children did that somebody waited for.
        json.dump({"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "written": usage.ru_oublock * 512}, file)
    return status


def stages_of(path):
    """Seconds per stage: of by-hand.sh's stamps, or of `--timings`."""
    with open(path) as file:
        lines = file.read().splitlines()
    stages = {}
    if re.match(r"\d+\.\d+ start$", lines[0]):
        stamps = [line.split(" ", 1) for line in lines]
        for (before, _), (after, name) in zip(stamps, stamps[1:]):
            stages[name] = float(after) - float(before)
    else:
        for line in lines:
            # Name, begin, duration; a stage may have run twice.
            if match := re.match(r"(\w+) +[\d.]+ s +([\d.]+) s", line):
                stages[match[1]] = stages.get(match[1], 0) + float(match[2])
    return stages


def load(path):
    with open(path) as file:
        return json.load(file)


def others(directory, rounds, sides):
    """Medians of what else was measured in the same rounds: an edit, a copy."""
    names = {path.rpartition(".")[0] for path in os.listdir(directory) if path.endswith(f".{rounds}")}
    return {
        name: round(statistics.median(load(f"{directory}/{name}.{n}")["wall"] for n in range(1, rounds + 1)), 4)
        for name in sorted(names - set(sides))}


def report(name, directory, rounds, out):
    result = {"name": name, "rounds": rounds, "processors": os.cpu_count(), "kernel": os.uname().release}
    labels = {"ours": "capsem-native", "hand": "by hand"}
    for key, label in labels.items():
        runs = [load(f"{directory}/{key}.{n}") for n in range(1, rounds + 1)]
        stages = {}
        for n in range(1, rounds + 1):
            if os.path.exists(path := f"{directory}/{key}.{n}.stages"):
                for stage, seconds in stages_of(path).items():
                    stages.setdefault(stage, []).append(seconds)
        result[key] = {
            "wall": [round(run["wall"], 3) for run in runs],
            "median": round(statistics.median(run["wall"] for run in runs), 3),
            "cpu": round(statistics.median(run["cpu"] for run in runs), 3),
            "written": statistics.median(run["written"] for run in runs),
            "stages": {stage: round(statistics.median(all_), 3) for stage, all_ in stages.items()},
        }
        if os.path.exists(path := f"{directory}/{key}.memory"):
            result[key]["peak"] = load(path)
    if os.path.exists(path := f"{directory}/sizes"):
        with open(path) as file:
            sizes = [int(line) for line in file]
        result["ours"]["size"], result["hand"]["size"] = sizes[:2]
        # The same tree by mke2fs -d and resize2fs -M.
        if len(sizes) > 2:
            result["resized"] = sizes[2]
    result["others"] = others(directory, rounds, labels)
    result["ratio"] = round(result["hand"]["median"] / result["ours"]["median"], 2)

    for key, label in labels.items():
        print(f"{label}")
        for stage, seconds in result[key]["stages"].items():
            print(f"    {stage:<14}{seconds:8.1f} s")
    print()
    print(f"{name:<16}{'median':>9}{'fastest':>9}{'slowest':>9}{'cpu':>9}{'memory':>9}{'own':>9}{'image':>10}")
    for key, label in labels.items():
        part = result[key]
        peak = f"{part['peak']['bytes'] / 1e6:.0f} MB" if "peak" in part else "–"
        own = f"{part['peak'].get('anonymous', 0) / 1e6:.0f} MB" if "peak" in part else "–"
        size = f"{part['size'] / 1e6:.0f} MB" if "size" in part else "–"
        print(
            f"{label:<16}{part['median']:>7.2f} s{min(part['wall']):>7.2f} s{max(part['wall']):>7.2f} s"
            f"{part['cpu']:>7.1f} s{peak:>9}{own:>9}{size:>10}")
    for other, seconds in result["others"].items():
        print(f"{other:<16}{seconds:>7.3f} s")
    share = result["ours"]["median"] / result["hand"]["median"]
    processor = result["ours"]["cpu"] / result["hand"]["cpu"]
    print(f"capsem-native takes {share:.2f} of the time by hand, and {processor:.2f} of the processor time")
    print("memory: the largest sum of all processes, mapped files included; own: without files")
    if not all(result[key].get("peak", {}).get("exact", True) for key in labels):
        print("memory is an upper bound: shared pages count once a process")
    with open(out, "w") as file:
        json.dump(result, file, indent=2)
        file.write("\n")
    print(f"wrote {out}")


if __name__ == "__main__":
    if sys.argv[1] == "report":
        report(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
    else:
        measure = {"time": measure_time, "memory": measure_memory}[sys.argv[1]]
        sys.exit(measure(sys.argv[2], sys.argv[4:]))
