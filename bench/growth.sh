#!/usr/bin/env bash
# How cost grows. Images of 200, 500, 1,000 and 2,000 Debian packages: capsem-native against mmdebstrap and
# mke2fs -d from the same local files. Trees of 10,000, 100,000 and 1,000,000 files: `capsem-native pack` against
# `mke2fs -d`. Prints one table with the exponent of each, and draws growth.svg.
#
#   PACKAGES="200 500" FILES="10000 100000" bench/growth.sh
#
# The packages are small libraries and Perl modules of bookworm, in an order that only their names decide, and what
# they depend on. All of it takes about two hours on two cores, 6 GB for packages and 14 GB for files; the first two
# sizes of both take a quarter of an hour.
#
# PICTURE   where the picture goes (default BENCH_RESULTS/growth.svg)
# CAPSEM_NATIVE, ROUNDS (default 1), BENCH_DIR and BENCH_RESULTS as in setup.sh
. "$(dirname "$0")/setup.sh"
rounds=${ROUNDS:-1}
picture=${PICTURE:-$results/growth.svg}
read -ra counts <<<"${PACKAGES:-200 500 1000 2000}"
read -ra files <<<"${FILES:-10000 100000 1000000}"
need mmdebstrap:mmdebstrap apt-ftparchive:apt-utils mke2fs:e2fsprogs python3:python3
mkdir "$work/tmp"
chmod 1777 "$work/tmp"

# OUT COMMAND…; says what it said only if it fails.
timed() {
  local out=$1
  shift
  sync
  python3 "$here/measure.py" time "$out" -- "$@" >"$work/said" 2>&1 || {
    tail -n 20 "$work/said" >&2
    exit 1
  }
}

for count in "${counts[@]}"; do
  echo "== $count packages" >&2
  guest=$work/guest-$count inputs=$work/inputs-$count assets=$work/assets
  python3 "$here/growth.py" guest "$repository/guest" "$guest" "$count" "$program"
  "$program" build "$guest" --locked --until staged --output "$assets" --progress none
  mkdir -p "$inputs" "$work/out"
  chmod 1777 "$work/out"
  python3 "$here/prepare.py" "$guest" "$cache" "$inputs"
  cp "$here/by-hand.sh" "$inputs/"
  for round in $(seq "$rounds"); do
    rm -rf "$assets"
    timed "$work/measured/packages.$count.ours.$round" "$program" build "$guest" --locked --offline \
      --until configured --output "$assets" --progress none
    cp "$assets"/*/ledger.jsonl "$work/measured/packages.$count.ledger.$round"
    rm -rf "$work/out"/*
    timed "$work/measured/packages.$count.hand.$round" \
      "$inputs/by-hand.sh" "$inputs" "$work/out/rootfs.ext4" "$work/out/times" "$work/tmp" apt
    cp "$work/out/times" "$work/measured/packages.$count.times.$round"
  done
  rm -rf "$assets" "$work/out" "$inputs"
done

for count in "${files[@]}"; do
  echo "== $count files" >&2
  python3 "$here/growth.py" tree "$work/tree" "$count"
  # The metadata of small files takes its room, too.
  kilobytes=$(($(du -sk "$work/tree" | cut -f1) * 110 / 100 + count / 2 + 32768))
  for round in $(seq "$rounds"); do
    rm -f "$work"/*.ext4
    timed "$work/measured/files.$count.ours.$round" "$program" pack "$work/tree" "$work/ours.ext4" --quiet
    timed "$work/measured/files.$count.hand.$round" mke2fs -q -t ext4 -d "$work/tree" -m 0 -b 4096 \
      -O ^has_journal -N "$((count * 11 / 10 + 10000))" "$work/hand.ext4" "${kilobytes}k"
  done
  rm -rf "$work/tree" "$work"/*.ext4
done
python3 "$here/growth.py" report "$work/measured" "$rounds" "$results/growth.json" "$picture"
