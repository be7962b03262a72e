#!/usr/bin/env bash
# The programs of docs/clients.md and of sdk/js/README.md, as they stand there, with the package of this build: those in
# TypeScript are compiled, the others run against a server.
#   clients.sh ROOT BUILD
set -euo pipefail
root=$1 build=$2
page=$root/docs/clients.md
# shellcheck source=tests/docs/server.sh
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"

project=$place/project
mkdir -p "$project/node_modules/@parley"
ln -s "$build/installed/share/parley/js-client" "$project/node_modules/@parley/client"
ln -s "$root/tests/e2e/node_modules/ws" "$project/node_modules/ws"
echo '{"type": "module"}' >"$project/package.json"
cp "$root/sdk/tests/garden/expected/garden.ts" "$project/garden.ts"
cd "$project"
for file in first.mjs bot.mjs view.ts notes.ts; do
  block "$page" "clients/$file" >"$file"
  [ -s "$file" ] || { echo "$page has no clients/$file"; exit 1; }
done
awk '/^```ts/ { inside = 1; next } /^```/ { inside = 0 } inside' "$root/sdk/js/README.md" >readme.ts
node "$build/js-client/node_modules/typescript/bin/tsc" --noEmit --strict --target es2022 --lib es2022,dom \
  --module nodenext --moduleResolution nodenext view.ts notes.ts readme.ts

start "  storage-sqlite: {}
  auth-password: { grants: [identity], config: { argon2_memory_mib: 8, argon2_passes: 1 } }
  messaging: {}"
for name in ada bot; do
  curl -fsS "$url/v1/auth/register" -H 'Content-Type: application/json' -d "{\"name\": \"$name\", \"password\": \"correct horse\"}" >/dev/null
done

# The bot is killed when it has answered once, and started again: it answers each message once.
said=$place/said bot='' ada=''
talk() { # the two of them
  node bot.mjs "$url" bot 'correct horse' "$place/cursors" & bot=$!
  node first.mjs "$url" ada 'correct horse' bot >>"$said" & ada=$!
}
stop() { # PID
  if [ -n "$1" ] && kill -9 "$1" 2>/dev/null; then wait "$1" 2>/dev/null || true; fi
}
trap 'stop "$bot"; stop "$ada"; finish' EXIT
heard() { # TIMES: so often the bot's answer stands in what ada heard
  until [ "$(grep -c '^You said: Hello from the client$' "$said")" -ge "$1" ]; do
    if ! kill -0 "$bot" || ! kill -0 "$server"; then cat "$said" "$place/log"; exit 1; fi
  done
}
: >"$said"
talk
heard 1
stop "$bot"
stop "$ada"
rm -f "$place/cursors" # the worst: it has forgotten where it was, and begins anew
talk
heard 2
token=$(curl -fsS "$url/v1/auth/login" -H 'Content-Type: application/json' -d '{"login": "ada", "password": "correct horse"}' |
  sed -E 's/.*"access_token":"([^"]*)".*/\1/')
conversation=$(curl -fsS "$url/v1/conversations" -H "Authorization: Bearer $token" | sed -E 's/.*"id":"([^"]*)".*/\1/')
answers=$(curl -fsS "$url/v1/conversations/$conversation/messages" -H "Authorization: Bearer $token" | grep -o '"text":"You said' | wc -l)
[ "$answers" -eq 2 ] || { echo "the bot answered two messages $answers times"; exit 1; }
