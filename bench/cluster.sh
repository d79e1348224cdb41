# shellcheck shell=bash disable=SC2034,SC2154 # it shares names with who sources it
# A PostgreSQL for one study: a cluster of its own under build/bench/STUDY, with the
# extension, reached by a socket in a folder that only its user and root can enter.
# Sourced after common.sh.
#
#   cluster_start SETTING=VALUE...   makes and starts it; it stops with the study
#   sql ARGUMENT...                  psql on its database
#   "${connection[@]}"               the same for env and other programs
#   cluster_pin CPU                  gives it this core, and no other
#   server_log                       its errors and warnings so far

server=$work/server
data=$server/data
connection=("PGHOST=$server" PGUSER=bench PGDATABASE=bench)

sql() { env "${connection[@]}" "$pgbin/psql" -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

# No network, and no password: the folder's mode keeps others out.
cluster_make() {
    (as_runner "$pgbin/initdb" -D "$data" --username=bench --auth=trust --encoding=UTF8 \
        --locale=C.UTF-8 --data-checksums)
    printf '%s\n' "shared_preload_libraries = 'commentary'" "listen_addresses = ''" \
        "unix_socket_directories = '$server'" "fsync = on" "synchronous_commit = on" "$@" |
        (as_runner tee -a "$data/postgresql.conf")
}

cluster_launch() {
    (as_runner "$pgbin/pg_ctl" -D "$data" -l "$server/log" -w -t 60 start 9>&-) ||
        { tail -n 20 "$server/log"; return 1; }
    sql -d postgres -c 'create database bench'
    sql -c 'create extension commentary'
}

cluster_start() {
    runner_dir "$server"
    step "making a private cluster" cluster_make "$@"
    at_end cluster_stop
    step "starting PostgreSQL" cluster_launch
    software+=("PostgreSQL $(sql -c 'show server_version')")
}

# The processes that there are; those that come later have it from the postmaster.
cluster_pin() {
    local postmaster pid
    postmaster=$(head -n 1 "$data/postmaster.pid")
    for pid in "$postmaster" $(pgrep -P "$postmaster"); do
        taskset -a -p -c "$1" "$pid" >/dev/null 2>&1 || true
    done
}

cluster_stop() {
    [ -e "$data/postmaster.pid" ] || return 0
    (as_runner "$pgbin/pg_ctl" -D "$data" -w -t 60 -m fast stop) >/dev/null ||
        (as_runner "$pgbin/pg_ctl" -D "$data" -w -t 10 -m immediate stop) >/dev/null
}

# Cancelled statements, killed clients and the shutting down are a study's own doing.
server_log() {
    grep -E 'PANIC|FATAL|ERROR|WARNING' "$server/log" | grep -vE 'due to administrator command|canceling statement|connection to client lost' || true
}
