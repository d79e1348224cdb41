# shellcheck shell=bash disable=SC2154 # what it needs is set by the journey
# Does what the guide for operators says: its blocks are in /srv/copy/guide. It is sourced, not run.

guide=/srv/copy/guide
screen=/tmp/screen

# Prints what the screen has shown until now.
shows() { grep -qF -- "$1" "$screen"; }

# at_terminal SCRIPT TYPED: in a pseudo-terminal; each line is typed when the one before has been seen.
at_terminal() {
    local line
    rm -f /tmp/keys "$screen"
    mkfifo /tmp/keys
    script -qefc "bash -euo pipefail '$1'" "$screen" </tmp/keys >/dev/null &
    exec 7>/tmp/keys
    until_true shows '> '
    while IFS= read -r line; do
        printf '%s\r' "$line" >&7
        until_true shows "${line%% *}"
    done <"$2"
    until_true not kill -0 $! 2>/dev/null
    exec 7>&-
    wait $!
}

# prints_as_shown SHOWN PRINTED: two files, the same letter by letter; … stands for anything. What
# bash takes for a pattern is quoted.
prints_as_shown() {
    local shown
    [ -e "$1" ] || return 0
    shown=$(sed 's/[^[:alnum:][:space:]…]/\\&/g; s/…/*/g' "$1")
    # shellcheck disable=SC2053 # a pattern
    [[ $(cat "$2") == $shown ]] || { echo "it does not print as is shown:"; cat "$1" "$2"; return 1; }
}

# follow HEADING: all blocks below it, in the folder of the packages.
follow() {
    local block
    for block in "$guide"/[0-9][0-9]-"$1".sh; do
        cd "$packages_folder" || exit
        if [ -e "${block%.sh}.typed" ]; then
            check "guide: $(head -n 1 "$block") …, typed" at_terminal "$block" "${block%.sh}.typed"
        else
            timeout 400 bash -euo pipefail "$block" >/tmp/printed 2>/tmp/err || { cat "$block" /tmp/printed /tmp/err; echo "not ok - guide: $block"; exit 1; }
            check "guide: $(head -n 1 "$block" | cut -c 1-70)" prints_as_shown "${block%.sh}.expected" /tmp/printed
        fi
    done
}
