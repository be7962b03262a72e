#!/usr/bin/env bash
# Runs the curl commands of README.md, as they stand there, against a server of this build.
#   readme_commands.sh ROOT BUILD
set -euo pipefail
root=$1 build=$2
# shellcheck source=tests/docs/server.sh
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"

start "  storage-sqlite: {}
  auth-password: { grants: [identity] }
  messaging: {}"
block "$root/README.md" "runs these lines" >"$place/commands"
grep -q curl "$place/commands" || { echo "README.md has no marked commands"; exit 1; }
sed -i "s|http://127.0.0.1:8080|$url|" "$place/commands"
bash -euo pipefail "$place/commands" | tee "$place/said"

# It says so twice: the reply to the send, and the history.
[ "$(grep -o '"text":"Hello from curl"' "$place/said" | wc -l)" -eq 2 ] ||
  { echo "README.md's commands did not send and fetch the message"; cat "$place/log"; exit 1; }
