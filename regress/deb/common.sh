# shellcheck shell=bash disable=SC2034 # what is set here is used by who sources it
# Functions that the tests of the packages share. They run as root in a minimal Debian. It is sourced,
# not run.
# /srv/copy has the packages: deb/ of now, deb-before/ of a version just before, deb-1.1/.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

conf=/etc/commentary/relay.conf
names=(commentary-relay commentary-tools libjs-commentary "postgresql-$PG-commentary")
passed=0

# check TEXT COMMAND...: one assertion.
check() {
    local text=$1
    shift
    "$@" >/tmp/said 2>&1 || { echo "not ok - $text: $*"; cat /tmp/said; exit 1; }
    passed=$((passed + 1))
    echo "ok - $text"
}

# until_true COMMAND...: for a minute at most.
until_true() {
    local end=$((SECONDS + 60))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || { echo "never came true: $*"; return 1; }
        sleep 0.1
    done
}

not() { ! "$@"; }
# Reads all of its input, because writing into a pipe without a reader fails.
has() { local count; count=$(grep -c "$@") && [ -n "$count" ]; }

packages() { find "/srv/copy/$1" -name '*.deb' ! -name '*-dbgsym_*' | sort; }
version_of() { dpkg-deb -f "$(packages "$1" | head -n 1)" Version; }

apt() { apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }; }

# What our packages ask for comes first, so that all that is new afterwards is ours.
install_dependencies() {
    local wanted
    # shellcheck disable=SC2046 # words
    wanted=$(apt-get install -s --no-install-recommends $(packages deb) "$@" | awk '$1 == "Inst" && !/commentary/ { print $2 }')
    # shellcheck disable=SC2086 # words
    [ -z "$wanted" ] || apt -o Dpkg::Options::=--force-confold install $wanted
}

# Every file but those of the package manager itself, of a cluster, of this script, and the copies that
# useradd keeps of its own; every user and group.
census() {
    find / -xdev \( -path /proc -o -path /run -o -path /srv -o -path /tmp -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache \
        -o -path /var/log -o -path "/var/lib/postgresql/$PG/main" -o -path '/etc/sub[gu]id-' -o -path /root/.psql_history \) -prune -o -print | sort
    getent passwd | cut -d: -f1 | sort
    getent group | cut -d: -f1 | sort
}

is_version() { [ "$(dpkg-query -W -f '${Version} ${db:Status-Status}' "$1")" = "$2 installed" ]; }
are_version() {
    local version=$1
    shift
    for name in "$@"; do is_version "$name" "$version" || return 1; done
}
all_are() { are_version "$1" "${names[@]}"; }
is_gone() { ! dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qv '^not-installed$'; }
are_gone() { for name in "$@"; do is_gone "$name" || return 1; done; }
all_are_gone() { are_gone "${names[@]}"; }
