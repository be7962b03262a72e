#!/usr/bin/env bash
# The pieces of docs/plugins/interfaces.md in C and C++ compile, put together.
#   interfaces.sh ROOT BUILD CXX
set -euo pipefail
root=$1 build=$2 cxx=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# blocks LANGUAGE: all of them, of yaml the first
blocks() {
  awk -v start="\`\`\`$1" -v once="$([ "$1" = yaml ] && echo 1 || echo 0)" '
    inside && $0 == "```" { inside = 0; if (once == 1) exit; next }
    inside { print }
    !inside && $0 == start { inside = 1 }' "$root/docs/plugins/interfaces.md"
}
blocks yaml > "$folder/plugin.yaml"
blocks c > "$folder/town.c"
blocks cpp > "$folder/town.cpp"
echo 'PARLEY_PLUGIN(town)' >> "$folder/town.cpp"

"$build/bin/parley-gen" "$folder/plugin.yaml" --output "$folder/town.plugin.hpp" \
  --requires "$root/kernel/identity/plugin.yaml"
strict=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only "-I$root/sdk/include" "-I$folder")
cc=${cxx/clang++/clang}
cc=${cc/g++/gcc}
"$cc" -std=c99 "${strict[@]}" "$folder/town.c"
"$cxx" -std=c++20 "${strict[@]}" "$folder/town.cpp"
