# shellcheck shell=bash
# For tests of what the documentation says: plugins out of a page, built as a stranger would, and asked. Sourced after
# server.sh, with `page` and `cxx` set.

: "${page:?}" "${cxx:?}" "${place:?}" "${root:?}" "${build:?}"

take() { # PLUGIN FILE…: out of the page, into a folder of plugins
  local plugin=$1 file
  shift
  for file in "$@"; do
    mkdir -p "$(dirname "$place/plugins/$plugin/$file")"
    block "$page" "$plugin/$file" >"$place/plugins/$plugin/$file"
    [ -s "$place/plugins/$plugin/$file" ] || { echo "$page has no $plugin/$file"; exit 1; }
  done
}

compile() { # PLUGIN
  {
    cmake -S "$root/tests/structure/outside" -B "$place/build" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" \
      -DCMAKE_PREFIX_PATH="$build/installed" -DPLUGIN="$place/plugins/$1" &&
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

expect_code() { # the error's CODE, CURL-ARGUMENT…
  local wanted=$1 said
  shift
  said=$(curl -sS "$@")
  [[ "$said" == *"\"code\":\"$wanted\""* ]] || { echo "curl $* said: $said"; cat "$place/log"; exit 1; }
}
