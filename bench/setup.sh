# Sourced by every bench: where things are, and a directory to work in that goes when the bench ends.
#
# CAPSEM_NATIVE   the program (default .build/release/capsem-native)
# BENCH_DIR       where to work (default /var/tmp)
# BENCH_RESULTS   where the JSON goes (default bench/results)
# shellcheck shell=bash disable=SC2034
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(dirname "$here")
program=$(realpath "${CAPSEM_NATIVE:-$repository/.build/release/capsem-native}")
results=${BENCH_RESULTS:-$here/results}
cache=${CAPSEM_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/capsem-native}
export PATH=$PATH:/usr/sbin:/sbin

# PROGRAM:PACKAGE…
need() {
  local tool
  for tool; do
    command -v "${tool%:*}" >/dev/null || {
      echo "$(basename "$0" .sh): ${tool%:*} is missing: sudo apt-get install ${tool#*:}" >&2
      exit 1
    }
  done
}

# A tree of an image belongs to sub-ids, unless this is root already.
as_root_of_tree() {
  if [ "$(id -u)" = 0 ]; then "$@"; else unshare --map-root-user --map-auto "$@"; fi
}

umask 022
work=$(mktemp -d "${BENCH_DIR:-/var/tmp}/capsem-bench-XXXXXX")
# What the bench has to do at its end before the directory goes; it may define another one.
end() { :; }
trap 'end; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
# What runs in mmdebstrap's namespace is neither this user nor root, and reads here.
chmod 755 "$work"
mkdir "$work/measured"
mkdir -p "$results"
