#!/usr/bin/env bash
# What a person waits for before anything happens: `--help`, `validate` and `inspect` of the default guest,
# against a Python program that has imported what a builder written in Python imports (argument and TOML
# parsers, models, templates: click, tomllib, pydantic, jinja2 and the standard library's own), and done
# nothing yet. It is Debian's Python, with its compiled byte code.
#
#   ROUNDS=41 bench/start.sh
#
# CAPSEM_NATIVE, ROUNDS (default 21), BENCH_DIR and BENCH_RESULTS as in setup.sh
. "$(dirname "$0")/setup.sh"
rounds=${ROUNDS:-21}
cat >"$work/builder.py" <<'PYTHON'
import argparse, concurrent.futures, dataclasses, hashlib, json, logging, os, pathlib, shutil, subprocess  # noqa
import tempfile, tomllib, typing, urllib.request  # noqa

import click, jinja2, pydantic  # noqa
PYTHON
/usr/bin/python3 "$work/builder.py" || {
  echo "start: sudo apt-get install python3-pydantic python3-jinja2 python3-click" >&2
  exit 1
}

measure() { # NAME ROUND COMMAND…
  local name=$1 round=$2
  shift 2
  /usr/bin/python3 "$here/measure.py" time "$work/measured/$name.$round" -- "$@" >/dev/null 2>"$work/said" || {
    cat "$work/said" >&2
    exit 1
  }
}
for round in $(seq "$rounds"); do
  measure ours "$round" "$program" --help
  measure validate "$round" "$program" validate "$repository/guest"
  measure inspect "$round" "$program" inspect "$repository/guest"
  measure hand "$round" /usr/bin/python3 "$work/builder.py"
done
/usr/bin/python3 "$here/measure.py" report start "$work/measured" "$rounds" "$results/start.json"
