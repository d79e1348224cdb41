# shellcheck shell=bash disable=SC2034 # what is set here is used by who sources it
# Functions that all scripts of the stack share: the folders, the user that runs programs, and messages.
# It is sourced, not run.
#
# All files are made under $build. No folder of the system is written to, and the PostgreSQL of the
# system is not used.

set -euo pipefail
umask 022
export LC_ALL=C.UTF-8

PG=${PG:-15}

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
stack=$top/regress/stack

# --- messages ----------------------------------------------------------------

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }

# die MESSAGE [WHAT TO DO]...: one line each.
die() {
    printf 'error: %s\n' "$1" >&2
    shift
    [ $# = 0 ] || printf '       %s\n' "$@" >&2
    exit 1
}

# step TEXT FUNCTION...: runs it, its output to a log of its name, and tells how
# long it took; shows the log when it fails. Returns its status.
step() {
    local text=$1 log status began
    shift
    log=$build/log/$(basename "$0")-$(basename "$1").log
    began=$(date +%s%N)
    printf '%-58s' "  $text ..."
    # Not `( ) || status=$?`: that would switch errexit off inside.
    set +e
    (set -e && "$@") >"$log" 2>&1 </dev/null
    status=$?
    set -e
    if [ "$status" != 0 ]; then
        say "failed"
        tail -n 40 "$log" >&2
        warn "The whole log: $log"
        return "$status"
    fi
    awk -v ns="$(($(date +%s%N) - began))" 'BEGIN { printf "%6.1f s\n", ns / 1e9 }'
}

# wait_until SECONDS COMMAND...: polls; status 1 when the time is over.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# --- users -------------------------------------------------------------------

is_root() { [ "$(id -u)" = 0 ]; }

# as_root COMMAND...: only packages are installed that way.
as_root() {
    if is_root; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root, and sudo is not installed" "Run as root: $*"
    fi
}

# PostgreSQL refuses to run as root, and the relay need not. Root hands both to
# the owner of the data that is there, else to postgres, else to nobody; no user
# is created.
find_runner() {
    local owner
    is_root || { id -un; return; }
    owner=$(stat -L -c %U "$top/build/data" 2>/dev/null || true)
    if [ -n "$owner" ] && [ "$owner" != root ] && [ "$owner" != UNKNOWN ]; then
        say "$owner"
    elif id postgres >/dev/null 2>&1; then
        say postgres
    else
        say nobody
    fi
}

# as_runner COMMAND...: exec's in the end, so that $! is the command's own pid
# when it is put into the background. The runner may not be able to enter the
# caller's folder, therefore the cd.
as_runner() {
    cd "$build"
    if is_root; then
        exec setpriv --reuid "$runner" --regid "$(id -g "$runner")" --clear-groups \
            env HOME="$build" USER="$runner" LOGNAME="$runner" "$@"
    fi
    exec "$@"
}

# runner_dir DIR: a folder of the runner's own. Root must write nothing into it:
# whoever owns a folder can put a link to any file there.
runner_dir() {
    mkdir -p "$1"
    chmod 0700 "$1"
    if is_root; then chown "$runner:$(id -g "$runner")" "$1"; fi
}

# --- folders -----------------------------------------------------------------

# build/ is a plain folder where that works. It cannot be one when the runner
# may not enter the checkout (root's home), when the path has characters that
# make or PostgreSQL's build cannot cope with (spaces), or when it is too long
# for a socket's name (107 bytes): then build/ is a link to a folder elsewhere.
build_may_stay() {
    [[ $top =~ ^[A-Za-z0-9/._+-]{1,70}$ ]] || return 1
    # shellcheck disable=SC2030 # a build/ for the time of this question
    (build=/ && as_runner test -x "$top")
}

# Others can guess the name of that folder, and may write where it is, so check that it is ours.
outside_build() {
    local dir
    dir=/var/tmp/commentary-$(id -u)-$(printf %s "$top" | cksum | cut -d' ' -f1)
    mkdir -m 0755 "$dir" 2>/dev/null || true
    if [ -L "$dir" ] || [ ! -O "$dir" ]; then
        die "$dir is not ours" "Somebody else made it: remove it, or move the checkout to another path."
    fi
    say "$dir"
}

place_build() {
    local dir
    if [ ! -L "$top/build" ] && ! build_may_stay; then
        dir=$(outside_build)
        if [ -d "$top/build" ]; then
            cp -a "$top/build/." "$dir/"
            rm -rf "$top/build"
        fi
        ln -s "$dir" "$top/build"
    fi
    if [ -L "$top/build" ]; then
        dir=$(outside_build)
        [ "$(readlink "$top/build")" = "$dir" ] || ln -sfn "$dir" "$top/build"
    fi
    mkdir -p "$top/build" 2>/dev/null ||
        die "cannot write to $top/build" "It was made by another user: use that one, or remove it."
}

# lock NAME: one at a time in this checkout; held until the script ends, or
# until the caller's ( ) does. What is started in the background must close it: 9>&-
lock() {
    # shellcheck disable=SC2031
    exec 9>"$build/.lock-$1"
    flock -n 9 || { warn "  waiting: another make is at work in $top"; flock 9; }
}

forget_callers_settings() {
    local name
    for name in "${!PG@}"; do
        case $name in PG | PG_PORT | PG_CONFIG) ;; *) unset "$name" ;; esac
    done
    unset MAKEFLAGS MFLAGS MAKELEVEL
}

forget_callers_settings
runner=$(find_runner)
place_build
build=$(cd "$top/build" && pwd -P)
mkdir -p "$build/log"
pgtree=$build/pg/usr
pgbin=$pgtree/lib/postgresql/$PG/bin
