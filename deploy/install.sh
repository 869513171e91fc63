#!/bin/sh
# Installs the platform from the folder that this lies in, without any network.
# Usage: sh install.sh DIRECTORY      (PYTHON names the interpreter; nothing may be in DIRECTORY)
# Then, in DIRECTORY: make up, or docker compose -f deploy/compose.yaml up --wait.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}

fail() {
    echo "onevisit: $*" >&2
    exit 1
}

[ $# -eq 1 ] || fail "name the directory to install into: sh install.sh /opt/onevisit"
command -v "$python" >/dev/null 2>&1 || fail "$python is missing; install Python $(cut -d ' ' -f 2 "$here/FOR") with venv"

echo "onevisit: comparing with SHA256SUMS"
cd "$here"
# What is there and not listed would be installed unchecked.
listed=$(cut -c 67- SHA256SUMS | LC_ALL=C sort)
found=$(find . -type f ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort)
[ "$listed" = "$found" ] || fail "the bundle has files that SHA256SUMS does not list, or lacks some; get it again"
sha256sum --check --quiet --strict SHA256SUMS || fail "the bundle is damaged; get it again"

mine=$("$python" -c 'import platform
print(platform.machine(), "%s.%s" % tuple(platform.python_version_tuple()[:2]))')
[ "$mine" = "$(cat FOR)" ] || fail "this bundle is for $(cat FOR), and here is $mine; name another Python with PYTHON=, or make a bundle here"

mkdir -p "$1"
[ -z "$(ls -A "$1")" ] || fail "$1 is not empty; an upgrade goes into a directory of its own, beside the data"
tar -xzf source.tar.gz -C "$1"
# The same set-up as with a network, and the same hashes; only where the packages come from is another place.
PYTHON="$python" PIP_NO_INDEX=1 PIP_FIND_LINKS="$here/wheels" PIP_CONFIG_FILE=/dev/null sh "$1/deploy/venv.sh" runtime

if ls images/*.tar >/dev/null 2>&1; then
    if docker info >/dev/null 2>&1; then
        for image in images/*.tar; do docker load --quiet --input "$image"; done
    else
        echo "onevisit: no container engine answers; load the images later: docker load --input images/..."
    fi
fi
echo "onevisit: installed in $1; try: cd $1 && make demo"
