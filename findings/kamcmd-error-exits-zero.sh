#!/usr/bin/env bash
# kamcmd (kamailio 5.6.3): an error answer of the server goes to standard output, and the exit status is 0. A script that tests `$?` or pipes
# standard output on takes the error for data; the text must be read.
. "$(dirname "$0")/kamailio-5.6.3.bash"
config
start -m 16 -M 4
status=0
answer=$(rpc no.such.command 2>"$DIR/stderr") || status=$?
holds "standard output" "$answer" "error: 500 - command no.such.command not found"
holds "standard error" "$(cat "$DIR/stderr")" ""
holds "exit status" "$status" 0
