#!/usr/bin/env bash
# Every ready configuration is one that parleyd takes, also with everything switched on that is
# commented out as "take the # off".
#   configurations.sh ROOT BUILD
set -euo pipefail
root=$1 build=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
status=0

check() { # FILE
  "$build/bin/parleyd" --check "$1" >"$place/said" 2>&1 || { cat "$place/said"; status=1; }
}

for config in "$root"/config/*.yaml; do
  # The same plugins, of this build.
  sed "s|\.\./build/release/plugins|$build/plugins|; s|\.\./plugins|$root/plugins|" "$config" >"$place/as-it-is.yaml"
  check "$place/as-it-is.yaml"
  sed 's|# word-filter:|word-filter:|' "$place/as-it-is.yaml" >"$place/with-filter.yaml"
  check "$place/with-filter.yaml"
done

# Editors get a schema of it, with what each of its plugins takes.
"$build/bin/parleyd" --schema "$place/with-filter.yaml" >"$place/schema.json"
node -e '
  const { plugins } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).properties;
  if (!plugins.properties["word-filter"].properties.config.properties.words) throw new Error("no configuration of word-filter in the schema");
' "$place/schema.json" || status=1

# And it can refuse.
echo 'unheard_of: 1' >>"$place/as-it-is.yaml"
if "$build/bin/parleyd" --check "$place/as-it-is.yaml" >"$place/said" 2>&1 || ! grep -q unheard_of "$place/said"; then
  echo "parleyd --check took an unknown key, or did not name it:"
  cat "$place/said"
  status=1
fi
exit $status
