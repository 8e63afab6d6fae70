#!/usr/bin/env bash
# kamailio 5.6.3: where the table of TCP connections (tcp_max_connections) does not fit into the private memory of the TCP main process (-M), that process fails
# after the fork: the log says so, and the main process ends with status 0. A unit with Restart=on-failure does not start it again.
. "$(dirname "$0")/kamailio-5.6.3.bash"
config "tcp_max_connections=240000" "listen=tcp:127.0.0.1:35061"
status=0
timeout 20 "$KAMAILIO" -DD -E -f "$DIR/k.cfg" -Y "$DIR" -P "$DIR/k.pid" -m 64 -M 8 >"$DIR/log" 2>&1 || status=$?
grep -m1 -oE "could not (allocate|initialize)[^.]*|[Mm]emory[^.]*" "$DIR/log" || true
holds "exit status" "$status" 0
