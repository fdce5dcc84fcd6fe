# Shared by the scripts beside it: tools, published programs, a directory that is thrown away, and an end for every process.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 PATH="$PATH:/usr/sbin"
rid=$(dotnet --info | sed -n 's/^ *RID: *//p')

# need TOOL: there, or installed, or an error.  want TOOL: there, or installed, or left out.
have() {
  command -v "$1" >/dev/null 2>&1 && return 0
  command -v apt-get >/dev/null 2>&1 || return 1
  echo "installing $1 ..." >&2
  { apt-get update -qq && apt-get install -y -qq "$1"; } >/dev/null 2>&1 && command -v "$1" >/dev/null 2>&1
}
need() { have "$1" || { echo "$1 is missing and could not be installed: install it and try again" >&2; exit 1; }; }
want() { have "$1" || echo "$1 is missing and could not be installed: its comparison is left out" >&2; }

# publish PROJECT: its Release build for this machine under artifacts/publish, as the image has it.
publish() {
  local log
  log=$(mktemp)
  if ! dotnet publish "$root/$1" -c Release -v quiet --nologo -r "$rid" --no-self-contained \
    -o "$root/artifacts/publish/$(basename "$1")/release" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    exit 1
  fi
  rm -f "$log"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/trafficctl-load.XXXXXX")
driver=
finish() {
  local code=$?
  trap - EXIT INT TERM
  if [ -n "$driver" ] && kill -0 "$driver" 2>/dev/null; then
    kill -TERM "$driver" 2>/dev/null || true
    wait "$driver" 2>/dev/null || true
  fi
  # What a driver that was killed could not end: only its own children, by their ids, and only while they run from our directory.
  if [ -f "$work/pids" ]; then
    while read -r pid; do
      [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$work" ] && kill -TERM "$pid" 2>/dev/null || true
    done <"$work/pids"
  fi
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# drive MODE ARGUMENTS...: runs the driver in the background, so that a signal is handled at once.
drive() {
  local mode=$1
  shift
  "$root/artifacts/publish/TrafficCtl.ProxyLoad/release/TrafficCtl.ProxyLoad" "$mode" "$work" \
    "$root/artifacts/publish/TrafficCtl.Cli/release/trafficctl" \
    "$root/artifacts/publish/TrafficCtl.BareYarp/release/TrafficCtl.BareYarp" "$@" &
  driver=$!
  wait "$driver"
}
