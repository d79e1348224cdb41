# shellcheck shell=bash disable=SC2154 # what it needs is set by the journey
# From version 1.1 to this one, while the service runs: what was written stays, viewers go on. It is
# part of the journey, which sources it.

write() { ask "INSERT INTO commentary.feed (match_id, minute, kind, message) VALUES (1, $1, 'comment', '$2')"; }

begin_with_1_1() {
    # shellcheck disable=SC2046 # words
    apt install $(packages deb-1.1)
    check "1.1: it is installed" are_version "$(version_of deb-1.1)" commentary-relay "postgresql-$PG-commentary"
    useradd --create-home reporter
    runuser -u postgres -- psql -Xqc "ALTER SYSTEM SET shared_preload_libraries = 'commentary'"
    pg_ctlcluster "$PG" main restart
    runuser -u postgres -- createdb live
    ask 'CREATE EXTENSION commentary'
    runuser -u postgres -- psql -d live -Xqf "/usr/share/postgresql/$PG/contrib/commentary/roles.sql"
    ask 'CREATE ROLE "commentary-relay" LOGIN IN ROLE commentary_relay'
    ask 'CREATE ROLE reporter LOGIN IN ROLE commentary_writer'
    sed -i 's/^#database = /database = /' "$conf"
    systemctl enable --now commentary-relay 2>/dev/null
    check "1.1: the extension is of 1.1" is_answer "SELECT extversion FROM pg_extension WHERE extname = 'commentary'" 1.1
    ask "SELECT commentary.create_match('Rovers', 'City', status => 'live')" >/dev/null
    write 1 'Written by 1.1.'
    check "1.1: the relay serves it" until_true document_has 'Written by 1.1.'
}

: >/tmp/events
census >/tmp/before
begin_with_1_1
watches
check "1.1: a viewer follows" until_true has_seen welcome
before=$(pid_of_relay)
# The block installs the tools as well, which 1.1 did not have.
follow upgrade
check "1.1 → now: another relay runs" is_another "$before"
check "1.1 → now: the extension is of now" is_answer "SELECT extversion FROM pg_extension WHERE extname = 'commentary'" \
    "$(sed -n "s/^default_version = '\(.*\)'/\1/p" "/usr/share/postgresql/$PG/extension/commentary.control")"
check "1.1 → now: nothing is wrong" is_answer "SELECT count(*) FROM commentary.check() WHERE NOT is_ok AND subject NOT IN ('relays', 'listeners')" 0
write 2 'Written after the upgrade.'
check "1.1 → now: old and new lines are served" until_true document_has 'Written after the upgrade.'
check "1.1 → now: the old ones first" document_has 'Written by 1.1.*Written after the upgrade.'
kill "$watcher" 2>/dev/null || true
follow remove
check "1.1 → now, purged: no file, user or group is left" diff /tmp/before <(census)
