#!/bin/sh
# Looks the stack of deploy/compose.yaml over: each service in a container of its own, which alone sees its secrets,
# whether the service runs or not. Usage: deploy/doctor.sh [--json]. Exit status 1 if anything must be mended.
set -u
cd "$(dirname "$0")" || exit 2

status=0
for service in identity licensing certificates records gateway; do
    docker compose -f compose.yaml run --rm --no-deps -T "$service" onevisit doctor --service "$service" "$@" || status=1
done
exit $status
