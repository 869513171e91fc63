#!/bin/sh
# Prints every event of these topics, oldest first, then as they happen: one JSON line each. For whoever sits behind a
# firewall, or has no NATS client. Needs sh, sed and curl, nothing else.
#
#   ONEVISIT_TOKEN_COMMAND='.venv/bin/onevisit token --as medical-insurance' \
#       docs/examples/follow.sh cursor.txt 'evt.certificate.issued.household-register-page.33.>'
#
# The cursor is written to the file after each event was printed. Started again it goes on there; killed in between, it
# prints one event again.
set -eu
url=${ONEVISIT_URL:-http://127.0.0.1:8080}
cursor=${1:?usage: follow.sh CURSOR_FILE TOPIC...}
shift
[ $# -gt 0 ] || { echo "usage: follow.sh CURSOR_FILE TOPIC..." >&2 && exit 2; }
for topic; do
    set -- "$@" --data-urlencode "topic=$topic"
    shift
done

new_token() { token=$(sh -c "${ONEVISIT_TOKEN_COMMAND:?must print an access token}"); }

ask() { # the token goes in on standard input: arguments can be seen by every user of a machine
    [ ! -s "$cursor" ] || set -- "$@" --data-urlencode "after=$(cat "$cursor")"
    printf 'header = "Authorization: Bearer %s"\n' "$token" | curl --silent --show-error --get --config - --max-time 40 \
        --write-out '\n%{http_code}' --data limit=1 --data wait=20 "$@" "$url/v1/events"
}

new_token
while :; do
    answer=$(ask "$@") || { sleep 1 && continue; }
    status=$(printf '%s' "$answer" | tail -n 1)
    case $status in
    200) # one event at most, so that no JSON need be taken apart
        printf '%s\n' "$answer" | sed -n 's/^{"items":\[\(..*\)\],"next":.*/\1/p'
        printf '%s\n' "$answer" | sed -n 's/.*\],"next":"\([^"]*\)".*/\1/p' >"$cursor.new"
        mv "$cursor.new" "$cursor"
        ;;
    401) new_token ;;
    429 | 5*) sleep 2 ;;
    *) printf '%s\n' "$answer" >&2 && exit 1 ;;
    esac
done
