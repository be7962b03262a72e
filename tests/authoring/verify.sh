#!/usr/bin/env bash
# `parleyctl plugin verify`: passes plugins that are well, and names what is wrong with others.
#   verify.sh ROOT BUILD
set -euo pipefail
root=$1 build=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# shellcheck source=tests/authoring/said.sh
source "$(dirname "${BASH_SOURCE[0]}")/said.sh"
verified() { said verify "$@"; }

verified "$root/examples/karma" 0 'passed +answers +1 of its 1 methods' 'passed +upgrades +50 times' \
  'passed +commit-conflict +at [1-9]' 'passed +restart +at [1-9]' ', 0 failed$'
verified "$build/plugins/storage-memory" 0 'passed +can be unloaded' 'passed +put_replaces_the_whole_row' ', 0 failed$'

# A plugin in Lua with BODY as its only method.
broken() { # NAME BODY
  mkdir -p "$place/$1"
  printf 'plugin: %s\nversion: 1.0.0\nsummary: Is not well.\nruntime: lua\nmethods: { %s.go: { result: { type: object, required: [done], properties: { done: { type: boolean } } } } }\n' \
    "$1" "$1" >"$place/$1/plugin.yaml"
  printf 'local plugin = require "parley".plugin()\nfunction plugin.methods.%s.go(call, params)\n%s\nend\nreturn plugin\n' "$1" "$2" \
    >"$place/$1/init.lua"
}
broken faulty 'error("no")'
verified "$place/faulty" 1 'FAILED +answers +faulty\.go broke with \{\}'
broken endless 'while true do end'
verified "$place/endless" 1 'FAILED +answers '
broken unread 'return { done = true'
verified "$place/unread" 1 'FAILED +starts and stops +.*init\.lua:4'
mkdir "$place/empty"
verified "$place/empty" 1 'FAILED +what lies there +there is no plugin\.yaml'
