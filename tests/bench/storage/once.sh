#!/usr/bin/env bash
# Runs the bench of one driver once, with little in it (what is written to a tmpfs counts as nothing): once.sh BENCH PLUGINS DRIVER [URL-FILE]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" --driver "$3" --plugins "$2" --folder "$folder" ${4:+--url "$(cat "$4")"} --rows 20000 --rounds 1 --json "$folder/figures.json"
node -e '
  const figures = Object.values(JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")));
  if (figures.length < 15 || figures.some((each) => !((each.per_second ?? each) >= 0))) throw new Error("a figure is missing");
' "$folder/figures.json"
