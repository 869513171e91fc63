#!/bin/sh
# Compiles requirements/*.txt: universal, hashed, and without the address of any index.
set -eu
cd "$(dirname "$0")/.."

compile() {
    ${UV:-.venv/bin/uv} pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url "$@" pyproject.toml requirements/build.in
}

compile --output-file requirements/runtime.txt --extra embedded
compile --output-file requirements/dev.txt --extra embedded --group dev --constraint requirements/runtime.txt
# The container image: no servers, but what a security module needs. What is tested is what is shipped.
compile --output-file requirements/image.txt --extra fonts --extra hsm --constraint requirements/dev.txt
