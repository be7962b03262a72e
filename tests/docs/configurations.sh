#!/usr/bin/env bash
# Every ready configuration is one that parleyd takes, also with everything switched on that is
# commented out as "take the # off".
#   configurations.sh ROOT BUILD
set -euo pipefail
root=$1 build=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
status=0

check() { # FILE
  "$build/bin/parleyd" --check "$1" >"$place/said" 2>&1 || { cat "$place/said"; status=1; }
}

for config in "$root"/config/*.yaml; do
  # The same plugins, of this build.
  sed "s|\.\./build/release/plugins|$build/plugins|; s|\.\./plugins|$root/plugins|" "$config" >"$place/as-it-is.yaml"
  check "$place/as-it-is.yaml"
  sed 's|# word-filter:|word-filter:|' "$place/as-it-is.yaml" >"$place/with-filter.yaml"
  check "$place/with-filter.yaml"
done

# And it can refuse.
echo 'unheard_of: 1' >>"$place/as-it-is.yaml"
if "$build/bin/parleyd" --check "$place/as-it-is.yaml" >"$place/said" 2>&1 || ! grep -q unheard_of "$place/said"; then
  echo "parleyd --check took an unknown key, or did not name it:"
  cat "$place/said"
  status=1
fi
exit $status
