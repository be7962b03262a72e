#!/usr/bin/env bash
# The package parley-dev: unpacked, an example is built with it and with nothing else of this tree.
#   deb.sh ROOT BUILD
set -euo pipefail
root=$1 build=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

cpack --config "$build/CPackConfig.cmake" -B "$place/made" >"$place/said" 2>&1 || { cat "$place/said"; exit 1; }
package=$(echo "$place"/made/parley-dev_*.deb)
dpkg-deb -x "$package" "$place/root"
if command -v lintian >/dev/null; then
  # The test kit is a library for tests of plugins, loaded by nothing that is installed: no package of its own.
  lintian --allow-root --fail-on error,warning --suppress-tags no-shlibs,lacks-ldconfig-trigger \
    --suppress-tags link-to-shared-library-in-wrong-package,maintscript-calls-ldconfig \
    --suppress-tags package-name-doesnt-match-sonames,unstripped-binary-or-object "$package"
fi

for page in parley-gen parleyctl; do
  gzip -dc "$place/root/usr/share/man/man1/$page.1.gz" >"$place/$page.1"
done
# Every command that the program knows stands in its manual page.
("$place/root/usr/bin/parleyctl" 2>&1 || true) | sed -En 's/^  ([a-z]+( [a-z]+)?) .*/\1/p' >"$place/commands"
[ "$(wc -l <"$place/commands")" -gt 5 ] || { echo "parleyctl lists no commands"; exit 1; }
while read -r command; do
  grep -q "\"*$command " "$place/parleyctl.1" || { echo "packaging/man/parleyctl.1 does not say what $command does"; exit 1; }
done <"$place/commands"

cp -r "$root/examples/dice" "$place/dice"
{
  cmake -S "$place/dice" -B "$place/dice/build" -G Ninja -DCMAKE_PREFIX_PATH="$place/root/usr" -DBUILD_TESTING=OFF &&
    cmake --build "$place/dice/build"
} >"$place/said" 2>&1 || { cat "$place/said"; exit 1; }
"$place/root/usr/bin/parleyctl" plugin inspect "$place/dice/build/plugins/dice" >/dev/null
