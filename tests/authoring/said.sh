# shellcheck shell=bash
# Sourced with `build` set.

: "${build:?}"

# said WORD PATH STATUS PATTERN…: what `parleyctl plugin WORD PATH` says matches all of them.
said() {
  local word=$1 path=$2 wanted=$3 text status=0 pattern
  shift 3
  text=$("$build/bin/parleyctl" plugin "$word" "$path" 2>&1) || status=$?
  for pattern in "$@"; do
    grep -qE -- "$pattern" <<<"$text" || { echo "$path: nothing like $pattern in:"; echo "$text"; exit 1; }
  done
  [ "$status" -eq "$wanted" ] || { echo "$path: status $status, and not $wanted:"; echo "$text"; exit 1; }
}
