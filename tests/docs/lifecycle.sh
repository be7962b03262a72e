#!/usr/bin/env bash
# The plugin of docs/plugins/lifecycle.md, upgraded as the page says.
#   lifecycle.sh ROOT BUILD CXX
set -euo pipefail
# shellcheck disable=SC2034 # for plugin.sh
root=$1 build=$2 cxx=$3 page=$1/docs/plugins/lifecycle.md
# shellcheck source=tests/docs/server.sh
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
# shellcheck source=tests/docs/plugin.sh
source "$(dirname "${BASH_SOURCE[0]}")/plugin.sh"

counts() { # VERSION COUNT
  local said
  said=$(curl -sS "$url/v1/starts")
  [[ $said == *"\"version\":$1"* && $said == *"\"count\":$2"* ]] || { echo "wanted $1 and $2: $said"; exit 1; }
}
reload() { "$build/bin/parleyctl" plugin reload starts "$place/parley.yaml" >"$place/said" 2>&1; }

take starts plugin.yaml init.lua
start "  storage-sqlite: {}
  starts: {}"
counts 1 1
sed -i 's/local version = 1/local version = 2/' "$place/plugins/starts/init.lua"
reload || { cat "$place/said"; exit 1; }
counts 2 2
echo 'local = 1' >>"$place/plugins/starts/init.lua"
if reload; then echo "a mistake was taken for a version"; exit 1; fi
grep -q 'init.lua:[0-9]*:' "$place/said" || { echo "no line is named:"; cat "$place/said"; exit 1; }
counts 2 2
