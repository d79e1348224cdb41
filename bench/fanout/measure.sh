# shellcheck shell=bash disable=SC2034,SC2154 # it shares names with who sources it
# One cell: a fresh server, its viewers, what they got. Sourced after viewers.sh.

# fan_out KIND VIEWERS MODE REPETITION
fan_out() {
    local kind=$1 viewers=$2 mode=$3 repetition=$4 how=()
    cell="$kind, $viewers viewers, $mode"
    case $mode in
    one) how=(--burst 1) ;;
    bursts) how=(--burst 16) ;;
    paced) how=(--rate 10 --seconds "$(chosen 3 1)") ;;
    esac
    server_start "$kind"
    load "${publishing[@]}" --viewers "$viewers" --warm-up 0.3 --seconds "$(chosen 1.5 0.5)" "${how[@]}"
    server_stop
    keep "$kind" "$viewers" "$repetition" "$mode" deliveries_per_s cpu_us p50_us p99_us \
        connect_per_s ready_pct rss_per_viewer kernel_per_viewer
    told="$cell: $(value_of deliveries_per_s) deliveries/s, p99 $(value_of p99_us) µs, CPU $(value_of cpu_us) µs"
}

# many_matches COUNT REPETITION: each viewer follows so many; entries come in turn.
many_matches() {
    cell="relay, $1 matches a viewer"
    server_start relay
    load "${publishing[@]}" --viewers 1000 --matches "$1" --warm-up 0.3 --seconds "$(chosen 1.5 0.5)"
    server_stop
    keep relay "$1 matches" "$2" follow cpu_us deliveries_per_s rss_per_viewer
    told="$cell: CPU $(value_of cpu_us) µs a delivery"
}

# slow_viewers PERCENT REPETITION
slow_viewers() {
    cell="relay, $1 % slow viewers"
    server_start relay --topic-bytes 256KiB
    load "${publishing[@]}" --viewers 500 --slow "$1" --rate 40 --burst 16 --warm-up 0.5 --seconds "$(chosen 4 2)"
    server_stop
    keep relay "$1 % slow" "$2" slow rss_growth p50_us p99_us
    told="$cell: p99 of the others $(value_of p99_us) µs, RSS grew by $(value_of rss_growth) bytes"
}

# silence REPETITION: nobody publishes; pings go on.
silence() {
    local seconds
    seconds=$(chosen 30 3)
    cell="relay, silent viewers"
    server_start relay --ping-interval "${seconds}s"
    load --protocol relay --viewers "$most_viewers" --seconds "$seconds"
    server_stop
    keep relay "$most_viewers" "$1" silent cpu_pct
    told="$most_viewers silent viewers, a ping every $seconds s: $(value_of cpu_pct) % of a core"
}

# whole_line KIND REPETITION: from INSERT to viewer, 10 a second.
whole_line() {
    local table=commentary.feed
    [ "$1" = relay ] || table=bench.entry
    cell="$1, INSERT to viewer"
    sql -c 'truncate bench.entry restart identity'
    server_start "$1"
    load "${publishing[@]}" --publish insert --viewers 1000 --rate 10 \
        --insert "INSERT INTO $table (match_id, message) VALUES (\$1, \$2)" \
        --seconds "$(chosen 5 2)"
    server_stop
    keep "$1" 1000 "$2" line p50_us p99_us
    told="$cell: p50 $(value_of p50_us) µs, p99 $(value_of p99_us) µs"
}

requests_per_s() {
    taskset -c "$load_cpu" wrk -t 1 -c 64 -d "$(chosen 3 1)s" "http://127.0.0.1:$port$1" |
        awk '/^Requests\/sec/ { rate = $2 } /Non-2xx|Socket errors/ { bad = 1 } END { if (!bad) print rate }'
}

# get_matches REPETITION: the relay's list of matches, then the same bytes as a file.
get_matches() {
    local ours=
    server_start relay
    [ "$(http_status /matches)" != 200 ] || {
        curl -s "http://127.0.0.1:$port/matches" >"$work/matches"
        ours=$(requests_per_s /matches)
    }
    server_stop
    told="GET /matches: the relay does not answer it"
    [ -n "$ours" ] || return 0
    install -m 644 "$work/matches" "$server/nginx/matches"
    server_start nginx
    record nginx 64 "$1" http_per_s "$(requests_per_s /matches)"
    server_stop
    record relay 64 "$1" http_per_s "$ours"
    told="GET /matches, $(wc -c <"$work/matches") bytes: $ours/s"
}
