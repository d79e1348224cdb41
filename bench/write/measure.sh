# shellcheck shell=bash disable=SC2034,SC2154 # it shares names with who sources it
# What is measured beside the comparison of cells: COPY and the pure drain, the delay
# of a notification, how far staging grows, and what an idle flusher does. Sourced
# after load.sh.

copied_rows=$(chosen 100000 20000)
copied_file=$work/rows.copy

make_copied_file() {
    awk -F'\t' -v OFS='\t' -v rows="$copied_rows" -v matches="$matches" '
        { for (i = 2; i <= 3; i++) if ($i == "") $i = "\\N"; line[NR] = $0 }
        END { for (i = 0; i < rows; i++) print i % matches + 1, i % 90 + 1, line[i % NR + 1] }' \
        "$sentences" >"$copied_file"
}

# copy VARIANT REPETITION: one COPY of many rows, and for ours the flush after it:
# nothing of the transaction can be flushed before it commits, so that what follows
# is the draining alone.
copy() {
    local copied_ms flushed_ms
    read -r copied_ms flushed_ms < <(sql -F ' ' -v file="$copied_file" \
        -v ack="$([ "$1" = durable ] && say durable || say staged)" \
        -v flush="$(is_ours "$1" && say 'commentary.flush()' || say 1)" <<-END
		SET commentary.ack = :'ack';
		SELECT clock_timestamp() AS began \gset
		COPY ${into[$1]} ($columns) FROM :'file';
		SELECT clock_timestamp() AS copied \gset
		SELECT :flush \g /dev/null
		SELECT extract(epoch FROM :'copied'::timestamptz - :'began'::timestamptz) * 1000,
			extract(epoch FROM clock_timestamp() - :'copied'::timestamptz) * 1000;
		END
    ) || true
    [ -n "${copied_ms:-}" ] || { fault "$1, COPY of $copied_rows rows failed"; return; }
    record "$1" COPY "$2" rows_per_s "$(per_second "$copied_rows" "$copied_ms")"
    if [ "$1" = staged ]; then
        record flusher drain "$2" rows_per_s "$(per_second "$copied_rows" "$flushed_ms")"
    fi
    told="$1, COPY of $copied_rows rows: $(per_second "$copied_rows" "$copied_ms") rows/s"
    if [ "$1" = staged ]; then told+=", flushed $(per_second "$copied_rows" "$flushed_ms") rows/s"; fi
}

per_second() { awk -v n="$1" -v ms="$2" 'BEGIN { printf "%.0f", n / ms * 1000 }'; }

# delay VARIANT REPETITION: 500 messages per second, from due to notified.
delay() {
    local channel=commentary figures
    is_ours "$1" || channel=bench
    figures=$(env "${connection[@]}" PGUSER="${role[$1]}" "$bin/notify-delay" --channel "$channel" \
        --rate 500 --seconds "$(chosen 6 3)" --insert \
        "INSERT INTO ${into[$1]} ($columns) VALUES (1, 12, 'shot', 'Joana Pires', 'Harbour United', \$1)" \
        2>"$work/delay.err") || fault "$1, delay of notifications: $(tail -n 1 "$work/delay.err") $(grep -E '^(sent|ack|err|rec)' <<<"$figures" | tr '\n' ' ')"
    record "$1" delay "$2" p50_us "$(value_of p50_us "$figures")"
    record "$1" delay "$2" p99_us "$(value_of p99_us "$figures")"
    told="$1, INSERT → notification at 500/s: p50 $(value_of p50_us "$figures") µs, p99 $(value_of p99_us "$figures") µs"
}

value_of() { awk -v name="$1" '$1 == name { print $2 }' <<<"$2"; }

# held KIND SECONDS STATEMENTS: staging's largest size at full speed while a session
# holds what the statements opened.
held() {
    local name=$1 seconds=$2 failed holder watcher largest
    holding_session "$seconds" "$3" &
    holder=$!
    watch_sql 0.2 'select staging_bytes from commentary.status()' "$work/held.$name" &
    watcher=$!
    pgbench_run staged 100 "$seconds" staged.sql
    kill "$watcher" 2>/dev/null || true
    wait "$holder" "$watcher" 2>/dev/null || true
    largest=$(sort -n "$work/held.$name" | tail -n 1)
    record staging "$name" 1 bytes "${largest:-0}"
    record staging "$name" 1 tps "$(steady_tps 1 100)"
    read -r _ failed < <(outcome)
    [ "$failed" = 0 ] || fault "staged, $name held: $failed failed: $(first_error)"
    drain
    told="$name held for $seconds s: staging grew to $((${largest:-0} / 1048576)) MB"
}

# psql ends the transaction when its input does.
holding_session() {
    { say "$2"; exec sleep "$1"; } | env "${connection[@]}" "$pgbin/psql" -X -q -v ON_ERROR_STOP=1 >/dev/null
}

# watch_sql SECONDS QUERY FILE: its rows again and again until it is killed.
watch_sql() {
    exec env "${connection[@]}" "$pgbin/psql" -X -q -A -t >"$3" <<<"$2 \watch $1"
}

flusher_pid() { sql -c 'select flusher_pid from commentary.status()'; }

# Each voluntary switch is a sleep, and so a wake-up.
sleeps_of() { awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$1/status"; }

idle() {
    local pid before seconds
    seconds=$(chosen 10 3)
    pid=$(flusher_pid)
    drain
    sleep 2
    before=$(sleeps_of "$pid")
    sleep "$seconds"
    record flusher idle 1 wakeups "$(($(sleeps_of "$pid") - before))"
    told="$(($(sleeps_of "$pid") - before)) wake-ups of the idle flusher in $seconds s"
}
