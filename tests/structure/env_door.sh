#!/usr/bin/env bash
# kernel/env is the one door to clock, timers, randomness and threads: a whole server can then run
# under a virtual clock and a seed. Tests may start threads of their own, but never wait for time.
#   env_door.sh ROOT
set -euo pipefail
cd "$1"

time_and_chance=(
  '_clock::now' 'clock_gettime' 'gettimeofday' 'timespec_get' 'timerfd_'
  '(^|[^a-zA-Z0-9_.>])time\((nullptr|NULL|0|&)'
  '(steady|system|high_resolution|deadline|waitable)_timer'
  'sleep_for' 'sleep_until' '(^|[^a-zA-Z0-9_])(u|nano)?sleep\('
  'random_device' 'getrandom' 'getentropy' 'arc4random' 'randombytes' 'RAND_(priv_)?bytes'
  '(^|[^a-zA-Z0-9_])s?rand(om)?_?r?\(\)' '[dl]rand48' 'uuid_generate' '/dev/u?random'
)
threads=('std::j?thread([^_]|$)' 'std::async' 'pthread_create' 'thread_pool' 'std::this_thread')

join() { local IFS='|'; echo "$*"; }

# Prints file:line:text of code (comments taken off) that matches.
look() { # PATTERN FIND-ARGUMENT…
  local pattern=$1 file
  shift
  find kernel -path kernel/env -prune -o -type f \( -name '*.cpp' -o -name '*.hpp' \) "$@" -print |
    while read -r file; do
      sed -E 's@//.*@@' "$file" | { grep -nE "$pattern" || true; } | sed "s|^|$file:|"
    done
}

# The one thread that is not env's: spdlog's, which writes log lines. Nothing waits for it, and nothing
# that the server does depends on it.
found=$(
  look "$(join "${time_and_chance[@]}")"
  look "$(join "${threads[@]}")" ! -name '*_test.cpp' ! -name '*_fixture.hpp' ! -path kernel/observe/log.cpp
)
if [ -n "$found" ]; then
  printf '%s\n' "$found" "Take it from kernel/env (clock, random, loop, workers)." >&2
  exit 1
fi
