# shellcheck shell=bash disable=SC2154 # what it needs is set by the journey
# The service with options that the guide leaves as they are: four workers with their feeder, TLS, IPv6, a /tmp
# that cannot be written, another user, and the port opened by systemd. It is part of the journey, which
# sources it, and leaves the service as it was.

dropin=/run/systemd/system/commentary-relay.service.d/test.conf
keys=/srv/keys
as_root_port=8099

has_ipv6() { [ -e /proc/net/if_inet6 ] && grep -q '^0*1 ' /proc/net/if_inet6; }
post() { ask "SELECT commentary.post(1, '$1')" >/dev/null; }
sessions() { is_answer "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'commentary-relay'" "$1"; }

# asks PATH [OPTION]...: over TLS, with the certificate checked.
asks() {
    local path=$1
    shift
    curl -fsS --cacert "$keys/cert.pem" "$@" "https://localhost:8080$path"
}
is_ready() { asks /readyz "$@" >/dev/null 2>&1; }
tls_document_has() { asks "/matches/1/commentary?since=0" -6 | has -F -- "$1"; }

make_certificate() {
    mkdir -p "$keys"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout "$keys/key.pem" -out "$keys/cert.pem" 2>/dev/null
    chgrp commentary-relay "$keys/key.pem"
    chmod 640 "$keys/key.pem"
}

configure_service() {
    cp -p "$conf" /tmp/relay.conf.before
    sed -i 's/^listen = .*/listen = [::]:8080/' "$conf"
    printf '%s\n' "tls-cert = $keys/cert.pem" "tls-key = $keys/key.pem" 'workers = 4' >>"$conf"
    mkdir -p "$(dirname "$dropin")"
    printf '%s\n' '[Service]' 'PrivateTmp=no' 'ReadOnlyPaths=/tmp /var/tmp /run' >"$dropin"
    systemctl daemon-reload
}

restore_service() {
    cp -p /tmp/relay.conf.before "$conf"
    rm -r "$(dirname "$dropin")"
    systemctl daemon-reload
}

has_no_tmp() { ! nsenter --target "$(pid_of_relay)" --mount --root -- touch /tmp/written 2>/dev/null; }
serial() { openssl s_client -connect localhost:8080 </dev/null 2>/dev/null | openssl x509 -noout -serial; }
is_another_certificate() { local now; now=$(serial) && [ -n "$now" ] && [ "$now" != "$1" ]; }

with_workers_and_tls() {
    local before
    make_certificate
    configure_service
    systemctl restart commentary-relay
    check "options: it serves over TLS and IPv6" until_true is_ready -6
    check "options: and IPv4, on the same port" is_ready -4
    check "options: four workers share one session of the database" until_true sessions 1
    check "options: it cannot write to /tmp" has_no_tmp
    post 'By the feeder.'
    check "options: what is written comes" until_true tls_document_has 'By the feeder.'
    before=$(serial)
    make_certificate
    systemctl reload commentary-relay
    check "options: a reload takes another certificate" until_true is_another_certificate "$before"
    restore_service
}

# The children of a relay that root has started are the user's; so are the workers and the feeder.
are_of_user() {
    local pid pids
    read -ra pids < <(cat "/proc/$1/task/$1/children" && echo)
    for pid in "${pids[@]}"; do [ "$(stat -c %U "/proc/$pid")" = "$2" ] || return 1; done
    [ "${#pids[@]}" = 5 ]
}
serves_as_root() { curl -fsS "http://127.0.0.1:$as_root_port/readyz" >/dev/null 2>&1; }

by_root_as_another_user() {
    local pid
    commentary-relay --config "$conf" --listen "127.0.0.1:$as_root_port" --workers 4 --user commentary-relay 2>/tmp/as-root.log &
    pid=$!
    check "--user: a relay of root's serves, with its feeder" until_true serves_as_root
    check "--user: its workers are the user's" are_of_user "$pid" commentary-relay
    kill "$pid"
    wait "$pid" || true
}

answers() { curl -fsS --retry 30 --retry-delay 1 --retry-all-errors "$relay/readyz"; }

# The one that listens on port 8080 (1F90).
is_opened_by_systemd() {
    local inode
    inode=$(awk '$2 ~ /:1F90$/ && $4 == "0A" { print $10 }' /proc/net/tcp)
    [ -n "$inode" ] && find /proc/1/fd -lname "socket:\[$inode\]" | has .
}

with_a_socket() {
    local before
    systemctl stop commentary-relay
    systemctl start commentary-relay.socket
    check "socket: the first client starts the service" answers
    check "socket: the relay has opened none of its own" is_opened_by_systemd
    before=$(pid_of_relay)
    systemctl restart commentary-relay &
    check "socket: a restart refuses nobody" curl -fsS --max-time 60 "$relay/livez"
    wait $!
    check "socket: it was restarted" is_another "$before"
    systemctl stop commentary-relay.socket commentary-relay
    systemctl start commentary-relay
    check "the service is as it was" answers
}

try_service() {
    if has_ipv6; then with_workers_and_tls; else echo "skip - there is no IPv6 here"; fi
    by_root_as_another_user
    systemctl restart commentary-relay
    with_a_socket
}
