# shellcheck shell=bash disable=SC2154 # it shares names with who sources it
# One cell of the comparison: so many clients insert into one variant, by pgbench.
# Sourced after cluster.sh and pooler.sh.

variants=(plain trigger bare durable staged)
declare -A into=([plain]=bench.plain [trigger]=bench.trigger [bare]=bench.bare
    [durable]=commentary.feed [staged]=commentary.feed)
declare -A role=([plain]=writer [trigger]=writer [bare]=writer
    [durable]=durable [staged]=staged)

matches=20
columns="match_id, minute, kind, actor, team, message"
sentences=$bench/write/commentary.tsv
sampled=0.2     # of the transactions have their latency logged
pinned=()           # or taskset, where the load has a core of its own
connecting_ms=()    # by the number of clients: what the last one took

# The file's column as an array of SQL, of which each transaction takes one element:
# pgbench has no variables of text, and with a script for each sentence a session
# would have so many statements to plan.
array_of() {
    awk -F'\t' -v column="$1" '
        { gsub("\047", "\047\047", $column)
          print (NR == 1 ? "ARRAY[" : ",") ($column == "" ? "null" : "\047" $column "\047") }
        END { print "]" }' "$sentences" | tr -d '\n'
}

make_scripts() {
    local variant columns_of_n="" i
    mkdir -p "$work/scripts"
    for i in 1 2 3 4; do columns_of_n+=", ($(array_of "$i"))[:n]"; done
    for variant in "${variants[@]}"; do
        cat >"$work/scripts/$variant.sql" <<-END
		\set match random(1, $matches)
		\set minute random(1, 90)
		\set n random(1, $(wc -l <"$sentences"))
		INSERT INTO ${into[$variant]} ($columns) VALUES (:match, :minute$columns_of_n);
		END
    done
}

# One statement of 100 rows, as text.
make_multi_row_scripts() {
    local variant
    for variant in "${variants[@]}"; do
        awk -F'\t' -v rows=100 -v matches="$matches" -v head="INSERT INTO ${into[$variant]} ($columns) VALUES" '
            function text(s) { gsub("\047", "\047\047", s); return s == "" ? "null" : "\047" s "\047" }
            { line[NR] = text($1) "," text($2) "," text($3) "," text($4) }
            END {
                print head
                for (i = 0; i < rows; i++)
                    printf "(%d,%d,%s)%s\n", i % matches + 1, i % 90 + 1, line[i % NR + 1], i + 1 < rows ? "," : ";"
            }' "$sentences" >"$work/scripts/$variant-multi.sql"
    done
}

# pgbench_run VARIANT CLIENTS SECONDS SCRIPT: its output to $work/cell.out, its
# errors to cell.err, latencies to cell.log.*. pgbench's clock starts before it
# connects, so what that took the last time is added.
pgbench_run() {
    local variant=$1 clients=$2 threads mode=prepared to=("${connection[@]}")
    lasted=$(($3 + (${connecting_ms[$2]:-$(($2 * 3))} + 500) / 1000))
    threads=$((clients < 4 ? clients : 4))
    if [ "$via" = pooler ]; then
        # Debian's pgbouncer cannot follow prepared statements across sessions.
        mode=extended to=("${pooled[@]}")
    fi
    rm -f "$work"/cell.*
    env "${to[@]}" PGUSER="${role[$variant]}" "${pinned[@]}" "$pgbin/pgbench" -n -M "$mode" -c "$clients" \
        -j "$threads" -T "$lasted" -P 1 -l --log-prefix="$work/cell.log" \
        --sampling-rate="$sampled" -f "$work/scripts/$4" >"$work/cell.out" 2>"$work/cell.err" || true
    connecting_ms[clients]=$(sed -n 's/^initial connection time = \([0-9]*\).*/\1/p' "$work/cell.out")
    [ -n "${connecting_ms[clients]}" ] || connecting_ms[clients]=$((clients * 10))
}

# Transactions per second without the warm-up and the winding down: mean of pgbench's
# lines of progress. Their clock has run since before it connected.
steady_tps() {
    sed -n 's/^progress: \([0-9.]*\) s, \([0-9.]*\) tps.*/\1 \2/p' "$work/cell.err" |
        awk -v warm="$1" -v connecting="${connecting_ms[$2]}" -v end="$lasted" '
            $1 - last > 0.9 && last >= connecting / 1000 + warm - 0.5 && $1 < end + 0.5 { sum += $2; n++ }
            { last = $1 }
            END { printf "%.1f", (n ? sum / n : 0) }'
}

# latencies_ms WARM-UP PERCENT...: of the transactions that ended after the warm-up.
latencies_ms() {
    local warm=$1
    shift
    cat "$work"/cell.log.* 2>/dev/null |
        awk -v warm="$warm" '$3 ~ /^[0-9]+$/ {
            end = $5 + $6 / 1e6
            if (!first || end < first) first = end
            ended[NR] = end; took[NR] = $3
        } END { for (i in ended) if (ended[i] >= first + warm) print took[i] }' |
        sort -n |
        awk -v wanted="$*" '{ us[NR] = $1 } END {
            n = split(wanted, percent, " ")
            for (i = 1; i <= n; i++) {
                at = int((NR - 1) * percent[i] / 100) + 1
                printf "%.3f ", (NR ? us[at] / 1000 : 0)
            }
            print ""
        }'
}

