#!/usr/bin/env bash
# kamailio 5.6.3: `--log-engine=json:N` parts the records on standard error by nothing at all; what else is printed there is glued to the last one. A reader by
# lines sees one line that never ends.
. "$(dirname "$0")/kamailio-5.6.3.bash"
config
"$KAMAILIO" --log-engine=json:N -E -c -f "$DIR/k.cfg" 2>"$DIR/log" >/dev/null || true
holds "records glued to one another or to other text" "$(grep -cE '\}(\{|[a-z])' "$DIR/log" | awk '{ print ($1 > 0) ? "yes" : "no" }')" yes
