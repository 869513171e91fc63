#!/bin/sh
# Shows docs/asyncapi.json, or the document named, to the public AsyncAPI parser, which is set up on first use.
set -eu
cd "$(dirname "$0")/../../.."

document=${1:-docs/asyncapi.json}
source=tests/contracts/npm
tool=.venv/npm/asyncapi

if ! command -v npm >/dev/null 2>&1; then
    echo "npm is missing, so the AsyncAPI parser did not see $document"
    exit 0
fi
wanted=$(cat "$source/package-lock.json" "$source/check.mjs" | sha256sum)
if [ "$(cat "$tool/.ready" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$tool"
    mkdir -p "$tool"
    cp "$source/package.json" "$source/package-lock.json" "$source/check.mjs" "$tool"
    # The lock file names no registry but the hash of every package.
    npm ci --prefix "$tool" --ignore-scripts --no-audit --no-fund --loglevel=error >"$tool/install.log" 2>&1 || {
        echo "the AsyncAPI parser could not be installed: $(tail -n 1 "$tool/install.log") (see $tool/install.log)" >&2
        exit 1
    }
    echo "$wanted" >"$tool/.ready"
fi
node "$tool/check.mjs" "$document"
