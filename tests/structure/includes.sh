#!/usr/bin/env bash
# Who may include whom: a plugin includes sdk/ and its own folder, kernel/ includes no plugin, sdk/
# includes neither, lua/ includes sdk/. In CMake files the same holds for what is linked.
#   includes.sh ROOT
set -euo pipefail
cd "$1"
found=0

breach() { # FILE LINE WHY
  echo "$1:$2: $3"
  found=1
}

sources_in() { find "$1" \( -name node_modules -o -name dist \) -prune -o -type f \( -name '*.[ch]pp' -o -name '*.[ch]' \) -print; }

# file:line:what is included, for every #include below a folder
includes_in() {
  sources_in "$1" | xargs -r grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' |
    sed -E 's/^([^:]+):([0-9]+):[^<"]*[<"]([^>"]+)[>"].*/\1:\2:\3/'
}

# Whether a header, as somebody wrote it in FILE, is one of FOLDER's: by its path from the root, or by
# its path from FOLDER, or seen from FILE.
is_of() { # FOLDER HEADER FILE
  local from
  from=$(realpath -m --relative-to=. "$(dirname "$3")/$2")
  case $2 in "$1"/*) return 0 ;; esac
  case $from in "$1"/*) [ -e "$from" ] && return 0 ;; esac
  [ -e "$1/$2" ] && ! [ -e "$(dirname "$3")/$2" ] && ! [ -e "sdk/include/$2" ] && ! [ -e "sdk/manifest/$2" ]
}

forbid() { # WHO OTHER
  local file line header
  while IFS=: read -r file line header; do
    if is_of "$2" "$header" "$file"; then breach "$file" "$line" "$1 must not include $header of $2/"; fi
  done < <(includes_in "$1")
}

forbid_escape() { # PLUGIN: nothing outside of its own folder by a relative path
  local file line header
  while IFS=: read -r file line header; do
    case $(realpath -m --relative-to=. "$(dirname "$file")/$header") in
      "$1"/*) ;;
      *) case $header in ../*) breach "$file" "$line" "$header leaves $1/" ;; esac ;;
    esac
  done < <(includes_in "$1")
}

forbid_linking() { # WHO LIBRARIES-OF
  local file line rest names
  names=$(grep -rhoE 'parley_library\([a-z_-]+' "$2" --include=CMakeLists.txt | sed 's/.*(/parley-/' | paste -sd '|')
  [ -n "$names" ] || return 0
  while IFS=: read -r file line rest; do
    breach "$file" "$line" "$1 must not link what $2/ is made of: $rest"
  done < <(grep -rnHE "(^|[^a-z-])($names)([^a-z-]|\$)" "$1" --include=CMakeLists.txt)
}

for plugin in plugins/*/; do
  plugin=${plugin%/}
  [ -d "$plugin" ] || continue
  forbid "$plugin" kernel
  forbid "$plugin" lua
  forbid_escape "$plugin"
  forbid_linking "$plugin" kernel
  for other in plugins/*/; do
    [ "$plugin" = "${other%/}" ] || forbid "$plugin" "${other%/}"
  done
done
forbid kernel plugins
for plugin in plugins/*/; do forbid kernel "${plugin%/}"; done
forbid sdk kernel
forbid sdk plugins
forbid lua kernel
forbid lua plugins
exit $found
