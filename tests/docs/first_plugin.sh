#!/usr/bin/env bash
# The first plugins of docs/plugins.md, as they stand there: the one in C++ built as a stranger would, both
# loaded and asked.
#   first_plugin.sh ROOT BUILD CXX
set -euo pipefail
root=$1 build=$2 cxx=$3
# shellcheck source=tests/docs/server.sh
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"

take() { # PLUGIN FILE…: out of the page, into a folder of plugins
  local plugin=$1 file
  shift
  for file in "$@"; do
    mkdir -p "$(dirname "$place/plugins/$plugin/$file")"
    block "$root/docs/plugins.md" "$plugin/$file" >"$place/plugins/$plugin/$file"
    [ -s "$place/plugins/$plugin/$file" ] || { echo "docs/plugins.md has no $plugin/$file"; exit 1; }
  done
}

compile() { # PLUGIN
  {
    cmake -S "$root/tests/structure/outside" -B "$place/build" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" \
      -DSDK="$root/sdk" -DPARLEY_GEN="$build/bin/parley-gen" -DPLUGIN="$place/plugins/$1" &&
      cmake --build "$place/build"
  } >"$place/said" 2>&1 || { cat "$place/said"; exit 1; }
  cp -r "$place/build/plugins/$1/." "$place/plugins/$1/"
}

expect() { # WANTED CURL-ARGUMENT…
  local wanted=$1 said
  shift
  said=$(curl -sS "$@")
  [ "$said" = "$wanted" ] || { echo "curl $* said: $said"; cat "$place/log"; exit 1; }
}

take hello plugin.yaml init.lua
take counter plugin.yaml CMakeLists.txt src/counter.cpp
compile counter
start "  storage-sqlite: {}
  hello: { config: { greeting: Good morning } }
  counter: {}"
expect '{"text":"Good morning, Ada!"}' "$url/v1/hello/Ada"
expect '{"name":"sheep","count":1}' -X POST "$url/v1/counters/sheep"
expect '{"name":"sheep","count":2}' -X POST "$url/v1/counters/sheep"
