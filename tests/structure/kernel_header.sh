#!/usr/bin/env bash
# A plugin that includes a header of the kernel does not compile; without that line it does.
#   kernel_header.sh ROOT BUILD CXX
set -euo pipefail
root=$1 build=$2 cxx=$3
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

plugin=$place/stranger
mkdir -p "$plugin"
echo 'parley_add_plugin(stranger)' >"$plugin/CMakeLists.txt"
printf '%s\n' 'plugin: stranger' 'version: 1.0.0' >"$plugin/plugin.yaml"
write() { # INCLUDE
  printf '%s\n' "$1" '#include "stranger.plugin.hpp"' 'class stranger final : public stranger_plugin {};' \
    'PARLEY_PLUGIN(stranger)' >"$plugin/stranger.cpp"
}
compiles() { cmake --build "$place/build" --target plugin-stranger-code >"$place/said" 2>&1; }

write ''
cmake -S "$(dirname "${BASH_SOURCE[0]}")/outside" -B "$place/build" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" \
  -DCMAKE_PREFIX_PATH="$build/installed" -DPLUGIN="$plugin" >"$place/said" 2>&1 || { cat "$place/said"; exit 1; }
compiles || { echo "the plugin does not compile even without the line:"; cat "$place/said"; exit 1; }

status=0
for header in env/env.hpp kernel/env/env.hpp dispatch/gateway.hpp net/limits.hpp storage/engine.hpp manifest.hpp; do
  write "#include \"$header\""
  if compiles; then echo "a plugin could include $header"; status=1
  elif ! grep -qE "$header.*(file not found|No such file)" "$place/said"; then
    echo "it failed, but not for $header:"; cat "$place/said"; status=1
  fi
done
exit $status