# "processed failed": transactions that were acknowledged, and not. A client that meets an
# error ends, and so does one that cannot connect.
outcome() {
    local processed failed
    processed=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$work/cell.out")
    failed=$(sed -n 's/^number of failed transactions: \([0-9]*\).*/\1/p' "$work/cell.out")
    failed=$((${failed:-0} + $(grep -cE 'aborted in command|could not create connection|connection to server .* failed' "$work/cell.err" || true)))
    [ "${processed:-0}" != 0 ] || failed=$((failed + 1))
    say "${processed:-0} $failed"
}

# Nothing when there is none.
first_error() { { grep -m 1 -iE 'error|fatal' "$work/cell.err" || true; } | cut -c1-200; }

# A flusher that died would keep us waiting for ever.
drain() {
    timeout 60 env "${connection[@]}" "$pgbin/psql" -X -q -A -t -c 'select commentary.flush()' >/dev/null ||
        fault "the flusher did not drain within 60 s"
}

timed_ms() {
    local began
    began=$(date +%s%N)
    "$@"
    say "$((($(date +%s%N) - began) / 1000000))"
}

wal_bytes() { sql -c "select (pg_current_wal_insert_lsn() - '0/0')::bigint"; }

is_ours() { [ "${into[$1]}" = commentary.feed ]; }

attempt() {
    wal_before=$(wal_bytes)
    flushed_before=$(entries_flushed)
    pgbench_run "$1" "$2" "$3" "$1.sql"
}

# load VARIANT CLIENTS SECONDS WARM-UP: a second time when connecting took so much
# longer than expected that nothing was left to measure.
load() {
    attempt "$1" "$2" "$3"
    if [ -n "$(first_error)" ] || is_more "$(steady_tps "$4" "$2")" 0; then return; fi
    attempt "$1" "$2" "$3"
}

entries_flushed() { sql -c 'select entries from commentary.status()'; }

# settle VARIANT X REPETITION: ours are in the log before others are measured, all of
# what was acknowledged.
settle() {
    local drained processed failed lost
    drained=$(timed_ms drain)
    record "$1" "$2" "$3" drain_ms "$drained"
    read -r processed failed < <(outcome)
    lost=$((flushed_before + processed - $(entries_flushed)))
    [ "$failed" != 0 ] || [ "$lost" = 0 ] ||
        fault "$1, $2 clients: $processed were acknowledged, and $lost of them are not in the log"
    told+="  drained in $drained ms"
}

# cell VARIANT X CLIENTS SECONDS WARM-UP REPETITION: measures it and records.
cell() {
    local variant=$1 x=$2 clients=$3 seconds=$4 warm=$5 repetition=$6
    local wal_before flushed_before processed failed p50 p99 tps
    load "$variant" "$clients" "$seconds" "$warm"
    read -r processed failed < <(outcome)
    read -r p50 p99 < <(latencies_ms "$warm" 50 99)
    tps=$(steady_tps "$warm" "$clients")
    told=$(printf '%-8s %6s clients  %9.0f/s  p50 %8.2f ms  p99 %8.2f ms' "$variant" "$x" "$tps" "$p50" "$p99")
    if is_ours "$variant"; then settle "$variant" "$x" "$repetition"; fi
    record "$variant" "$x" "$repetition" tps "$tps"
    record "$variant" "$x" "$repetition" p50_ms "$p50"
    record "$variant" "$x" "$repetition" p99_ms "$p99"
    record "$variant" "$x" "$repetition" success_pct "$(percentage "$processed" "$failed")"
    record "$variant" "$x" "$repetition" failed "$failed"
    record "$variant" "$x" "$repetition" wal_bytes "$(per_entry "$(($(wal_bytes) - wal_before))" "$processed")"
    if [ "$failed" != 0 ] || ! is_more "$tps" 0; then
        fault "$variant, $x clients: $failed failed: $(first_error)"
    fi
}

per_entry() { awk -v bytes="$1" -v n="$2" 'BEGIN { printf "%.0f", (n ? bytes / n : 0) }'; }

percentage() { awk -v ok="$1" -v bad="$2" 'BEGIN { printf "%.6f", (ok + bad ? 100 * ok / (ok + bad) : 0) }'; }

# multi_row VARIANT SECONDS REPETITION: ten clients, 100 rows in a statement.
multi_row() {
    local rows_per_s failed
    pgbench_run "$1" 10 "$2" "$1-multi.sql"
    if is_ours "$1"; then drain; fi
    read -r _ failed < <(outcome)
    [ "$failed" = 0 ] || fault "$1, INSERT of 100 rows: $failed failed: $(first_error)"
    rows_per_s=$(awk -v t="$(steady_tps 1 10)" 'BEGIN { printf "%.0f", t * 100 }')
    record "$1" "100-row INSERT" "$3" rows_per_s "$rows_per_s"
    told="$1, INSERT of 100 rows: $rows_per_s rows/s"
}
