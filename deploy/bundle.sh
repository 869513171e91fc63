#!/bin/sh
# Makes a folder from which the platform is installed where there is no network: the source as committed, every package
# that requirements/runtime.txt pins, the catalogue, the images of deploy/compose.yaml if an engine answers, checksums.
# Usage: deploy/bundle.sh FOLDER      (after deploy/venv.sh; for this machine's kind of processor and Python)
set -eu
cd "$(dirname "$0")/.."

bundle=$1
python=.venv/bin/python
IMAGES=${BUNDLE_IMAGES:-onevisit:latest postgres:18 nats:2.12-alpine nginx:1.28}

fail() {
    echo "onevisit: $*" >&2
    exit 1
}

[ ! -e "$bundle" ] || [ -z "$(ls -A "$bundle")" ] || fail "$bundle is not empty; name another folder"
git diff --quiet HEAD -- || echo "onevisit: some files differ from what is committed; the bundle holds what is committed"
mkdir -p "$bundle/wheels" "$bundle/images"

git archive --format=tar.gz --output "$bundle/source.tar.gz" HEAD
cp -R licensing/catalogue/data "$bundle/catalogue"
cp deploy/install.sh "$bundle/install.sh"

# Every file is checked against its hash. What comes as source is built here: the other side has no compiler.
"$python" -m pip wheel --disable-pip-version-check --no-input --quiet --no-deps --require-hashes \
    --wheel-dir "$bundle/wheels" --requirement requirements/runtime.txt || fail "some packages cannot be had; see above"

if docker info >/dev/null 2>&1; then
    for image in $IMAGES; do
        if docker image inspect "$image" >/dev/null 2>&1; then
            docker save --output "$bundle/images/$(echo "$image" | tr ':/' '__').tar" "$image"
        else
            echo "onevisit: no image $image on this machine; left out (docker pull it, or make compose-demo)"
        fi
    done
else
    echo "onevisit: no container engine answers; the bundle has no images"
fi

"$python" -c 'import platform, sysconfig
print(platform.machine(), "%s.%s" % tuple(platform.python_version_tuple()[:2]))' >"$bundle/FOR"
git rev-parse HEAD >"$bundle/REVISION"
(
    cd "$bundle"
    find . -type f ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort | tr '\n' '\0' | xargs -0 sha256sum >SHA256SUMS
)
echo "onevisit: $bundle holds $(find "$bundle/wheels" -type f | wc -l) packages and $(find "$bundle/images" -type f | wc -l) images," \
    "$(du -sm "$bundle" | cut -f 1) MB; on the other side: sh install.sh DIRECTORY"
