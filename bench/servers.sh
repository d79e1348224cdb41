# shellcheck shell=bash disable=SC2034,SC2154 # it shares names with who sources it
# The servers that are compared, one at a time, each on a core of its own. Sourced
# after cluster.sh.
#
#   server_start KIND [OPTION]...   sets server_pid, port, and publishing: the options
#                                   that tell the load how to reach it
#   server_stop

server_cpu=0
load_cpu=1
server_pid=

# In the background, its output to $work/server.out; server_pid is the program's own.
launch() {
    : >"$work/server.out"
    (as_runner env "${connection[@]}" taskset -c "$server_cpu" "$@") \
        </dev/null >"$work/server.out" 2>&1 9>&- &
    server_pid=$!
}

is_running() { kill -0 "$server_pid" 2>/dev/null; }

# told PATTERN: what follows it in the output, once it is there.
told_by_server() {
    local end=$((SECONDS + 20)) found
    while [ "$SECONDS" -lt "$end" ]; do
        found=$(sed -nE "s/.*$1([0-9]+).*/\\1/p" "$work/server.out" | head -n 1)
        [ -z "$found" ] || { say "$found"; return; }
        is_running || break
        sleep 0.02
    done
    tail -n 5 "$work/server.out" >&2
    die "the server did not start"
}

# http_status PATH: of the server at $port.
http_status() {
    local line
    exec 8<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$1" >&8
    read -r -t 5 line <&8
    exec 8>&-
    say "$line" | cut -d' ' -f2
}

wait_for_status() {
    local end=$((SECONDS + 20))
    until [ "$( (http_status "$1") 2>/dev/null)" = 200 ]; do
        [ "$SECONDS" -lt "$end" ] || die "the server is not ready" "$(tail -n 5 "$work/server.out")"
        sleep 0.02
    done
}

# The table is not asked what is newest: what is notified here is not in it.
start_relay() {
    launch "$build/relay/commentary-relay" --listen 127.0.0.1:0 --heartbeat 60min "$@"
    port=$(told_by_server 'msg=listening.* port=')
    publishing=(--protocol relay --publish notify)
    wait_for_status /readyz
}

start_loop() {
    launch "$bin/send-loop" "$@"
    port=$(told_by_server '^port ')
    publishing=(--protocol lines --publish notify)
}

start_ws() {
    launch node "$build/bench/peers/ws/server.js"
    port=$(told_by_server '^port ')
    publishing=(--protocol plain --path "/ws?match=1" --publish tcp
        --publish-port "$(told_by_server '^publish ')")
}

# start_node POOL: Express, ws and pg with a pool of so many connections.
start_node() {
    launch env NODE_ENV=production node "$build/bench/peers/node/server.js" "$1"
    port=$(told_by_server '^port ')
    publishing=(--protocol plain --path "/ws?match=1" --publish http --publish-port "$port"
        --publish-path /matches/1/commentary)
}

# Without a master process, so that the pid is that of the worker.
start_nginx() {
    port=$(free_port)
    sed -e "s|@port@|$port|; s|@modules@|$build/nginx/usr/lib/nginx/modules|; s|@work@|$server/nginx|" \
        "$bench/peers/nginx.conf" >"$work/nginx.conf"
    launch "$build/nginx/usr/sbin/nginx" -p "$server/nginx" -c "$work/nginx.conf" -e stderr
    wait_for_status /
    publishing=(--protocol plain --path /subscribe --publish http --publish-port "$port"
        --publish-path /publish)
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

server_start() {
    local kind=$1
    shift
    case $kind in
    relay) start_relay "$@" ;;
    loop) start_loop commentary ;;
    coalescing) start_loop --coalesce commentary ;;
    trigger) start_loop bench ;;
    ws) start_ws ;;
    node) start_node "${1:-10}" ;;
    nchan | nginx) start_nginx ;;
    esac
}

# No server holds anything that must be kept.
server_stop() {
    [ -n "$server_pid" ] || return 0
    kill -KILL "$server_pid" 2>/dev/null || true
    wait "$server_pid" 2>/dev/null || true
    server_pid=
}

prepare_nginx() {
    local folder
    "$bench/private-nginx"
    for folder in "" /var /var/lib /var/lib/nginx; do runner_dir "$server/nginx$folder"; done
    software+=("$("$build/nginx/usr/sbin/nginx" -v 2>&1 | sed 's/.*: //')")
}

prepare_ws() {
    prepare_npm ws
    software+=("node $(node --version)" "ws $(version_of ws ws)")
}

prepare_node() {
    prepare_npm node
    sql -f "$bench/peers/node/schema.sql" >/dev/null
    software+=("node $(node --version)" "express $(version_of node express)" "pg $(version_of node pg)" "ws $(version_of node ws)")
}

# prepare_npm PEER: its packages, as its lock file has them, below build/.
prepare_npm() {
    install_npm
    peer=$build/bench/peers/$1
    mkdir -p "$peer"
    cp "$bench/peers/$1"/* "$peer/"
    cmp -s "$peer/package-lock.json" "$peer/installed-lock.json" || step "installing npm packages of peers/$1" install_packages
}

# version_of PEER PACKAGE
version_of() {
    node -p "require('$build/bench/peers/$1/package-lock.json').packages['node_modules/$2'].version"
}

# Not in the list of packages: where nodejs is not Debian's, it has npm inside and
# cannot be installed beside Debian's.
install_npm() { command -v npm >/dev/null || "$stack/install-packages" --names npm; }

install_packages() { cd "$peer" && npm ci --ignore-scripts --no-audit --no-fund && cp package-lock.json installed-lock.json; }
