#!/usr/bin/env bash
# The default image with warm downloads and nothing kept of earlier builds: capsem-native against the same image made by hand with
# mmdebstrap, uv, unzip and mke2fs -d. Both in one run, taking turns; no network in what is timed. With `apt`,
# Debian's packages only: mmdebstrap and mke2fs -d. Else also, after each of our builds: the same again, after an edit
# of tips.txt, and with one Python package more.
#
#   ROUNDS=5 bench/default-image.sh [apt]
#
# ROUNDS          timed rounds of each (default 3), after one that warms up and measures memory
# CAPSEM_NATIVE, BENCH_DIR (needs 8 GB) and BENCH_RESULTS as in setup.sh
. "$(dirname "$0")/setup.sh"
rounds=${ROUNDS:-3}
part=${1:-all}
name=default-image until=()
[ "$part" = all ] || name=apt-part until=(--until configured)
need mmdebstrap:mmdebstrap apt-ftparchive:apt-utils unzip:unzip mke2fs:e2fsprogs python3:python3
mkdir "$work/inputs" "$work/out" "$work/tmp"
chmod 1777 "$work/out" "$work/tmp"

echo "== preparing (not timed)" >&2
cp -r "$repository/guest" "$work/guest"
# A lock beside the guest's config is what somebody committed: taken as it is, but where the next one has to
# differ from it by one package only.
[ "$part" = apt ] && [ -e "$work/guest/capsem.lock" ] || "$program" lock "$work/guest" --progress plain
"$program" build "$work/guest" --locked --output "$work/assets" --progress plain
if [ "$part" = all ]; then
  cp -r "$work/guest" "$work/more"
  sed -i 's/^packages = \[/&\n  "humanize",/' "$work/more/config/packages/python.toml"
  "$program" lock "$work/more" --progress plain
  # Downloads it, and is forgotten before anything is timed.
  "$program" build "$work/more" --locked --output "$work/assets" --progress none
fi
python3 "$here/prepare.py" "$work/guest" "$cache" "$work/inputs"
cp "$here/by-hand.sh" "$work/inputs/"

ours() {
  rm -rf "$work/assets"
  "$program" cache gc --stages >/dev/null
  sync
  "$@" "$program" build "$work/guest" --locked --offline --output "$work/assets" --progress none --timings \
    "${until[@]}"
}

# What is built after the last build: NAME ROUND GUEST.
again() {
  sync
  python3 "$here/measure.py" time "$work/measured/$1.$2" -- \
    "$program" build "$3" --locked --offline --output "$work/assets" --progress none 2>/dev/null
}

hand() {
  rm -rf "$work/out"/*
  sync
  "$@" "$work/inputs/by-hand.sh" "$work/inputs" "$work/out/rootfs.ext4" "$work/out/times" "$work/tmp" "$part"
}

echo "== warming up, and measuring memory" >&2
ours python3 "$here/measure.py" memory "$work/measured/ours.memory" -- 2>/dev/null
hand python3 "$here/measure.py" memory "$work/measured/hand.memory" -- >"$work/hand.log" 2>&1 || {
  tail -n 20 "$work/hand.log" >&2
  exit 1
}
for round in $(seq "$rounds"); do
  echo "== round $round of $rounds" >&2
  ours python3 "$here/measure.py" time "$work/measured/ours.$round" -- 2>"$work/measured/ours.$round.stages"
  if [ "$part" = all ]; then
    again unchanged "$round" "$work/guest"
    echo "Round $round." >>"$work/guest/artifacts/tips.txt"
    again tips "$round" "$work/guest"
    cp "$work/guest/artifacts/tips.txt" "$work/more/artifacts/"
    again wheel "$round" "$work/more"
  fi
  hand python3 "$here/measure.py" time "$work/measured/hand.$round" -- >"$work/hand.log" 2>&1
  cp "$work/out/times" "$work/measured/hand.$round.stages"
done

# The very tree of our image, whose owners are sub-ids meanwhile, in as small an image as by hand.
echo "== the same tree by mke2fs -d and resize2fs -M (not timed)" >&2
end() { as_root_of_tree rm -rf "$work/tree"; }
# shellcheck disable=SC2016
as_root_of_tree env PATH="$PATH:/usr/sbin:/sbin" sh -euc '
  mkdir "$1/tree"
  debugfs -R "rdump / $1/tree" "$2" >/dev/null 2>"$1/said"
  [ -e "$1/tree/usr/bin" ] || { cat "$1/said" >&2; exit 1; }
  kilobytes=$(du -sk "$1/tree" | cut -f1)
  mke2fs -q -t ext4 -d "$1/tree" -m 0 -b 4096 -O ^has_journal "$1/resized" "$((kilobytes * 115 / 100 + 32768))k"
  resize2fs -M "$1/resized" >/dev/null 2>&1
' sh "$work" "$(echo "$work/assets"/*/rootfs.ext4)"
stat --format=%s "$work/assets"/*/rootfs.ext4 "$work/out/rootfs.ext4" "$work/resized" >"$work/measured/sizes"
python3 "$here/measure.py" report "$name" "$work/measured" "$rounds" "$results/$name.json"
