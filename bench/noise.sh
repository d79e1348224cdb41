# shellcheck shell=bash disable=SC2154 # it shares names with who sources it
# Whether the machine was quiet enough to be believed. Sourced by common.sh.
#
#   noise_begin             refuses to begin while others are at work
#   noise_reference REP     to be called between repetitions, while the study's own
#                           programs rest: how busy others are, how long a fixed piece
#                           of work takes, and what is stolen from it
#   noise_problems          what was too noisy, a line each; nothing when all is well
#   noise_summary           the same as figures

most_others_pct=10      # share of all CPUs that others use while the study rests
# Share that the hypervisor took from the fixed piece of work. Under a study's own load it
# also takes what it needs to carry out that load's disk and timers: 3 to 5 % on a machine
# that was otherwise alone. Of this and of others, the median of all repetitions is
# judged, as of the figures: one that was disturbed leaves theirs where it was.
most_steal_pct=5
# Slowest ÷ fastest of the same computation. A virtual CPU is often half of a core, and
# slower by 1.7 while a neighbour uses the other half, at no steal. Ratios are taken side
# by side, and their brackets show what is left of it.
most_cpu_spread=2
most_sync_spread=3      # slowest ÷ fastest median of fdatasync: disks vary more

# Ticks of all CPUs together since boot: busy, stolen, all.
cpu_ticks() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 + $9, $9, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9; exit }' /proc/stat; }

# share_pct COLUMN BEFORE AFTER: of the ticks between two readings.
share_pct() {
    awk -v column="$1" -v before="$2" -v after="$3" 'BEGIN {
        split(before, b); split(after, a)
        all = a[3] - b[3]
        printf "%.1f", (all > 0 ? 100 * (a[column] - b[column]) / all : 0)
    }'
}

others_pct() {
    local before
    before=$(cpu_ticks)
    sleep "$1"
    share_pct 1 "$before" "$(cpu_ticks)"
}

is_more() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }

# As die, with a status that tells `make bench` to try once more.
too_noisy() { (die "$@") || exit 3; }

may_be_noisy() { is_quick || [ "${BENCH_FORCE:-}" = 1 ]; }

noise_begin() {
    local others
    others=$(others_pct "$(chosen 3 1)")
    if is_more "$others" "$most_others_pct" && ! may_be_noisy; then
        too_noisy "the machine is busy: other programs use $others % of its CPUs" \
            "Stop them and try again, or measure nevertheless: BENCH_FORCE=1 make bench-$study"
    fi
    noise_ticks=$(cpu_ticks)
}

noise_reference() {
    local cpu_ms sync_ms before
    record reference 0 "$1" others_pct "$(others_pct 1)"
    before=$(cpu_ticks)
    read -r cpu_ms sync_ms < <("$bench/reference" "$work")
    record reference 0 "$1" cpu_ms "$cpu_ms"
    record reference 0 "$1" sync_ms "$sync_ms"
    record reference 0 "$1" steal_pct "$(share_pct 2 "$before" "$(cpu_ticks)")"
    record reference 0 "$1" loaded_steal_pct "$(share_pct 2 "$noise_ticks" "$(cpu_ticks)")"
}

# worst METRIC: the largest; usual METRIC: the median; spread METRIC: the largest by the
# smallest.
worst() { awk -F, -v m="$1" '$1 == "reference" && $4 == m && $5 > w { w = $5 } END { print w + 0 }' "$csv"; }

usual() {
    awk -F, -v m="$1" '$1 == "reference" && $4 == m { print $5 }' "$csv" | sort -g |
        awk '{ v[NR] = $1 } END { printf "%.1f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

spread() {
    awk -F, -v m="$1" '$1 == "reference" && $4 == m {
        if (!n++ || $5 > hi) hi = $5
        if (n == 1 || $5 < lo) lo = $5
    } END { printf "%.2f", (lo > 0 ? hi / lo : 1) }' "$csv"
}

# exceeds TEXT VALUE LIMIT UNIT
exceeds() { if is_more "$2" "$3"; then say "$1 $2$4, at most $3$4 is believed"; fi; }

noise_problems() {
    exceeds "other programs used" "$(usual others_pct)" "$most_others_pct" " %"
    exceeds "the hypervisor took" "$(usual steal_pct)" "$most_steal_pct" " %"
    exceeds "the same computation took, slowest by fastest," "$(spread cpu_ms)" "$most_cpu_spread" ""
    exceeds "the same fdatasync took, slowest by fastest," "$(spread sync_ms)" "$most_sync_spread" ""
}

noise_summary() {
    printf 'others %s %%; stolen %s (≤ %s) %%, under load ≤ %s %%; reference runs, slowest ÷ fastest: computation %s, fdatasync %s%s\n' \
        "$(usual others_pct)" "$(usual steal_pct)" "$(worst steal_pct)" "$(worst loaded_steal_pct)" \
        "$(spread cpu_ms)" "$(spread sync_ms)" \
        "$([ -z "$(noise_problems)" ] || say '. **Too noisy to be believed**')"
}
