#!/usr/bin/env bash
# A PostgreSQL of the tests' own: on a free port of loopback, in a temporary folder, no service, no systemd.
#
#   cluster.sh start DIR [SETTING…]   DIR/url is where it listens then; such as fsync=off
#   cluster.sh standby DIR OF         a hot standby of the one in OF
#   cluster.sh again DIR              after it was killed
#   cluster.sh kill DIR               all its processes, with SIGKILL
#   cluster.sh stop DIR
#
# DIR/place names the folder with the data. PostgreSQL refuses to run as root, so root runs it as postgres.
set -euo pipefail

command=$1
dir=$2
shift 2
bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "There is no PostgreSQL in /usr/lib/postgresql: ./dev install test" >&2; exit 1; }

# PostgreSQL does not run as root; and in a chroot that only root may enter its user passes only by that capability, which
# access(2) regards only with that bit.
as_owner() {
  if [ "$(id -u)" -ne 0 ]; then "$@"; return; fi
  (cd / && setpriv --reuid=postgres --regid=postgres --init-groups \
    --securebits=+no_setuid_fixup --inh-caps=+dac_read_search --ambient-caps=+dac_read_search -- "$@")
}

make_place() {
  if [ -f "$dir/place" ]; then "$0" stop "$dir"; fi # left over from a run that was killed
  mkdir -p "$dir"
  place=$(mktemp -d "${TMPDIR:-/tmp}/parley-postgres-XXXXXX")
  chmod 755 "$place"
  [ "$(id -u)" -ne 0 ] || chown postgres: "$place"
}

# On a free port, with these settings as well.
launch_anew() { # SETTING…
  local port
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  {
    printf "listen_addresses = '127.0.0.1'\nport = %s\nunix_socket_directories = '%s'\n" "$port" "$place"
    printf '%s\n' "$@"
  } | as_owner tee -a "$place/data/postgresql.conf" >/dev/null
  launch
  printf '%s\n' "$place" >"$dir/place"
  printf 'postgresql://parley@127.0.0.1:%s/postgres\n' "$port" >"$dir/url"
}

launch() {
  as_owner "$bin/pg_ctl" --pgdata="$place/data" --log="$place/log" --wait --timeout=60 start >/dev/null 2>&1 ||
    { cat "$place/log" >&2; exit 1; }
}

# pg_ctl would wait for what is gone already.
end() { # SIGNAL
  local pid children=()
  [ -f "$place/data/postmaster.pid" ] || return 0
  pid=$(head -n 1 "$place/data/postmaster.pid")
  if [ "$1" = KILL ]; then mapfile -t children < <(pgrep -P "$pid" || true); fi
  kill "-$1" "$pid" "${children[@]}" 2>/dev/null || true
  for child in "$pid" "${children[@]}"; do
    while kill -0 "$child" 2>/dev/null; do sleep 0.02; done
  done
}

case $command in
  again | kill | stop)
    [ -f "$dir/place" ] || exit 0
    place=$(cat "$dir/place")
    ;;
esac
case $command in
  start)
    make_place
    as_owner "$bin/initdb" --pgdata="$place/data" --username=parley --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
      --no-sync >"$dir/initdb.log"
    launch_anew "max_connections = 200" "log_min_messages = warning" "$@"
    ;;
  standby)
    make_place
    as_owner "$bin/pg_basebackup" --dbname="$(cat "$1/url")" --pgdata="$place/data" --checkpoint=fast --write-recovery-conf --no-sync
    launch_anew "hot_standby = on"
    ;;
  again) launch ;;
  kill) end KILL ;;
  stop)
    end QUIT # at once: the data goes with it
    rm -rf "$place" "$dir/place" "$dir/url"
    ;;
  *)
    echo "cluster.sh start|standby|again|kill|stop DIR" >&2
    exit 2
    ;;
esac
