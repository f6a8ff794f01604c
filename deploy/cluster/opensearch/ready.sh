#!/bin/sh
# Whether this node counts as ready. After its start: once every index has all its copies, so that a rolling restart waits with the
# next node. From then on: while it answers. A sound node must not leave because another one is gone.
set -eu
seen=/tmp/was-green

ask() {
    # the password goes through a pipe: arguments can be read by others
    printf 'user = "%s:%s"\n' "$KB_SEARCH_USER" "$KB_SEARCH_PASSWORD" |
        curl --silent --fail --max-time 4 --cacert config/certificates/ca.crt --config - "https://localhost:9200$1"
}

if [ ! -e "$seen" ]; then
    ask /_cluster/health | grep -q '"status":"green"'
    touch "$seen"
fi
ask / >/dev/null
