#!/usr/bin/env bash
# The plugins of docs/plugins/jobs.md, as they stand there: the one in C++ built as a stranger would, the one in Lua by its
# tests too; and what an operator does with dead letters.
#   jobs.sh ROOT BUILD CXX
set -euo pipefail
root=$1 build=$2 cxx=$3
page=$root/docs/plugins/jobs.md
# shellcheck source=tests/docs/server.sh
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
# shellcheck source=tests/docs/plugin.sh
source "$(dirname "${BASH_SOURCE[0]}")/plugin.sh"

jobs() { # ARGUMENT…: parleyctl's answer
  "$build/bin/parleyctl" jobs "$@" "$place/parley.yaml"
}

until_said() { # WANTED CURL-ARGUMENT…: asks until that is the answer; the test's own deadline ends it
  local wanted=$1
  shift
  until [ "$(curl -sS "$@")" = "$wanted" ]; do :; done
}

take parcels plugin.yaml src/parcels.cpp
echo 'parley_add_plugin(parcels)' >"$place/plugins/parcels/CMakeLists.txt"
compile parcels
take alarms plugin.yaml init.lua tests/alarms_test.lua
"$build/bin/parleyctl" plugin test "$place/plugins/alarms"

start "  storage-sqlite: {}
  parcels: {}
  alarms: {}"
json=(-H "Content-Type: application/json")
expect null -X PUT "$url/v1/parcels/1" "${json[@]}" -d '{"to":"Ada"}'
until_said '{"where":"delivered"}' "$url/v1/parcels/1"
expect null -X PUT "$url/v1/alarms/a" "${json[@]}" -d '{"in_ms":100}'
until_said '{"times":1}' "$url/v1/alarms/a"
[[ "$(jobs list)" == *alarms.tidy@cron* ]]

# Nobody lives there: a dead letter, requeued, dead again, and dropped.
expect null -X PUT "$url/v1/parcels/2" "${json[@]}" -d '{"to":"nowhere"}'
until [[ "$(jobs list --dead)" == *"no_such_address: Nobody lives there."* ]]; do :; done
id=$(jobs list --dead | awk '/parcels.deliver/ { print $1 }')
[ "$(jobs requeue "$id")" = "1 requeued" ]
until [[ "$(jobs list --dead)" == *"$id"* ]]; do :; done
[ "$(jobs requeue --all parcels.deliver)" = "1 requeued" ]
until [[ "$(jobs list --dead)" == *"$id"* ]]; do :; done
[ "$(jobs drop "$id")" = "1 dropped" ]
[[ "$(jobs list --dead)" != *"$id"* ]]
said=$(jobs requeue "$id" 2>&1) && { echo "it requeued what is not there"; exit 1; }
[ "$said" = "there is no job $id" ]
[[ "$(curl -sS "$url/metrics")" == *'parley_jobs_dead_total{job="parcels.deliver"} 3'* ]]
