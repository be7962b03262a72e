#!/usr/bin/env bash
# The plugin of docs/plugins/testing.md and its tests, as they stand there: in Lua by the parleyctl that is installed, in
# C++ built as a stranger would. The faults in the page's table are those that there are.
#   testing.sh ROOT BUILD CXX
set -euo pipefail
root=$1 build=$2 cxx=$3
page=$root/docs/plugins/testing.md
# shellcheck source=tests/docs/server.sh
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
# shellcheck source=tests/docs/plugin.sh
source "$(dirname "${BASH_SOURCE[0]}")/plugin.sh"

take notes plugin.yaml init.lua tests/notes_test.lua tests/notes_test.cpp
"$build/installed/bin/parleyctl" plugin test "$place/plugins/notes" >"$place/said" || { cat "$place/said"; exit 1; }
grep -qx '2 tests, 0 failed' "$place/said" || { cat "$place/said"; exit 1; }

cat >"$place/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(notes LANGUAGES C CXX)
find_package(Parley 0.1 REQUIRED)
find_package(GTest REQUIRED)
add_executable(notes-test plugins/notes/tests/notes_test.cpp)
target_compile_features(notes-test PRIVATE cxx_std_20)
target_compile_definitions(notes-test PRIVATE PARLEY_UNDER_TEST="$place/plugins/notes")
target_link_libraries(notes-test PRIVATE Parley::test GTest::gtest_main)
END
{
  cmake -S "$place" -B "$place/build" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$build/installed" &&
    cmake --build "$place/build" && "$place/build/notes-test"
} >"$place/said" 2>&1 || { cat "$place/said"; exit 1; }

# What breaks the plugin breaks the test, with the place and what was said.
sed -i 's/text = params.text/text = "other"/' "$place/plugins/notes/init.lua"
! "$build/installed/bin/parleyctl" plugin test "$place/plugins/notes" >"$place/said" || exit 1
for part in 'notes_test.lua:10: note.added should have text "buy milk", and it is "other"' 'alice → notes.add' 'PARLEY_SEED=1'; do
  grep -qF "$part" "$place/said" || { echo "it does not say: $part"; cat "$place/said"; exit 1; }
done
# shellcheck disable=SC2016 # the backquotes are Markdown's
comm -3 <(sed -n 's/^      {"\([a-z-]*\)",.*/\1/p' "$root/kernel/testing/faults.cpp" | sort) \
  <(sed -n '/^## Faults/,/^## Storage/s/^| \(`.*`\) |.*/\1/p' "$page" | grep -oE '[a-z]+(-[a-z]+)*' | sort) >"$place/said"
[ ! -s "$place/said" ] || { echo "these faults are not in both:"; cat "$place/said"; exit 1; }
