#!/usr/bin/env bash
# kamailio 5.6.3: `core.shmmem m` and `core.shmmem g` cut each figure down to whole units and do not print the unit: a pool of 16 MB reads 0 in
# gigabytes, and one with 600 KB in use reads 0 in megabytes. The answer looks like that of `core.shmmem`, in bytes.
. "$(dirname "$0")/kamailio-5.6.3.bash"
config
start -m 16 -M 4
field() { rpc core.shmmem "$1" | sed -n "s/^\t$2: //p"; }
holds "total in m" "$(field m total)" 16
holds "used in m" "$(field m used)" 0
holds "total in g" "$(field g total)" 0
