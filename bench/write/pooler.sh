# shellcheck shell=bash disable=SC2154 # it shares names with who sources it
# pgbouncer in transaction mode before the study's cluster. Sourced after cluster.sh.
#
#   pooler_start, pooler_stop
#   "${pooled[@]}"                   the connection through it, as `connection`

pooled=("PGHOST=$server" PGPORT=6432 PGDATABASE=bench)
pooler_pid=
pooler_size=100     # connections to the server for each role

pooler_settings() {
    cat <<-END
	[databases]
	bench = host=$server port=5432
	[pgbouncer]
	listen_addr =
	listen_port = 6432
	unix_socket_dir = $server
	auth_type = trust
	auth_file = $work/pooler.users
	pool_mode = transaction
	default_pool_size = $pooler_size
	max_client_conn = 1200
	ignore_startup_parameters = extra_float_digits
	END
}

pooler_answers() { env "${pooled[@]}" "$pgbin/psql" -X -q -A -t -U writer -c 'select 1' >/dev/null 2>&1; }

pooler_start() {
    pooler_settings >"$work/pooler.ini"
    printf '"%s" ""\n' writer durable staged >"$work/pooler.users"
    (as_runner "$build/pgbouncer/usr/sbin/pgbouncer" -q "$work/pooler.ini" \
        </dev/null >"$work/pooler.log" 2>&1 9>&-) &
    pooler_pid=$!
    wait_until 10 pooler_answers || { cat "$work/pooler.log" >&2; die "pgbouncer does not answer"; }
}

pooler_stop() {
    [ -n "$pooler_pid" ] || return 0
    kill -TERM "$pooler_pid" 2>/dev/null || true
    wait "$pooler_pid" 2>/dev/null || true
    pooler_pid=
}
