#!/usr/bin/env bash
# Measures everything, each thing beside its peer, and prints one table of it on stdout; what each script
# says of its own goes to stderr. Takes about an hour and 12 GB.
#
#   ROUNDS=5 bench/all.sh
#
# A script that fails ends it with its status, and the table has what was measured until then.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export BENCH_RESULTS=${BENCH_RESULTS:-$here/results}
mkdir -p "$BENCH_RESULTS"
rm -f "$BENCH_RESULTS"/*.json

status=0
while read -r script arguments; do
  echo "== $script $arguments" >&2
  # shellcheck disable=SC2086
  "$here/$script" $arguments >&2 </dev/null || {
    status=$?
    echo "all: $script failed" >&2
    break
  }
done <<'SCRIPTS'
default-image.sh
default-image.sh apt
cold.sh
pack.sh
pack.sh 100000
validate.sh
start.sh
boot.sh
SCRIPTS
python3 "$here/table.py" "$BENCH_RESULTS"
exit "$status"
