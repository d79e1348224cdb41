# shellcheck shell=bash disable=SC2154 # it shares names with who sources it
# Requests to the server at $port, by wrk, and what became of them. Sourced after
# servers.sh.
#
#   requests PATH CONNECTIONS SECONDS    whole seconds; figures to $work/http.out; with SENTENCES set,
#                                        POSTs of them
#   answer METRIC                        of the last requests: ok, failed, per_s, p50_ms, p99_ms

requests() {
    taskset -c "$load_cpu" wrk -t 1 -c "$2" -d "$3s" --timeout 10s -s "$bench/http.lua" \
        "http://127.0.0.1:$port$1" >"$work/http.out" 2>&1 || fault "wrk failed: $(tail -n 1 "$work/http.out")"
}

answer() { awk -v name="$1" '$1 == name { print $2 }' "$work/http.out"; }
