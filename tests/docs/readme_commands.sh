#!/usr/bin/env bash
# Runs the curl commands of README.md, as they stand there, against a server of this build.
#   readme_commands.sh ROOT BUILD
set -euo pipefail
root=$1 build=$2
place=$(mktemp -d)
server=
finish() {
  if [ -n "$server" ] && kill "$server"; then wait "$server" || true; fi
  rm -rf "$place"
}
trap finish EXIT

free_port() { # one that nobody listens on; asked of the kernel's own table, since bash cannot bind
  local port
  while :; do
    port=$((20000 + RANDOM % 30000))
    grep -qi "$(printf ':%04X ' "$port")" /proc/net/tcp || break
  done
  echo "$port"
}

start() { # PORT
  cat >"$place/parley.yaml" <<END
server: { name: Parley, data: data }
listen: [{ address: 127.0.0.1, port: $1 }]
plugin_path: ['$build/plugins', '$root/plugins']
plugins:
  storage-sqlite: {}
  auth-password: {}
  messaging: {}
END
  "$build/bin/parleyd" "$place/parley.yaml" >"$place/log" 2>&1 &
  server=$!
  until curl -fsS "http://127.0.0.1:$1/readyz" >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || { cat "$place/log"; server=; exit 1; }
  done
}

port=$(free_port)
start "$port"
awk '/^<!-- tests\/docs/ { marked = 1 } marked && /^```$/ { exit } inside { print } marked && /^```sh$/ { inside = 1 }' \
  "$root/README.md" >"$place/commands"
grep -q 'curl' "$place/commands" || { echo "README.md has no marked commands"; exit 1; }
sed -i "s|http://127.0.0.1:8080|http://127.0.0.1:$port|" "$place/commands"
bash -euo pipefail "$place/commands" | tee "$place/said"

# What it says twice: the reply to the send, and the history.
[ "$(grep -o '"text":"Hello from curl"' "$place/said" | wc -l)" -eq 2 ] ||
  { echo "README.md's commands did not send and fetch the message"; cat "$place/log"; exit 1; }
