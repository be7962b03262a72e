# shellcheck shell=bash
# For tests of what the documentation says: a server of this build, on a free port, gone at the end.
# Sourced with `root` and `build` set; gives `place` (a temporary folder), `start` and `url`. Another
# server may be named as `parleyd` and `plugins`.

: "${root:?}" "${build:?}"
place=$(mktemp -d)
server=
trap finish EXIT

finish() {
  if [ -n "$server" ] && kill "$server"; then wait "$server" || true; fi
  rm -rf "$place"
}

free_port() { # one that nobody listens on; from the kernel's own table, since bash cannot bind
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    grep -qi "$(printf ':%04X ' "$port")" /proc/net/tcp || break
  done
  echo "$port"
}

start() { # the lines below `plugins:`, each with two blanks before it
  local port path="'$place/plugins', '$build/plugins', '$root/plugins'"
  if [ -n "${plugins:-}" ]; then path="'$place/plugins', '$plugins'"; fi
  port=$(free_port)
  url=http://127.0.0.1:$port
  cat >"$place/parley.yaml" <<END
server: { name: Parley, data: data }
listen: [{ address: 127.0.0.1, port: $port }]
plugin_path: [$path]
plugins:
$1
END
  mkdir -p "$place/plugins"
  "${parleyd:-$build/bin/parleyd}" "$place/parley.yaml" >"$place/log" 2>&1 &
  server=$!
  until curl -fsS "$url/readyz" >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || { cat "$place/log"; server=; exit 1; }
  done
}

# The block of code after the line `<!-- tests/docs: NAME -->` (or the first marked one) in FILE.
block() { # FILE NAME
  awk -v name="$2" 'index($0, "<!-- tests/docs") == 1 && index($0, name) { marked = 1; next }
                    marked && inside && /^```/ { exit }
                    inside { print }
                    marked && /^```/ { inside = 1 }' "$1"
}
