#!/bin/sh
# Makes .venv hold exactly what requirements/<set>.txt pins and hashes, the project itself, and its
# client library.
# Usage: deploy/venv.sh runtime|dev      (PYTHON names the interpreter)
set -eu
cd "$(dirname "$0")/.."

set=$1
python=${PYTHON:-python3}
venv=.venv
everything="import deploy.cli, deploy.serve, deploy.embedded.supervisor, deploy.embedded.prepare, deploy.demo
import gateway.app, identity.app, licensing.app, certificates.app, records.app, rich.live, onevisit_client"

fail() {
    echo "onevisit: $*" >&2
    exit 1
}

fingerprint() {
    # The path is part of it, because the scripts of an environment do not survive a move.
    { cat "requirements/$1.txt" pyproject.toml deploy/client/pyproject.toml && pwd && "$python" --version; } | sha256sum | cut -d ' ' -f 1
}

is_ready() {
    [ "$(cat "$venv/.ready-$1" 2>/dev/null)" = "$(fingerprint "$1")" ] && "$venv/bin/python" -c '' 2>/dev/null
}

install() {
    total=$(grep -c '^[A-Za-z0-9]' "requirements/$set.txt")
    log="$venv/install.log"
    # Everything is pinned, so nothing is left to resolve; every file is checked against its hash.
    { "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-deps --no-compile --require-hashes \
        --requirement "requirements/$set.txt" 2>&1; echo "exit $?"; } |
        while IFS= read -r line; do
            echo "$line" >>"$log"
            case $line in
            Collecting* | "Requirement already"*)
                count=$((${count:-0} + 1))
                [ -t 1 ] && printf '\ronevisit: %s of %s packages ' "$count" "$total"
                ;;
            esac
        done
    [ -t 1 ] && echo
    [ "$(tail -n 1 "$log")" = "exit 0" ] || fail "the packages could not be installed: $(grep -i error "$log" | head -n 1) (see $log)"
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --quiet --no-deps --no-build-isolation \
        --editable . --editable deploy/client >>"$log" 2>&1 || fail "the project could not be installed; see $log"
    # Compiles what the platform imports, and no more: compiling every package takes five times as long.
    PYTHONDONTWRITEBYTECODE='' "$venv/bin/python" -c "$everything" >>"$log" 2>&1 || true
}

command -v "$python" >/dev/null 2>&1 ||
    fail "$python is missing; install it, on Debian or Ubuntu with: apt-get install python3 python3-venv"
is_ready "$set" && exit 0
[ "$set" = runtime ] && is_ready dev && exit 0
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed, $python is $("$python" --version); name another with: make PYTHON=python3.12 ..."
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "python3-venv is missing; install it, on Debian or Ubuntu with: apt-get install python3-venv"

if [ -e "$venv/.unfinished" ] || { [ -e "$venv" ] && ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
    echo "onevisit: an earlier set-up did not finish or no longer works; making $venv again"
    rm -rf "$venv"
fi
echo "onevisit: setting up $venv ($set)"
mkdir -p "$venv"
: >"$venv/.unfinished"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv" || fail "$venv could not be made; see above"
rm -f "$venv"/.ready-*
install
fingerprint "$set" >"$venv/.ready-$set"
rm "$venv/.unfinished"
