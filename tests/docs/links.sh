#!/usr/bin/env bash
# Every relative link in a Markdown file leads somewhere.
#   links.sh ROOT
set -euo pipefail
cd "$1"
status=0
while IFS= read -r file; do
  while IFS= read -r target; do
    [ -e "$(dirname "$file")/$target" ] || { echo "$file: leads nowhere: $target"; status=1; }
  done < <(grep -oE '\]\([^)#: ]+[)#]' "$file" | sed -E 's/^\]\(//; s/[)#]$//')
done < <(find . \( -name node_modules -o -name build -o -name .git \) -prune -o -name '*.md' -print)
exit $status
