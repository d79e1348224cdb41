# shellcheck shell=bash disable=SC2034,SC2154 # it shares names with who sources it
# What bounds the write path: for a load of each acknowledgement, the wait events, the
# statements, and where the CPUs are. Leaves $work/profile.*, which the report
# reads. Sourced after measure.sh.

profile() {
    local variant=$1 seconds watcher perf
    seconds=$(chosen 8 4)
    sql -c 'select pg_stat_statements_reset()' >/dev/null
    watch_sql 0.05 "select case when usename = '$variant' then 'writers' else 'flusher' end, \
        coalesce(wait_event_type || ': ' || wait_event, 'on a CPU, or waiting for one') from pg_stat_activity \
        where usename = '$variant' or backend_type = 'commentary flusher'" "$work/profile.$variant.waits" &
    watcher=$!
    perf record -a -q -F 499 -o "$work/perf.data" -- sleep "$((seconds - 2))" >/dev/null 2>"$work/perf.err" &
    perf=$!
    pgbench_run "$variant" 100 "$seconds" "$variant.sql"
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    if wait "$perf"; then profile_cpu "$variant"; else warn "  perf cannot profile here: $(tail -n 1 "$work/perf.err")"; fi
    drain
    sql -F $'\t' -c "select sum(calls), round((sum(total_exec_time) / sum(calls))::numeric, 4), \
        round(sum(wal_bytes) / sum(calls), 1), min(left(query, 60)) from pg_stat_statements \
        where query ilike 'insert%' group by left(query, 60)" >"$work/profile.$variant.statements"
    told="profile of $variant at 100 clients"
}

# "share program-of symbol": the flusher is a postgres of its own pid.
profile_cpu() {
    perf report -i "$work/perf.data" --stdio -q --no-children --sort pid,symbol -F overhead,pid,symbol \
        2>/dev/null | grep -v '^#' |
        awk -v flusher="$(flusher_pid)" 'NF > 2 {
            share = $1; sub("%", "", share)
            split($2, who, ":")
            name = who[1] == flusher ? "flusher" : who[2] == "postgres" ? "writers" : who[2] ~ /^swapper/ ? "idle" : who[2]
            sub(/^[^[]*/, "")
            sub(/[- ]+$/, "")
            print share "\t" name "\t" $0
        }' >"$work/profile.$1.cpu"
}
