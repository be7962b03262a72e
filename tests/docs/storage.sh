#!/usr/bin/env bash
# The plugins of docs/plugins/storage.md, as they stand there: the one in C++ built as a stranger would and asked, the
# one that seals fields tested in the kit, the other one in Lua migrated while the server runs, and refused when it goes back.
#   storage.sh ROOT BUILD CXX
set -euo pipefail
root=$1 build=$2 cxx=$3
page=$root/docs/plugins/storage.md
# shellcheck source=tests/docs/server.sh
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
# shellcheck source=tests/docs/plugin.sh
source "$(dirname "${BASH_SOURCE[0]}")/plugin.sh"

reload() { # WANTED: what the operator is told
  local said
  said=$("$build/bin/parleyctl" plugin reload shelf "$place/parley.yaml" 2>&1) || true
  [[ "$said" == *"$1"* ]] || { echo "reload said: $said"; cat "$place/log"; exit 1; }
}

take library plugin.yaml src/library.cpp
echo 'parley_add_plugin(library)' >"$place/plugins/library/CMakeLists.txt"
compile library
take contacts plugin.yaml init.lua tests/contacts_test.lua
"$build/bin/parleyctl" plugin test "$place/plugins/contacts"
take shelf plugin.yaml init.lua
cp "$place/plugins/shelf/plugin.yaml" "$place/first.yaml"
{
  sed -n '/^collections:/q; s/^version: 1.0.0/version: 1.1.0/; p' "$place/first.yaml"
  block "$page" shelf/collections-2.yaml
} >"$place/second.yaml"

start "  storage-sqlite: {}
  library: {}
  shelf: {}"
json=(-H "Content-Type: application/json")
book='{"isbn":"9780000000001","title":"Badgers","shelf":"A","copies":1}'
expect "$book" -X PUT "$url/v1/books/9780000000001" "${json[@]}" -d '{"title":"Badgers","shelf":"A","copies":1}'
expect "{\"items\":[$book]}" "$url/v1/shelves/A"
expect "{\"items\":[$book]}" "$url/v1/books?text=badg&shelf=A"
expect '{"items":[]}' "$url/v1/books?text=badg&shelf=B"
expect "${book/1\}/0\}}" -X POST "$url/v1/books/9780000000001/lend" "${json[@]}" -d '{"reader":"Ada"}'
expect "{\"items\":[${book/1\}/0\}}]}" "$url/v1/readers/Ada/books"
expect '{"items":[]}' "$url/v1/readers/Bob/books"
expect_code none_left -X POST "$url/v1/books/9780000000001/lend" "${json[@]}" -d '{"reader":"Bob"}'

migrated='{"isbn":"1","language":"en","note":"","title":"Old"}'
expect null -X PUT "$url/v1/shelf/1" "${json[@]}" -d '{"title":"Old"}'
cp "$place/second.yaml" "$place/plugins/shelf/plugin.yaml"
reload 1.1.0
expect "$migrated" "$url/v1/shelf/1"
cp "$place/first.yaml" "$place/plugins/shelf/plugin.yaml"
sentence='the store holds version 2 of shelf.books, this plugin knows version 1; use a version of the plugin that knows version 2 or a later one'
grep -qF "$sentence" "$page" || { echo "the page says it otherwise"; exit 1; }
reload "$sentence"
expect "$migrated" "$url/v1/shelf/1"

# Nor does the server start with it, and it says whose fault that is.
kill "$server"
wait "$server" || true
server=
if "$build/bin/parleyd" "$place/parley.yaml" >"$place/log" 2>&1; then echo "the old version was started"; exit 1; fi
grep -F '"plugin":"shelf"' "$place/log" | grep -qF "$sentence" || { cat "$place/log"; exit 1; }
