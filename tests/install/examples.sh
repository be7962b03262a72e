#!/usr/bin/env bash
# Every example, built against the installed SDK only, loaded and asked.
#   examples.sh ROOT BUILD clang|gcc
set -euo pipefail
root=$1 build=$2 compiler=$3
# shellcheck source=tests/docs/server.sh
source "$root/tests/docs/server.sh"
installed=$build/installed

case $compiler in
  clang) export CC=clang-16 CXX=clang++-16 ;;
  gcc) export CC=gcc CXX=g++ ;;
esac

# Copied out of the tree first, so that nothing of it is found by chance.
compile() { # EXAMPLE
  cp -r "$root/examples/$1" "$place/$1"
  {
    cmake -S "$place/$1" -B "$place/$1/build" -G Ninja -DCMAKE_PREFIX_PATH="$installed" \
      -DCMAKE_C_FLAGS='-Wall -Wextra -Wpedantic -Werror' -DCMAKE_CXX_FLAGS='-Wall -Wextra -Werror' &&
      cmake --build "$place/$1/build" && ctest --test-dir "$place/$1/build" --output-on-failure
  } >"$place/said" 2>&1 || { cat "$place/said"; exit 1; }
  mkdir -p "$place/plugins"
  cp -r "$place/$1/build/plugins/$1" "$place/plugins/"
}

for example in dice quotes storage-memory; do compile "$example"; done
cp -r "$root/examples/karma" "$place/plugins/"
"$installed/bin/parleyctl" plugin test "$place/plugins/karma" >"$place/said" || { cat "$place/said"; exit 1; }

# The server that is installed, with its plugins.
parleyd=$installed/bin/parleyd
plugins=$(find "$installed" -type d -path '*/parley/plugins')
start "  storage-memory: {}
  auth-password: { grants: [identity], config: { argon2_memory_mib: 8, argon2_passes: 1 } }
  messaging: {}
  dice: { config: { most: 3 } }
  karma: {}
  quotes: {}"

json='Content-Type: application/json'
field() { sed -E "s/.*\"$1\":\"?([^\",}]*).*/\1/"; }
asked() { curl -sS -H "$json" "$@"; }
expect() { # WHAT SAID PATTERN
  [[ $2 =~ $3 ]] || { echo "$1: $2"; cat "$place/log"; exit 1; }
}

ada=$(asked "$url/v1/auth/register" -d '{"name": "ada", "password": "correct horse battery"}')
bob=$(asked "$url/v1/auth/register" -d '{"name": "bob", "password": "staple of the day"}')
as_ada=(-H "Authorization: Bearer $(field access_token <<<"$ada")")

expect "dice, asked" "$(asked "$url/v1/dice/2/6")" '^\{"dice":\[[1-6],[1-6]\],"sum":[0-9]+\}$'
expect "dice, too many" "$(asked "$url/v1/dice/4/6")" '"code":"too_many_dice"'
expect "dice, wrong" "$(asked "$url/v1/dice/4/1")" '"code":"invalid_params"'

conversation=$(asked "${as_ada[@]}" "$url/v1/conversations/direct" -d "{\"account\": \"$(field account <<<"$bob")\"}" | field id)
say() { # TEXT
  asked "${as_ada[@]}" "$url/v1/conversations/$conversation/messages" \
    -d "{\"id\": \"$(cat /proc/sys/kernel/random/uuid)\", \"text\": \"$1\"}"
}
expect "dice, in a message" "$(say '/roll 1d2')" '"text":"rolled 1d2: [12]"'
expect "a message" "$(say 'Tea++ and rain--, tea++')" '"text":"Tea'
expect "karma" "$(asked "${as_ada[@]}" "$url/v1/karma/TEA")" '"points":2'
expect "karma" "$(asked "${as_ada[@]}" "$url/v1/karma/rain")" '"points":-1'

expect "quotes, none" "$(asked "$url/v1/quotes/random")" '"code":"not_found"'
expect "quotes, kept" "$(asked "${as_ada[@]}" "$url/v1/quotes" -d '{"text": "So it goes.", "author": "Vonnegut"}')" '"text":"So it goes."'
expect "quotes, one" "$(asked "$url/v1/quotes/random")" '"author":"Vonnegut"'
expect "quotes, all" "$(asked "$url/v1/authors/Vonnegut/quotes")" '"more":false'
