#!/bin/sh
# Compiles requirements/*.txt: universal, hashed, and without the address of any index.
set -eu
cd "$(dirname "$0")/.."

compile() {
    ${UV:-.venv/bin/uv} pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url "$@" pyproject.toml requirements/build.in --extra embedded
}

compile --output-file requirements/runtime.txt
compile --output-file requirements/dev.txt --group dev --constraint requirements/runtime.txt
