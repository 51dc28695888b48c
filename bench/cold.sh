#!/usr/bin/env bash
# Debian's packages of the default image with an empty download cache, over one mirror on the loopback
# interface: capsem-native against mmdebstrap and mke2fs -d, in one run, taking turns.
#
#   ROUNDS=5 bench/cold.sh
#
# nginx serves what `capsem-native mirror` wrote: the archives' own signed lists, which both of them read and
# verify, and of the packages those that are wanted.
#
# CAPSEM_NATIVE, ROUNDS (default 3), BENCH_DIR (needs 8 GB) and BENCH_RESULTS as in setup.sh
. "$(dirname "$0")/setup.sh"
rounds=${ROUNDS:-3}
need mmdebstrap:mmdebstrap apt-ftparchive:apt-utils nginx:nginx-light mke2fs:e2fsprogs python3:python3
server=
end() { [ -z "$server" ] || kill "$server"; }
mkdir "$work"/{inputs,out,tmp,server}
chmod 1777 "$work/out" "$work/tmp"

echo "== preparing (not timed)" >&2
cp -r "$repository/guest" "$work/guest"
[ -e "$work/guest/capsem.lock" ] || "$program" lock "$work/guest" --progress plain
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
"$program" mirror "$work/guest" "$work/mirror" --url "$url" --progress plain
chmod -R a+rX "$work/mirror"
python3 "$here/prepare.py" "$work/guest" "$cache" "$work/inputs"
cp "$here/by-hand.sh" "$work/inputs/"
cat >"$work/server/nginx.conf" <<CONF
daemon off;
pid $work/server/pid;
error_log $work/server/errors;
worker_processes 1;
events {}
http {
  access_log off;
  sendfile on;
  client_body_temp_path $work/server/body;
  proxy_temp_path $work/server/proxy;
  fastcgi_temp_path $work/server/fastcgi;
  uwsgi_temp_path $work/server/uwsgi;
  scgi_temp_path $work/server/scgi;
  server { listen 127.0.0.1:$port; root $work/mirror; }
}
CONF
nginx -e "$work/server/errors" -c "$work/server/nginx.conf" &
server=$!
for _ in $(seq 50); do
  if python3 -c "import urllib.request; urllib.request.urlopen('$url/mirror.json')" 2>/dev/null; then break; fi
  kill -0 "$server" 2>/dev/null || { cat "$work/server/errors" >&2; exit 1; }
  sleep 0.1
done

for round in $(seq "$rounds"); do
  echo "== round $round of $rounds" >&2
  rm -rf "$work/assets" "$work/cache" "$work/out"/*
  sync
  CAPSEM_CACHE_DIR=$work/cache python3 "$here/measure.py" time "$work/measured/ours.$round" -- \
    "$program" build "$work/guest" --locked --mirror "$url" --until configured --output "$work/assets" \
    --progress none --timings 2>"$work/measured/ours.$round.stages" || {
    tail -n 20 "$work/measured/ours.$round.stages" >&2
    exit 1
  }
  sync
  SOURCES=$work/mirror/capsem.sources python3 "$here/measure.py" time "$work/measured/hand.$round" -- \
    "$work/inputs/by-hand.sh" "$work/inputs" "$work/out/rootfs.ext4" "$work/out/times" "$work/tmp" apt \
    >"$work/hand.log" 2>&1 || {
    tail -n 20 "$work/hand.log" >&2
    exit 1
  }
  cp "$work/out/times" "$work/measured/hand.$round.stages"
done
python3 "$here/measure.py" report cold "$work/measured" "$rounds" "$results/cold.json"
