#!/usr/bin/env bash
# Plugins as they were built with each release, loaded into the server of now and asked.
#   fixtures.sh ROOT BUILD
set -euo pipefail
root=$1 build=$2
# shellcheck source=tests/docs/server.sh
source "$root/tests/docs/server.sh"

json='Content-Type: application/json'
ask() { curl -sS -H "$json" "$url$1" -d "$2"; }
expect() { # WHAT SAID WANTED
  [ "$2" = "$3" ] || { echo "$version, $1 said: $2"; cat "$place/log"; exit 1; }
}

for fixtures in "$root"/tests/abi/fixtures/*/; do
  version=$(basename "$fixtures")
  rm -rf "$place/plugins" "$place/data"
  mkdir -p "$place/plugins"
  cp -r "$fixtures"/fixture-* "$place/plugins/"
  start "  storage-sqlite: {}
  fixture-cpp: { config: { greeting: Good morning } }
  fixture-c: { config: { greeting: Good morning } }"
  expect run "$(ask /v1/fixture-cpp/run '{"text": "hello"}')" \
    '{"checked":["config","call","id","random","offload","offload that throws","timer","timer, cancelled","invoke","invoke that is refused","events and hooks"],"text":"hello, by C"}'
  expect "a filter that passes" "$(ask /v1/fixture-cpp/run '{"text": "leave it"}' | sed 's/.*"text"/"text"/')" '"text":"leave it"}'
  expect "a filter that denies" "$(ask /v1/fixture-cpp/run '{"text": "no"}' | grep -o '"code":"no"')" '"code":"no"'
  expect "an error" "$(ask /v1/fixture-cpp/echo '{"text": ""}' | grep -o '"code":"too_short"')" '"code":"too_short"'
  expect C "$(ask /v1/fixture-c/run '{"text": "hello", "numbers": [1, 2, 3]}')" "$(cat "$fixtures/said-by-c.json")"
  kill "$server"
  wait "$server" || { echo "$version: the server did not end well"; cat "$place/log"; exit 1; }
  server=
  if grep -qE '"level":"(error|warn)' "$place/log"; then
    echo "$version:"
    grep -E '"level":"(error|warn)' "$place/log"
    exit 1
  fi
done
