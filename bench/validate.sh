#!/usr/bin/env bash
# A config of 500 files and 20,000 lines: `capsem-native validate` against Python's tomllib, which reads the
# same files and checks nothing.
#
#   ROUNDS=9 bench/validate.sh
#
# CAPSEM_NATIVE, ROUNDS (default 9), BENCH_DIR and BENCH_RESULTS as in setup.sh
. "$(dirname "$0")/setup.sh"
rounds=${ROUNDS:-9}

cp -r "$repository/guest" "$work/guest"
python3 - "$work/guest/config" <<'PYTHON'
"""Providers, package sets and tool servers until there are 500 files and 20,000 lines."""
import pathlib
import sys

config = pathlib.Path(sys.argv[1])


def provider(n):
    files = "".join(
        f'[provider{n}.files.file{m}]\npath = "/root/.provider{n}/{m}.json"\ncontent = """\n{{\n  "number": {m}\n}}\n"""\n'
        for m in range(4))
    return (
        f'[provider{n}]\nname = "Provider {n}"\n# one of many\n\n[provider{n}.api_key]\nname = "Key"\n'
        f'env_vars = ["PROVIDER{n}_API_KEY"]\n[provider{n}.network]\ndomains = [\n'
        + "".join(f'  "api{m}.provider{n}.example",\n' for m in range(6)) + f"]\n{files}")


def packages(n):
    return (
        f'[set{n}]\nname = "Set {n}"\nmanager = "apt"\ninstall_cmd = "apt-get install -y"\npackages = [\n'
        + "".join(f'  "package-{n}-{m}",\n' for m in range(26))
        + f']\n[set{n}.network]\nname = "Archive"\ndomains = ["archive{n}.example"]\n')


def server(n):
    return (
        f'[server{n}]\nname = "Server {n}"\ntransport = "stdio"\ncommand = "/usr/local/bin/server{n}"\nargs = [\n'
        + "".join(f'  "--option-{m}",\n' for m in range(20)) + f"]\n[server{n}.env]\n"
        + "".join(f'VARIABLE_{m} = "value {m}"\n' for m in range(10)))


makers = [("ai", provider), ("packages", packages), ("mcp", server)]
count = 0
while len(files := list(config.rglob("*.toml"))) < 500:
    directory, maker = makers[count % 3]
    (config / directory / f"generated{count:03}.toml").write_text(maker(count))
    count += 1
lines = sum(file.read_text().count("\n") for file in files)
web = config / "security" / "web.toml"
while lines < 20_000:
    web.write_text(web.read_text() + f'[web.search.service{lines}]\nname = "S"\ndomains = ["s{lines}.example"]\n')
    lines += 3
print(f"{len(files)} files, {lines} lines", file=sys.stderr)
PYTHON
cat >"$work/by-hand" <<'PYTHON'
#!/usr/bin/env python3
import pathlib
import sys
import tomllib

for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.toml")):
    tomllib.loads(path.read_text())
PYTHON
chmod 755 "$work/by-hand"
# Warnings are what it finds; errors would be a mistake of this benchmark.
"$program" validate "$work/guest" >"$work/said" || { tail -n 5 "$work/said" >&2; exit 1; }

for round in 0 $(seq "$rounds"); do
  mode=time suffix=$round
  [ "$round" -ne 0 ] || mode=memory suffix=memory
  python3 "$here/measure.py" $mode "$work/measured/ours.$suffix" -- "$program" validate "$work/guest" >/dev/null
  python3 "$here/measure.py" $mode "$work/measured/hand.$suffix" -- "$work/by-hand" "$work/guest/config" >/dev/null
done
python3 "$here/measure.py" report validate "$work/measured" "$rounds" "$results/validate.json"
