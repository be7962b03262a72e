#!/usr/bin/env bash
# Every folder below plugins/ says what it is (plugin.yaml, README.md) and is tested (tests/).
#   plugin_folders.sh ROOT
set -euo pipefail
cd "$1"
status=0
for plugin in plugins/*/; do
  for part in plugin.yaml README.md tests; do
    [ -e "$plugin$part" ] || { echo "$plugin has no $part"; status=1; }
  done
done
exit $status
