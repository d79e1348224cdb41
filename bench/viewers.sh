# shellcheck shell=bash disable=SC2154 # it shares names with who sources it
# Viewers of the server at $port, by fanout-load, and what became of them. Sourced
# after servers.sh; `cell` names what is measured.
#
#   load OPTION...           figures to $work/load.out
#   value_of METRIC          of the last load
#   keep CASE X REPETITION MODE METRIC...   records MODE_METRIC of the last load

# A lost or doubled entry is a fault, and so is a viewer that was not let in.
load() { try_load "$@" || fault "$cell: $(load_complaint)"; }

# The same, where that is a figure and not a fault.
try_load() {
    env "${connection[@]}" taskset -c "$load_cpu" "$bin/fanout-load" --port "$port" \
        --server-pid "$server_pid" "$@" >"$work/load.out" 2>"$work/load.err"
}

load_complaint() {
    say "$(tail -n 1 "$work/load.err")$(awk \
        '$1 ~ /^(missing|doubled|damaged|closed|ready_pct|left_behind)$/ { printf " %s %s", $1, $2 }' "$work/load.out")"
}

value_of() { awk -v name="$1" '$1 == name { print $2 }' "$work/load.out"; }

keep() {
    local case=$1 x=$2 repetition=$3 mode=$4 metric
    shift 4
    for metric in "$@"; do record "$case" "$x" "$repetition" "${mode}_$metric" "$(value_of "$metric")"; done
}
