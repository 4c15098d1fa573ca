#!/usr/bin/env bash
# Puts jsonata-js 2.0.6 (from npm) into a folder, for the tools here and for tests/differential.rs.
# Usage: tools/fetch.sh FOLDER
set -euo pipefail
folder=${1:?usage: tools/fetch.sh FOLDER}
version=${2:-2.0.6}
mkdir -p "$folder"
[ -f "$folder/package.json" ] || echo '{"private": true}' > "$folder/package.json"
if ! grep -q "\"version\": \"$version\"" "$folder/node_modules/jsonata/package.json" 2> /dev/null; then
    npm install --silent --no-audit --no-fund --save-exact --prefix "$folder" "jsonata@$version"
fi
