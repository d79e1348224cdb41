# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is used by who sources it
# The frame of every study: what it needs, where its figures go, how progress and
# trouble are told, when it refuses to report. It is sourced, not run.
#
#   study NAME TITLE       what is missing is installed and built; traps are set
#   tell FUNCTION...       a step: runs it, and shows as progress what it left in `told`
#   in_order REP CASE...   the cases, from either end in turn: none always runs first
#   progress DONE OF TEXT  one line
#   record CASE X REPETITION METRIC VALUE
#   fault TEXT             an error: shown at once, counted, and told in the report
#   need_cores, need_files N   what the machine and the shell must have
#   publish REPORT         the section, unless the machine was too noisy: then the study
#                          ends with status 3
#
# BENCH=quick shortens, to see that a study runs: its figures mean nothing, and go
# to build/bench/ alone. BENCH_FORCE=1 reports also what a noisy machine measured.

# shellcheck source=regress/stack/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../regress/stack/common.sh"
# shellcheck source=bench/noise.sh
. "$(dirname "${BASH_SOURCE[0]}")/noise.sh"

bench=$top/bench
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$bench

is_quick() { [ "${BENCH:-}" = quick ]; }

# chosen FULL QUICK: the one that goes with BENCH.
chosen() { if is_quick; then say "$2"; else say "$1"; fi; }

study() {
    study=$1 title=$2
    work=$build/bench/$study        # made anew: the study's own
    csv=$work/$study.csv
    bin=$build/bench/bin            # the load tools
    software=()                     # "name version", told in the section
    case ${BENCH:-} in
    '' | quick) ;;
    *) die "BENCH=$BENCH is not known" "Leave it out for the whole study, or say BENCH=quick" ;;
    esac
    "$stack/install-packages" run bench
    "$stack/build"
    step "building the load tools" make -j"$(nproc)" -C "$bench"
    lock bench
    [ ! -d "$work" ] || "$stack/reap" 0 "$work"     # of a run that was killed
    rm -rf "$work"
    mkdir -p "$work"
    : >"$work/faults"
    say "case,x,repetition,metric,value" >"$csv"
    trap finish EXIT
    trap 'exit 130' INT TERM HUP
    noise_begin
}

# at_end COMMAND...: run when the study ends, however it ends; the last one first.
at_end() { endings="$* ${endings:+; $endings}"; }

# shellcheck disable=SC2317 # called by the trap
finish() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    eval "${endings:-}" || status=1
    "$stack/reap" 5 "$work"
    exit "$status"
}

done_steps=0    # of all_steps, which the study sets

tell() {
    "$@"
    done_steps=$((done_steps + 1))
    progress "$done_steps" "$all_steps" "$told"
}

in_order() {
    local repetition=$1
    shift
    if [ $((repetition % 2)) = 1 ]; then say "$@"; else printf '%s\n' "$@" | tac | tr '\n' ' '; fi
}

need_cores() { [ "$(nproc)" -ge 2 ] || die "this study needs two cores: one for the server, one for the load"; }

need_files() {
    ulimit -n "$(ulimit -Hn)"
    [ "$(ulimit -n)" -ge "$1" ] ||
        die "this shell may not open $1 files" "Raise it: ulimit -Hn, or nofile in limits.conf"
}

progress() { printf '  %3d/%d  %s\n' "$1" "$2" "$3"; }

record() {
    [ -n "$5" ] || { fault "$1, $2: no figure for $4"; return; }
    (IFS=, && say "$*") >>"$csv"
}

fault() {
    say "$1" >>"$work/faults"
    warn "  !!       $1"
}

# What a figure means nothing without.
machine() {
    local cpu memory
    cpu=$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)
    memory=$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)
    say "$(nproc) × ${cpu:-$(uname -m)}, $memory GB, Linux $(uname -r | cut -d- -f1)," \
        "$(df --output=fstype "$work" | tail -n 1)"
}

section() {
    local faults made_from
    faults=$(wc -l <"$work/faults")
    made_from=$(git -C "$top" describe --always --dirty 2>/dev/null || say "no commit")
    cat <<-END
	## $title

	| | |
	|---|---|
	| measured | $(date +%F), commit $made_from |
	| machine | $(machine) |
	| software | $(IFS=, && say "${software[*]}" | sed 's/,/, /g') |
	| command | \`${BENCH:+BENCH=$BENCH }make bench-$study\` |
	| noise | $(noise_summary) |
	| errors | $faults |
	| figures | [$study.csv]($study.csv) |

	END
    sed 's/^/- error: /' "$work/faults" | head -n 10
    [ "$faults" = 0 ] || say ""
    "$@"
}

# publish REPORT...: a command that prints the section's tables as Markdown and
# draws $work/$study.svg. Its words stand alone; the figures are in $csv.
publish() {
    local noise target
    noise=$(noise_problems)
    if [ -n "$noise" ] && ! may_be_noisy; then
        too_noisy "the machine was too noisy, so nothing is reported: ${noise//$'\n'/; }" \
            "Stop what else runs and try again, or report nevertheless: BENCH_FORCE=1 make bench-$study" \
            "The raw figures: $csv"
    fi
    section "$@" >"$work/$study.md"
    target=$bench/results
    ! is_quick || target=$build/bench/results
    mkdir -p "$target"
    cp "$csv" "$work/$study.svg" "$work/$study.md" "$target/"
    "$bench/compose" "$target"
    cat "$work/$study.md"
    say ""
    say "  ${target#"$top"/}/$study.md, .csv, .svg; all studies: $(dirname "${target#"$top"/}")/RESULTS.md"
}
