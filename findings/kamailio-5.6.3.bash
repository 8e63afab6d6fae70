# What the findings about Kamailio share: Debian's kamailio 5.6.3-2 unpacked in a temp folder, a server on loopback, and kamcmd to it.
# Sourced, not run. Needs apt-get and dpkg; leaves nothing behind.
set -euo pipefail
VERSION=5.6.3-2
DIR=$(mktemp -d)
trap 'status=$?; jobs -p | xargs -r kill 2>/dev/null || true; wait || true; rm -rf "$DIR"; exit $status' EXIT
(cd "$DIR" && apt-get download -qq "kamailio=$VERSION" libreadline8 libpcre3 2>/dev/null && for deb in *.deb; do dpkg -x "$deb" root; done)
export LD_LIBRARY_PATH=$DIR/root/usr/lib/x86_64-linux-gnu:$DIR/root/lib/x86_64-linux-gnu
KAMAILIO=$DIR/root/usr/sbin/kamailio
"$KAMAILIO" -v | head -1

# config LINE...: a configuration with those lines and the modules for RPC
config() {
  {
    printf '#!KAMAILIO\ndebug=2\nlog_stderror=yes\nchildren=1\nauto_aliases=no\nlisten=udp:127.0.0.1:35061\n'
    printf '%s\n' "$@"
    printf 'mpath="%s/root/usr/lib/x86_64-linux-gnu/kamailio/modules/"\n' "$DIR"
    printf 'loadmodule "ctl.so"\nloadmodule "kex.so"\nloadmodule "cfg_rpc.so"\nmodparam("ctl", "binrpc", "unix:%s/ctl.sock")\n' "$DIR"
    printf 'request_route { exit; }\n'
  } >"$DIR/k.cfg"
}

# start OPTION...: the server in the background, ready for RPC
start() {
  "$KAMAILIO" -DD -E -f "$DIR/k.cfg" -Y "$DIR" -P "$DIR/k.pid" "$@" >"$DIR/log" 2>&1 &
  for _ in $(seq 50); do [ -S "$DIR/ctl.sock" ] && rpc core.version >/dev/null 2>&1 && return; sleep 0.1; done
  cat "$DIR/log"
  return 1
}

rpc() { "$DIR/root/usr/sbin/kamcmd" -s "unix:$DIR/ctl.sock" "$@"; }

# holds WHAT SEEN WANTED
holds() {
  printf '%s: %s\n' "$1" "$2"
  [ "$2" = "$3" ] || { printf 'CHANGED, it was: %s\n' "$3"; exit 1; }
}
