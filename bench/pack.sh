#!/usr/bin/env bash
# A tree of 17,000 files, or of FILES, as an ext4 image: `capsem-native pack` against `mke2fs -d` and
# `resize2fs -M`, and the image against a copy of it by `cp --sparse`.
#
#   ROUNDS=9 bench/pack.sh [FILES]
#
# CAPSEM_NATIVE, ROUNDS (default 5), BENCH_DIR and BENCH_RESULTS as in setup.sh
. "$(dirname "$0")/setup.sh"
rounds=${ROUNDS:-5}
files=${1:-17000}
name=pack-$files

echo "== preparing (not timed)" >&2
python3 - "$work/tree" "$files" <<'PYTHON'
"""Sizes as in a Debian tree: most files small, few large; half a gigabyte in all."""
import os
import random
import sys

root, files, generator = sys.argv[1], int(sys.argv[2]), random.Random(17)
block = generator.randbytes(1 << 20)
for number in range(files):
    directory = f"{root}/{number % 34:02}/{number % 1190:04}"
    os.makedirs(directory, exist_ok=True)
    path = f"{directory}/file-{number}"
    if number % 12 == 0:
        os.symlink(f"file-{number - 1}", path)
        continue
    size = min(int(generator.lognormvariate(8.2, 2.0)), 60 << 20)
    with open(path, "wb") as file:
        while size > 0:
            start = generator.randrange(1 << 16)
            file.write(piece := block[start:start + size])
            size -= len(piece)
PYTHON
cat >"$work/by-hand" <<'SH'
#!/bin/sh
set -e
kilobytes=$(du -sk "$1" | cut -f1)
mke2fs -q -t ext4 -d "$1" -m 0 -b 4096 -O ^has_journal "$2" "$((kilobytes * 115 / 100 + 32768))k" >/dev/null
resize2fs -M "$2" >/dev/null 2>&1
SH
chmod 755 "$work/by-hand"

for round in 0 $(seq "$rounds"); do
  rm -f "$work"/*.ext4
  sync
  mode=time suffix=$round
  [ "$round" -ne 0 ] || mode=memory suffix=memory
  python3 "$here/measure.py" $mode "$work/measured/ours.$suffix" -- \
    "$program" pack "$work/tree" "$work/ours.ext4" --quiet
  sync
  python3 "$here/measure.py" $mode "$work/measured/hand.$suffix" -- \
    "$work/by-hand" "$work/tree" "$work/hand.ext4"
  if [ "$round" = 0 ]; then continue; fi
  sync
  python3 "$here/measure.py" time "$work/measured/copy.$suffix" -- \
    cp --sparse=always "$work/ours.ext4" "$work/copy.ext4"
done
e2fsck -fn "$work/ours.ext4" >/dev/null 2>&1 || { echo "pack: e2fsck found something" >&2; exit 1; }

stat --format=%s "$work/ours.ext4" "$work/hand.ext4" >"$work/measured/sizes"
python3 "$here/measure.py" report "$name" "$work/measured" "$rounds" "$results/$name.json"
