#!/usr/bin/env bash
# From the start of `run` to a command's first output, stage by stage, and how fast the root is read in the
# guest: the built ext4 image beside a squashfs and an EROFS image of the same tree. By KVM where that works.
#
#   ASSETS=assets bench/boot.sh
#
# It needs no root, but sub-ids, as a build does: the tree is taken out of the image by debugfs in a user
# namespace, so that owners are kept. Device nodes are not: the guest mounts its own /dev over them.
#
# ASSETS          what `build --template all` made (default: built here, from the guest of this repository)
# COMMAND         what speaks first (default "echo ready")
# CAPSEM_NATIVE, ROUNDS (default 3), BENCH_DIR (needs 7 GB) and BENCH_RESULTS as in setup.sh
. "$(dirname "$0")/setup.sh"
rounds=${ROUNDS:-3}
case $(uname -m) in
x86_64) architecture=x86_64 emulator=qemu-system-x86 ;;
*) architecture=arm64 emulator=qemu-system-arm ;;
esac
need "qemu-system-$(uname -m):$emulator" debugfs:e2fsprogs mksquashfs:squashfs-tools mkfs.erofs:erofs-utils \
  b3sum:b3sum python3:python3
end() { as_root_of_tree rm -rf "$work/tree"; }

echo "== preparing (not timed)" >&2
assets=${ASSETS:-$work/built}
[ -n "${ASSETS:-}" ] ||
  "$program" build "$repository/guest" --template all --output "$assets" --progress plain
built=$(realpath "$assets/$architecture")

# The other images stand where the manifest has the root: capsem-init tells a file system by what is in it.
place() { # FORMAT: an assets directory for the image that is already there
  local directory=$work/$1/$architecture
  ln -s "$built/vmlinuz" "$built/initrd.img" "$directory/"
  python3 "$here/boot.py" manifest "$work/$1" "$architecture" >"$work/$1/manifest.json"
}
mkdir -p "$work"/{ext4,squashfs,erofs}/"$architecture"
ln -s "$built/rootfs.ext4" "$work/ext4/$architecture/"
# shellcheck disable=SC2016
as_root_of_tree sh -euc '
  mkdir "$1/tree"
  debugfs -R "rdump / $1/tree" "$2" >/dev/null 2>"$1/said"
  [ -e "$1/tree/usr/bin" ] || { cat "$1/said" >&2; exit 1; }
  chmod 1777 "$1/tree/tmp" "$1/tree/var/tmp"
  mksquashfs "$1/tree" "$1/squashfs/$3/rootfs.ext4" -comp zstd -Xcompression-level 9 -no-progress -quiet
  mkfs.erofs -zlz4hc "$1/erofs/$3/rootfs.ext4" "$1/tree" >/dev/null
  chmod 644 "$1"/*/"$3/rootfs.ext4"
' sh "$work" "$built/rootfs.ext4" "$architecture"
for format in ext4 squashfs erofs; do place "$format"; done

for round in $(seq "$rounds"); do
  echo "== round $round of $rounds" >&2
  for format in ext4 squashfs erofs; do
    run=("$program" run --assets "$work/$format" --guest "$repository/guest")
    # shellcheck disable=SC2086
    python3 "$here/boot.py" measure "$work/measured/$format.$round.boot" -- \
      "${run[@]}" --report -- ${COMMAND:-echo ready}
    "${run[@]}" --quiet -- capsem-bench rootfs --json \
      >"$work/measured/$format.$round.rates" 2>"$work/said" || { cat "$work/said" >&2; exit 1; }
  done
done
python3 "$here/boot.py" report "$work" "$architecture" "$rounds" "$results/boot.json"
