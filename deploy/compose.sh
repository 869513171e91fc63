#!/bin/sh
# The stack of deploy/compose.yaml with the demonstration's people, on this machine's loopback.
# Usage: deploy/compose.sh build | up [OPTIONS SERVICE] | keys DIRECTORY | down | ANYTHING THAT docker compose UNDERSTANDS
set -eu
cd "$(dirname "$0")"

# Address space of its own: a real deployment on the same machine is not touched.
: "${COMPOSE_PROJECT_NAME:=onevisit-demo}" "${ONEVISIT_LISTEN:=127.0.0.1:8443}" "${ONEVISIT_BUS_LISTEN:=127.0.0.1:4222}"
export COMPOSE_PROJECT_NAME ONEVISIT_LISTEN ONEVISIT_BUS_LISTEN
export ONEVISIT_ISSUER="https://localhost:${ONEVISIT_LISTEN##*:}" ONEVISIT_NATS_PUBLIC_URL="tls://localhost:${ONEVISIT_BUS_LISTEN##*:}"
export DOCKER_BUILDKIT=1
# What is laid over the stack, where it is not the demonstration: a backup and its restoring, for instance.
: "${ONEVISIT_COMPOSE_FILES:=-f compose.bus.yaml -f compose.demo.yaml}"

compose() {
    # shellcheck disable=SC2086 - several words
    docker compose -f compose.yaml $ONEVISIT_COMPOSE_FILES "$@"
}

case ${1:-} in
build)
    compose build --quiet secrets
    ;;
up)
    shift
    compose up --wait --quiet-pull "$@" ||
        { compose ps -a; compose logs --tail 20; exit 1; }
    ;;
keys)
    # What the fictional people and offices hold, and whom a client trusts.
    mkdir -p -m 700 "$2"
    compose cp visitors:/var/lib/onevisit/visitors/keys "$2/" >/dev/null 2>&1
    compose cp gateway:/run/secrets/trust.pem "$2/trust.pem" >/dev/null 2>&1
    ../.venv/bin/onevisit secrets reach "$ONEVISIT_ISSUER" --data-dir "$2"
    ;;
down)
    compose down --volumes --timeout 20
    ;;
*)
    compose "$@"
    ;;
esac
