#!/usr/bin/env bash
# The first plugins of docs/plugins/first-plugin.md, as they stand there: begun by `parleyctl plugin new` of what was installed,
# tested, run by the server that was installed, and changed while it runs.
#   first_plugin.sh ROOT BUILD CXX
set -euo pipefail
root=$1 build=$2 cxx=$3
page=$root/docs/plugins/first-plugin.md
# shellcheck source=tests/docs/server.sh
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
export CMAKE_GENERATOR=Ninja PATH=$build/installed/bin:$PATH CC=${cxx/clang++/clang} CXX=$cxx CMAKE_PREFIX_PATH=$build/installed

cd "$place"
quietly() { "$@" >"$place/said" 2>&1 || { cat "$place/said"; exit 1; }; }
take() { # FILE…: out of the page
  local file
  for file in "$@"; do
    block "$page" "$name/$file" >"$file.new"
    [ -s "$file.new" ] || { echo "$page has no $name/$file"; exit 1; }
    mv "$file.new" "$file"
  done
}
make() { quietly cmake --build build; quietly ctest --test-dir build --output-on-failure --no-tests=error; }
run() {
  local port
  port=$(free_port)
  url=http://127.0.0.1:$port
  sed -i "s/port: 8080/port: $port/" parley.yaml
  parleyd parley.yaml >"$place/log" 2>&1 &
  server=$!
  until curl -fsS "$url/readyz" >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || { cat "$place/log"; server=; exit 1; }
  done
}
stop() { kill "$server"; wait "$server" || true; server=; }
# What was saved or built is loaded soon: the ask is repeated until the answer is the wanted one.
expect() { # PATTERN CURL-ARGUMENT…
  local wanted=$1 said='' asks=0
  shift
  until said=$(curl -sS "$@"); [[ $said =~ ^$wanted$ ]]; do
    [ $((asks += 1)) -lt 2000 ] || { echo "curl $* said: $said"; cat "$place/log"; exit 1; }
  done
}

name=hello
quietly parleyctl plugin new $name --lang lua
cd $name
quietly parleyctl plugin test .
run
expect '\{"text":"Hello, Ada!"\}' "$url/v1/hello/Ada"
take plugin.yaml init.lua
expect '\{"text":"HELLO, ADA!"\}' "$url/v1/hello/Ada?loud=true"
expect '.*"code":"invalid_params".*' "$url/v1/hello/Ada?loud=very"
quietly parleyctl plugin test .
stop
cd ..

name=counter
quietly parleyctl plugin new $name --lang cpp
cd $name
quietly cmake -S . -B build
make
run
expect '\{"text":"Hello, Ada!"\}' "$url/v1/counter/Ada"
take plugin.yaml src/counter.cpp tests/counter_test.cpp
make
expect '\{"name":"sheep","count":1\}' -X POST "$url/v1/counters/sheep"
stop
cd ..

name=coin
quietly parleyctl plugin new $name --lang c
cd $name
quietly cmake -S . -B build
make
run
expect '\{"text":"Hello, Ada!"\}' "$url/v1/coin/Ada"
take plugin.yaml src/coin.c tests/coin_test.cpp
make
expect '\{"heads":[0-9]+\}' "$url/v1/coin/100"
stop
