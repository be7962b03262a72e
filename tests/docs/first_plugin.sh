#!/usr/bin/env bash
# The first plugins of docs/plugins/first-plugin.md, as they stand there: the one in C++ built as a stranger would, both
# loaded and asked.
#   first_plugin.sh ROOT BUILD CXX
set -euo pipefail
root=$1 build=$2 cxx=$3
page=$root/docs/plugins/first-plugin.md
# shellcheck source=tests/docs/server.sh
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
# shellcheck source=tests/docs/plugin.sh
source "$(dirname "${BASH_SOURCE[0]}")/plugin.sh"

take hello plugin.yaml init.lua
take counter plugin.yaml CMakeLists.txt src/counter.cpp
compile counter
start "  storage-sqlite: {}
  hello: { config: { greeting: Good morning } }
  counter: {}"
expect '{"text":"Good morning, Ada!"}' "$url/v1/hello/Ada"
expect '{"name":"sheep","count":1}' -X POST "$url/v1/counters/sheep"
expect '{"name":"sheep","count":2}' -X POST "$url/v1/counters/sheep"
