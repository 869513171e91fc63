#!/bin/sh
# The cluster on this one machine: deploy/cluster/cluster.sh up --wait | ps | down --volumes | ANYTHING THAT docker compose UNDERSTANDS
set -eu
cd "$(dirname "$0")/.."
: "${COMPOSE_PROJECT_NAME:=onevisit-cluster}" "${ONEVISIT_LISTEN:=127.0.0.1:8443}"
export COMPOSE_PROJECT_NAME ONEVISIT_LISTEN DOCKER_BUILDKIT=1
: "${ONEVISIT_ISSUER:=https://localhost:${ONEVISIT_LISTEN##*:}}"
export ONEVISIT_ISSUER
exec docker compose --env-file cluster/cluster.env -f compose.yaml -f cluster/servers.yaml -f cluster/compose.yaml \
    ${ONEVISIT_CLUSTER_FILES:-} "$@"
