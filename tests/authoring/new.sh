#!/usr/bin/env bash
# `parleyctl plugin new` in each language: what it writes is built with the installed SDK only, passes its own
# test, is loaded and asked.
#   new.sh ROOT BUILD
# shellcheck disable=SC2016 # the backticks below are what parleyctl says
set -euo pipefail
root=$1 build=$2
# shellcheck source=tests/docs/server.sh
source "$root/tests/docs/server.sh"
installed=$build/installed
parleyctl=$installed/bin/parleyctl

cd "$place"
mkdir -p plugins
make_native() { # LANGUAGE COMPILER-C COMPILER-C++
  local name=tea-$1
  "$parleyctl" plugin new "$name" --lang "$1"
  cmake -S "$name" -B "$name/build" -G Ninja -DCMAKE_PREFIX_PATH="$installed" -DCMAKE_C_COMPILER="$2" -DCMAKE_CXX_COMPILER="$3"
  cmake --build "$name/build"
  ctest --test-dir "$name/build" --output-on-failure --no-tests=error
  cp -r "$name/build/plugins/$name" plugins/
}
make_lua() {
  "$parleyctl" plugin new tea-lua --lang lua
  "$parleyctl" plugin test tea-lua
  cp -r tea-lua plugins/
}
make_native cpp clang-16 clang++-16 >said 2>&1 || { cat said; exit 1; }
make_native c gcc g++ >said 2>&1 || { cat said; exit 1; }
make_lua >said 2>&1 || { cat said; exit 1; }

start "  storage-sqlite: {}
  tea-cpp: {}
  tea-c: { config: { greeting: Good morning } }
  tea-lua: {}"
for each in tea-cpp=Hello 'tea-c=Good morning' tea-lua=Hello; do
  said=$(curl -sS "$url/v1/${each%%=*}/Ada")
  [ "$said" = "{\"text\":\"${each#*=}, Ada!\"}" ] || { echo "${each%%=*} said: $said"; cat log; exit 1; }
  "$parleyctl" plugin inspect "plugins/${each%%=*}" >/dev/null
done

# With the server and the plugins that were installed, and the configuration that was written: by itself.
kill "$server" && wait "$server" || true
port=$(free_port)
url=http://127.0.0.1:$port
sed -i "s/port: 8080/port: $port/" tea-lua/parley.yaml
(cd tea-lua && exec "$installed/bin/parleyd" parley.yaml) >log 2>&1 &
server=$!
until curl -fsS "$url/readyz" >/dev/null 2>&1; do
  kill -0 "$server" 2>/dev/null || { cat log; server=; exit 1; }
done
[ "$(curl -sS "$url/v1/tea-lua/Ada")" = '{"text":"Hello, Ada!"}' ] || { cat log; exit 1; }
for each in tea-cpp tea-c; do
  "$installed/bin/parleyd" --check "$each/parley.yaml" >said 2>&1 || { cat said; exit 1; }
done

# refused WANTED ARGUMENT…: says so, and writes nothing.
refused() {
  local wanted=$1 said
  shift
  if said=$("$parleyctl" plugin new "$@" 2>&1); then echo "plugin new $* was not refused"; exit 1; fi
  [[ $said == *"$wanted"* ]] || { echo "plugin new $* said: $said"; exit 1; }
}
refused 'is no name for a plugin' Tea
refused 'there is no language `rust`' tea --lang rust
refused 'write the language as' tea --lang
refused 'is left alone' tea-lua --lang lua
[ ! -e Tea ] && [ ! -e tea ]
