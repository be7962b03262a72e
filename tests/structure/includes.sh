#!/usr/bin/env bash
# Who may include whom: a plugin includes sdk/ and its own folder, kernel/ no plugin, sdk/ neither, lua/
# only sdk/. The kernel runs Lua plugins through lua/. In CMake files the same holds for what a plugin links.
#   includes.sh ROOT
set -euo pipefail
cd "$1"
found=0

breach() { # FILE LINE WHY
  echo "$1:$2: $3"
  found=1
}

# file:line:what is included. compile_fail/ holds what must not compile.
includes() {
  find kernel sdk lua plugins \( -name node_modules -o -name dist -o -name compile_fail \) -prune -o -type f \
    \( -name '*.[ch]pp' -o -name '*.[ch]' \) -print0 |
    xargs -0r grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' |
    sed -E 's/^([^:]+):([0-9]+):[^<"]*[<"]([^>"]+)[>"].*/\1:\2:\3/'
}

# Sets `owner` to kernel, sdk, lua, plugins/NAME, or nothing.
owner_of() { # PATH
  case $1 in
    plugins/*/*) owner=${1#plugins/}; owner=plugins/${owner%%/*} ;;
    kernel/* | sdk/* | lua/*) owner=${1%%/*} ;;
    *) owner= ;;
  esac
}

# Sets `path` to PATH without . and .. ; no program is started, for there are many of them.
normalise() { # PATH
  local part parts=() rest=$1/
  while [ -n "$rest" ]; do
    part=${rest%%/*} rest=${rest#*/}
    case $part in
      . | '') ;;
      ..) if [ "${#parts[@]}" -gt 0 ]; then unset 'parts[-1]'; fi ;;
      *) parts+=("$part") ;;
    esac
  done
  local IFS=/
  path="${parts[*]}"
}

# Sets `path` to the file of this tree that HEADER means in FILE, or to nothing: the nearest first.
find_header() { # FILE HEADER WHO
  local place
  normalise "${1%/*}/$2"
  [ ! -e "$path" ] || return 0
  for place in . "$3" "$3/src" sdk/include sdk/manifest sdk/documents sdk kernel lua plugins/*/ plugins/*/src; do
    normalise "$place/$2"
    [ ! -e "$path" ] || return 0
  done
  path=
}

may_include() { # WHO FILE OWNER PATH
  case $1:$2:$3:$4 in
    "$3":*) ;;
    *:*:sdk:*) ;;
    kernel:*:lua:*) ;;
    *) return 1 ;;
  esac
}

while IFS=: read -r file line header; do
  owner_of "$file"
  who=$owner
  find_header "$file" "$header" "$who"
  [ -n "$path" ] || continue # of a library, or generated
  owner_of "$path"
  [ -z "$owner" ] || may_include "$who" "$file" "$owner" "$path" || breach "$file" "$line" "$who must not include $path"
done < <(includes)

# The test kit is for plugins too.
libraries=$(grep -rhoE 'parley_library\([a-z_-]+' kernel --include=CMakeLists.txt | sed 's/.*(/parley-/' |
  grep -vx parley-testing | paste -sd '|')
if [ -n "$libraries" ]; then
  while IFS=: read -r file line text; do
    breach "$file" "$line" "a plugin must not link what the kernel is made of: $text"
  done < <(grep -rnHE "(^|[^a-z-])($libraries)([^a-z-]|\$)" plugins --include=CMakeLists.txt)
fi
exit $found
