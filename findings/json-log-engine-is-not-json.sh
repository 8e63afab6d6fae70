#!/usr/bin/env bash
# kamailio 5.6.3: with `--log-engine=json:aM` (a without c: the attributes as one object of their own) the lines on standard error are no valid JSON:
# a quote too many stands behind the name of the function. A shipper that parses JSON drops every line.
. "$(dirname "$0")/kamailio-5.6.3.bash"
config
"$KAMAILIO" --log-engine=json:aM -E -c -f "$DIR/k.cfg" 2>"$DIR/log" >/dev/null || true
line=$(grep -m1 '^{' "$DIR/log")
printf '%s\n' "$line" | cut -c1-400
holds "parses as JSON" "$(printf '%s' "$line" | python3 -c 'import json,sys
try: json.load(sys.stdin); print("yes")
except ValueError: print("no")')" no
