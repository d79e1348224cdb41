# shellcheck shell=bash disable=SC2034,SC2154 # it shares names with who sources it
# Functions of the scripts that start and stop programs: ports, pids, connection settings. It is
# sourced after common.sh.

run=$build/run              # pid files, the password, what runs
data=$build/data            # the cluster: the runner's alone
sockets=$build/sockets      # the same
passfile=$run/pgpass
mkdir -p "$run"

# Where the stack listens: as it was started, when it is up; else as asked, with
# PG_PORT=, RELAY_PORT= and RELAY_HOST= on make's command line.
listening=$run/listening
asked="${PG_PORT:-}${RELAY_PORT:-}${RELAY_HOST:-}"

keep_listening() {
    printf '%s\n' "PG_PORT=$PG_PORT" "RELAY_PORT=$RELAY_PORT" "RELAY_HOST=$RELAY_HOST" >"$listening"
}

if [ -e "$listening" ]; then
    # shellcheck source=/dev/null
    . "$listening"
fi
PG_PORT=${PG_PORT:-54329}
RELAY_PORT=${RELAY_PORT:-8080}
RELAY_HOST=${RELAY_HOST:-127.0.0.1}
relay_url=http://$RELAY_HOST:$RELAY_PORT
relay_url=${relay_url/0.0.0.0/127.0.0.1}

# What libpq needs to find the private cluster; one role for all as yet.
connection=(PGHOST=127.0.0.1 "PGPORT=$PG_PORT" PGUSER=commentary PGDATABASE=commentary
    "PGPASSFILE=$passfile")

sql() { env "${connection[@]}" "$pgbin/psql" -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

# port_holder PORT: prints "pid (program)" of the process that listens on the port of this machine, or
# "another program" if we may not see it; status 1 when the port is free.
port_holder() {
    local hex inode fd pid
    printf -v hex '%04X' "$1"
    inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port=":$hex" '$4 == "0A" && $2 ~ port "$" { print $10; exit }')
    [ -n "$inode" ] || return 1
    fd=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null | head -n 1 || true)
    pid=${fd#/proc/} pid=${pid%%/*}
    if [ -n "$pid" ]; then
        say "process $pid ($(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-80))"
    else
        say "a process of another user"
    fi
}

# need_port PORT VARIABLE
need_port() {
    local holder
    if ! [[ $1 =~ ^[0-9]{1,5}$ ]] || [ "$1" -lt 1 ] || [ "$1" -gt 65535 ]; then
        die "$2=$1 is not a port" "Choose one from 1024 to 65535, for instance: make run $2=15000"
    fi
    holder=$(port_holder "$1") || return 0
    die "port $1 is taken by $holder" "Stop it, or choose another port: make run $2=$(($1 + 1))"
}

# pid_of NAME: the process that the pid file names, if it is still that program.
# A pid file outlives its process, and the number may have gone to another: so
# the start time is kept beside it.
pid_of() {
    local pid started
    read -r pid started 2>/dev/null <"$run/$1.pid" || return 1
    [ "$(started_at "$pid")" = "$started" ] || return 1
    say "$pid"
}

# In clock ticks since boot; nothing when there is no such process or it is a zombie.
started_at() {
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}

keep_pid() { printf '%s %s\n' "$2" "$(started_at "$2")" >"$run/$1.pid"; }

is_gone() { [ "$(started_at "$1")" != "$2" ]; }

# stop_process NAME SECONDS: TERM, and KILL when that is not obeyed in time.
stop_process() {
    local pid started
    pid=$(pid_of "$1") || { rm -f "$run/$1.pid"; return 0; }
    started=$(started_at "$pid")
    kill -TERM "$pid" 2>/dev/null || true
    if ! wait_until "$2" is_gone "$pid" "$started"; then
        warn "$1 (process $pid) did not stop in $2 s: killed"
        kill -KILL "$pid" 2>/dev/null || true
        wait_until 5 is_gone "$pid" "$started" || true
    fi
    rm -f "$run/$1.pid"
}

# fresh_log NAME: keeps one older log, so that logs do not grow for ever.
fresh_log() {
    [ ! -e "$build/log/$1.log" ] || mv -f "$build/log/$1.log" "$build/log/$1.log.old"
    : >"$build/log/$1.log"
    if is_root; then chown "$runner" "$build/log/$1.log"; fi
}
