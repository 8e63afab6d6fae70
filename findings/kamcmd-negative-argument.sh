#!/usr/bin/env bash
# kamcmd (kamailio 5.6.3) takes a negative number for an option of its own: `cfg.set_now_int core memlog -1` changes nothing and ends with 255.
# With `--` before the command it is sent. memlog=-1 is a usual way to get memory dumps into the log.
. "$(dirname "$0")/kamailio-5.6.3.bash"
config "memlog=3"
start -m 16 -M 4
status=0
rpc cfg.set_now_int core memlog -1 >/dev/null 2>&1 || status=$?
holds "exit status without --" "$status" 255
holds "memlog after it" "$(rpc cfg.get core memlog)" 3
rpc -- cfg.set_now_int core memlog -1
holds "memlog after the same with --" "$(rpc cfg.get core memlog)" -1
