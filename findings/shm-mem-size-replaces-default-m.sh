#!/usr/bin/env bash
# kamailio 5.6.3: `shm_mem_size` in the configuration replaces `-m` where -m equals the default that was compiled in (64 in Debian's package), though
# the command line wins otherwise. A server started with `-m 64` runs with what the file says.
. "$(dirname "$0")/kamailio-5.6.3.bash"
total() { rpc core.shmmem | sed -n 's/^\ttotal: //p'; }
config "shm_mem_size=32"
start -m 64 -M 4
holds "-m 64 and shm_mem_size=32" "$(total)" $((32 * 1048576))
kill %1 && wait %1 || true
rm -f "$DIR/ctl.sock"
start -m 65 -M 4
holds "-m 65 and shm_mem_size=32" "$(total)" $((65 * 1048576))
