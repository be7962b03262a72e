#!/usr/bin/env bash
# What `parleyctl plugin inspect` says of plugins that are well and of those that are not.
#   inspect.sh ROOT BUILD
# The backticks below are what parleyctl says.
# shellcheck disable=SC2016
set -euo pipefail
root=$1 build=$2 stamps=$2/kernel/plugin/testing
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# shellcheck source=tests/authoring/said.sh
source "$(dirname "${BASH_SOURCE[0]}")/said.sh"
inspected() { said inspect "$@"; }

stamp() { # NAME: one of the test's libraries, as a plugin
  mkdir -p "$place/stamp"
  cp "$stamps/parley-stamp-$1.so" "$place/stamp/libstamp.so"
  printf 'plugin: stamp\nversion: 1.2.3\nrequires: { notes: ^2 }\noptional: { boards: "*" }\nhooks: { note.filter: { phase: filter } }\n' \
    >"$place/stamp/plugin.yaml"
}

inspected "$root/plugins/welcome" 0 '^welcome 1\.' 'requires +messaging \^1' 'bot: acts as the account `welcome`' \
  'grants: \[bot\]' 'account\.created +observe' 'Lua, in a sandbox'
inspected "$root/examples/karma" 0 'nothing that must be granted' 'in server: user, bot \(GET /v1/karma/' \
  'message\.sending +join' 'points +version 1, key thing'
inspected "$root/plugins/messaging" 1 'personal: of `sender`, when erased: delete' 'no .*/libmessaging\.so: build it'

stamp a
inspected "$place/stamp" 0 '^stamp 1\.2\.3' 'works with +boards' 'note\.filter +filter: .*may change or refuse' \
  'native: trusted code' 'entry: parley_plugin_entry_v1' 'linked to: .*libc\.so'
inspected "$place/stamp/libstamp.so" 0 '^stamp 1\.2\.3'
stamp pinned
inspected "$place/stamp" 0 'cannot be unloaded: it is linked with -z nodelete'

echo 'methods: { stamp.x: { visible: client } }' >>"$place/stamp/plugin.yaml"
inspected "$place/stamp" 1 'plugin\.yaml:[0-9]+:[0-9]+: .*visible'
rm "$place/stamp/plugin.yaml"
inspected "$place/stamp/libstamp.so" 1 'no plugin\.yaml' 'entry: parley_plugin_entry_v1'
echo 'no library' >"$place/stamp/libstamp.so"
inspected "$place/stamp/libstamp.so" 1 'is no shared library: it is not an ELF file'
inspected "$2/bin/parleyd" 1 'entry: none' 'exports no parley_plugin_entry_v1'
inspected "$place/nothing" 1 'there is no '
