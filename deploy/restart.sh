#!/bin/sh
# Replaces services in containers while everybody is served: another is started beside each, of the image and with the
# settings of now; when it is healthy, the old one is told to stop, and finishes what it answers.
# Usage: deploy/restart.sh [SERVICE...]     all five without a name
# ONEVISIT_COMPOSE is the command that speaks to the stack: the files laid over it, or deploy/cluster/cluster.sh.
set -eu
cd "$(dirname "$0")/.."
: "${ONEVISIT_COMPOSE:=docker compose -f deploy/compose.yaml}" "${ONEVISIT_PATIENCE:=180}"
[ $# -gt 0 ] || set -- records certificates licensing identity gateway

say() {
    echo "restart: $*" >&2
}

# One more of a service than there were; what does not get healthy is taken away again, and the old ones stay.
one_more() {
    # shellcheck disable=SC2086 - several words
    if $ONEVISIT_COMPOSE up --detach --wait --wait-timeout "$ONEVISIT_PATIENCE" --quiet-pull --no-deps --no-recreate \
        --scale "$1=$2" "$1" >/dev/null 2>&1; then
        return 0
    fi
    for each in $($ONEVISIT_COMPOSE ps --all --quiet "$1"); do
        case $3 in *"$each"*) continue ;; esac
        why=$(docker logs --tail 1 "$each" 2>&1)
        docker rm --force "$each" >/dev/null
    done
    say "$1 was not replaced, its new container did not get healthy: ${why:-it did not start}"
    return 1
}

for service in "$@"; do
    case $service in
    records | certificates | licensing | identity | gateway) ;;
    *) say "no service is called $service; there are: records certificates licensing identity gateway"; exit 1 ;;
    esac
    # shellcheck disable=SC2086 - several words
    old=$($ONEVISIT_COMPOSE ps --quiet "$service")
    [ -n "$old" ] || { say "$service does not run; start the stack first"; exit 1; }
    count=$(echo "$old" | wc -l)
    for container in $old; do
        kept=$($ONEVISIT_COMPOSE ps --all --quiet "$service")
        one_more "$service" $((count + 1)) "$kept"
        docker stop "$container" >/dev/null
        docker rm "$container" >/dev/null
    done
    echo "$service"
done
