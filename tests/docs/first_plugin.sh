#!/usr/bin/env bash
# The first plugin of docs/plugins.md, as it stands there, loaded and asked.
#   first_plugin.sh ROOT BUILD
set -euo pipefail
root=$1 build=$2
# shellcheck source=tests/docs/server.sh
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"

mkdir -p "$place/plugins/hello"
for file in plugin.yaml init.lua; do
  block "$root/docs/plugins.md" "hello/$file" >"$place/plugins/hello/$file"
  [ -s "$place/plugins/hello/$file" ] || { echo "docs/plugins.md has no hello/$file"; exit 1; }
done
start "  storage-sqlite: {}
  hello: { config: { greeting: Good morning } }"
said=$(curl -sS "$url/v1/hello/Ada")
[ "$said" = '{"text":"Good morning, Ada!"}' ] || { echo "it said: $said"; cat "$place/log"; exit 1; }
