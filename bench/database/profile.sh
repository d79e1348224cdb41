# shellcheck shell=bash disable=SC2034,SC2154 # it shares names with who sources it
# What PostgreSQL does under load, and by which plan it answers each query. Leaves
# $work/profile.*, which the report reads. Sourced after write/measure.sh and viewers.sh.

# save NAME QUERY: its rows, separated by tabs.
save() { sql -F $'\t' -c "$2" >"$work/profile.$1"; }

largest() { sort -g "$1" | tail -n 1; }

# Ten durable writers and a relay with a hundred viewers, on the full log.
profile_load() {
    local watchers=() viewing
    sql -c 'select pg_stat_statements_reset()' >/dev/null
    server_start relay --heartbeat 1s --report-interval 1s
    watch_sql 0.05 "select backend_type || case when application_name = 'commentary-relay' then ' (relay)' else '' end,
        coalesce(wait_event_type || ': ' || wait_event, 'on a CPU, or waiting for one')
        from pg_stat_activity where pid <> pg_backend_pid() and
        (backend_type = 'commentary flusher' or backend_type = 'client backend' and state <> 'idle' and query !~ 'staging_bytes|queue_usage')" \
        "$work/profile.waits" &
    watchers+=($!)
    watch_sql 0.1 'select staging_bytes from commentary.status()' "$work/profile.staging" &
    watchers+=($!)
    watch_sql 0.1 'select pg_notification_queue_usage() * 100' "$work/profile.queue" &
    watchers+=($!)
    cell="profile"
    try_load --protocol relay --viewers 100 --matches 20 --follow 1 --seconds "$(chosen 8 3)" >/dev/null &
    viewing=$!
    pgbench_run durable 10 "$(chosen 8 3)" durable.sql
    wait "$viewing" || true     # what pgbench writes is not what it expects
    kill "${watchers[@]}" 2>/dev/null || true
    wait "${watchers[@]}" 2>/dev/null || true
    server_stop
    drain
    record profile log 1 staging_bytes "$(largest "$work/profile.staging")"
    record profile log 1 notify_queue_pct "$(largest "$work/profile.queue")"
    save statements "select calls, round(mean_exec_time::numeric, 4), round(total_exec_time::numeric, 1),
        round(rows::numeric / calls, 1), round(wal_bytes / calls, 0), regexp_replace(left(query, 110), '\\s+', ' ', 'g')
        from pg_stat_statements where query !~ 'pg_stat_activity|staging_bytes|queue_usage|pg_stat_statements'
        order by total_exec_time desc limit 12"
    save tables "select relname, n_live_tup, n_dead_tup, autovacuum_count, autoanalyze_count,
        pg_table_size(relid), pg_indexes_size(relid), seq_scan, coalesce(idx_scan, 0)
        from pg_stat_user_tables where schemaname = 'commentary' order by relname"
    told="profile: staging at most $(($(largest "$work/profile.staging") / 1024)) KB, notification queue at most $(largest "$work/profile.queue") %"
}

# What is asked of the database by DBAs and writers beside INSERT.
ask_by_sql() {
    sql >/dev/null <<-END
		SELECT commentary.post(1, 'Once', client_ref => 'explain');
		SELECT commentary.flush();
		SELECT commentary.post(1, 'Twice', client_ref => 'explain');
		SELECT commentary.amend(1, 2, message => 'Amended');
		SELECT commentary.retract(1, 3);
		UPDATE commentary.match SET home_score = 1 WHERE match_id = 1;
		SELECT commentary.flush();
		SELECT * FROM commentary.feed WHERE match_id = $read_match ORDER BY seq DESC LIMIT 50;
		SELECT * FROM commentary.stat_match WHERE match_id = 1;
		SELECT * FROM commentary.stat_flush;
		SELECT * FROM commentary.stat_relay;
		SELECT * FROM commentary.viewers;
		SELECT * FROM commentary.check();
		SELECT commentary.worker_restart();
		UPDATE commentary.match SET status = 'finished' WHERE match_id = 1000;
		SELECT commentary.flush();
		SELECT commentary.purge(1000);
	END
}

# What the relay asks: to begin, to catch up, for the lobby, for pages of history.
ask_by_relay() {
    server_start relay --heartbeat 1s --report-interval 1s
    cell="explain"
    try_load "${publishing[@]}" --publish insert --viewers 20 --rate 10 --seconds 2 \
        --insert "INSERT INTO commentary.feed (match_id, message) VALUES (\$1, \$2)" ||
        fault "$cell: $(load_complaint)"
    for path in /matches /matches/1 "/matches/$read_match/commentary?since=0&limit=500" \
        "/matches/$read_match/commentary?since=$((read_rows - 5))&limit=500"; do
        [ "$(http_status "$path")" = 200 ] || fault "GET $path does not answer 200"
    done
    server_stop
}

# Each plan is logged by the server, also those of what functions run inside.
explain_all() {
    local large scans
    sql -c "alter system set auto_explain.log_min_duration = 0" -c "select pg_reload_conf()" >/dev/null
    wait_until 10 is_explaining || fault "auto_explain did not begin"
    ask_by_sql || fault "SQL that DBAs call failed"
    ask_by_relay
    sql -c "alter system reset auto_explain.log_min_duration" -c "select pg_reload_conf()" >/dev/null
    large=$(sql -c "select string_agg(oid::regclass::text, ',') from pg_class where relkind = 'r' and reltuples > 10000")
    "$bench/database/plans" --large "$large" "$server/log" >"$work/profile.plans"
    scans=$(grep -c '^SEQUENTIAL' "$work/profile.plans" || true)
    record profile log 1 sequential_scans "$scans"
    record profile log 1 queries "$(wc -l <"$work/profile.plans")"
    [ "$scans" = 0 ] || fault "$scans queries scan a large table sequentially: see the plans"
    told="$(wc -l <"$work/profile.plans") different queries explained, $scans scan a large table"
}

is_explaining() { [ "$(sql -c 'show auto_explain.log_min_duration')" = 0 ]; }
