#!/usr/bin/env bash
# A check that cannot fail checks nothing: each is run on a clean tree, where it must pass, and on a
# tree with one breach, where it must not.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

fresh() {
  rm -rf "${tree:?}"/*
  mkdir -p "$tree"/kernel/{env,net} "$tree"/sdk/include/parley "$tree"/lua "$tree"/plugins/{one,two}/{src,tests}
  touch "$tree"/plugins/{one,two}/{plugin.yaml,README.md}
  echo 'auto now = std::chrono::steady_clock::now();' >"$tree/kernel/env/clock.cpp"
  printf '%s\n' '#include "env/env.hpp"' '// a WebSocket message, a group commit' 'std::thread::id id; // sleep(1)' \
    'int prototyping; std::string message; auto x = error.message; if_message_idle(); ' >"$tree/kernel/net/frame.cpp"
  sed -i 's/std::thread::id id;//' "$tree/kernel/net/frame.cpp"
  touch "$tree/kernel/env/env.hpp" "$tree/kernel/net/frame.hpp" "$tree/sdk/include/parley/abi.h"
  echo 'parley_library(net)' >"$tree/kernel/net/CMakeLists.txt"
  printf '%s\n' '#include "parley/abi.h"' '#include "part.hpp"' '#include <string>' >"$tree/plugins/one/src/one.cpp"
  touch "$tree/lua/vm.hpp"
  echo '#include <parley/abi.h>' >"$tree/plugins/one/tests/one_test.cpp"
  touch "$tree/plugins/one/src/part.hpp" "$tree/plugins/two/src/two.hpp"
  echo 'target_link_libraries(one PRIVATE parley-sdk)' >"$tree/plugins/one/CMakeLists.txt"
  echo '{"packages": {"node_modules/a": {"engines": {"node": "^14.18 || >=16"}}}}' >"$tree/package-lock.json"
}

run() { # CHECK
  case $1 in *.mjs) node "$here/$1" "$tree" ;; *) bash "$here/$1" "$tree" ;; esac >"$tree/said" 2>&1
}

passes() { # CHECK
  fresh
  run "$1" || { echo "$1 complains of a clean tree:"; cat "$tree/said"; failures=1; }
}

refuses() { # CHECK FILE LINE
  fresh
  mkdir -p "$(dirname "$tree/$2")"
  printf '%s\n' "$3" >>"$tree/$2"
  if run "$1"; then echo "$1 lets pass in $2: $3"; failures=1; fi
}

passes chat_words.sh
for line in 'struct conversation;' 'int Reaction;' '"emoji"' 'mentions' 'bool isTyping;' 'typing_timeout' 'chat_room' \
  'ChatRoom' 'groupChat' 'group_chat' 'direct_message' 'direct message' 'message_id' 'messageId' 'MESSAGE_ID' \
  'message id' 'channel_id' 'channelIds'; do
  refuses chat_words.sh kernel/net/frame.hpp "$line"
done
refuses chat_words.sh kernel/net/chat_room.hpp ''

passes includes.sh
refuses includes.sh plugins/one/src/one.cpp '#include "net/frame.hpp"'
refuses includes.sh plugins/one/src/one.cpp '#include <kernel/net/frame.hpp>'
refuses includes.sh plugins/one/src/one.cpp '#include "../../../kernel/net/frame.hpp"'
refuses includes.sh plugins/one/src/one.cpp '#include "../../two/src/two.hpp"'
refuses includes.sh plugins/one/src/one.cpp '#include "src/two.hpp"'
refuses includes.sh plugins/one/tests/one_test.cpp '#include "lua/vm.hpp"'
refuses includes.sh plugins/one/CMakeLists.txt 'target_link_libraries(one PRIVATE parley-net)'
refuses includes.sh kernel/net/frame.cpp '#include "plugins/one/src/part.hpp"'
refuses includes.sh kernel/net/frame.cpp '#include "../../plugins/one/src/part.hpp"'
refuses includes.sh sdk/include/parley/abi.h '#include "env/env.hpp"'
refuses includes.sh sdk/include/parley/abi.h '#include "../../../plugins/one/src/part.hpp"'
refuses includes.sh lua/state.cpp '#include "net/frame.hpp"'

passes env_door.sh
for line in 'auto t = std::chrono::system_clock::now();' 'std::jthread worker;' 'std::thread worker(run);' 'std::async(run);' \
  'std::random_device d;' 'getrandom(p, n, 0);' 'randombytes_buf(p, n);' 'arc4random();' 'int r = rand();' \
  'asio::steady_timer t;' 'std::this_thread::sleep_for(1ms);' 'usleep(1);' 'time(nullptr);' 'RAND_bytes(p, n);'; do
  refuses env_door.sh kernel/net/frame.cpp "$line"
done
refuses env_door.sh kernel/net/frame_test.cpp 'std::this_thread::sleep_for(1ms);'

passes plugin_folders.sh
fresh
rm "$tree/plugins/two/README.md"
if run plugin_folders.sh; then echo "plugin_folders.sh misses a README.md"; failures=1; fi

passes locks.mjs
refuses locks.mjs a/package-lock.json '{"packages": {"node_modules/a": {"engines": {"node": ">=20"}}}}'
refuses locks.mjs a/package-lock.json '{"packages": {"node_modules/a": {"engines": {"node": "^20.19.0 || >=22.12.0"}}}}'
refuses locks.mjs a/package-lock.json '{"packages": {"node_modules/a": {"resolved": "https://registry.example/a/-/a-1.0.0.tgz"}}}'
exit $failures
