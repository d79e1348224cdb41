# shellcheck shell=bash disable=SC2154 # what it needs is set by the journey
# Reads the metrics of a running relay and database by Prometheus, with the files of the package.
# It is sourced, not run.

monitoring=/usr/share/commentary/monitoring
bin=/srv/prometheus/usr/bin
prometheus=http://127.0.0.1:9090

configure() {
    mkdir -p /tmp/prometheus
    cat >/tmp/prometheus/prometheus.yml <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [$monitoring/alerts.yml]
scrape_configs:
  - job_name: commentary-relay
    static_configs: [{targets: ['127.0.0.1:8080']}]
  - job_name: commentary-db
    static_configs: [{targets: ['127.0.0.1:9187']}]
END
}

start_exporter() {
    runuser -u postgres -- psql -d live -Xqf "$monitoring/monitor.sql"
    runuser -u postgres -- psql -d live -Xqc 'CREATE ROLE monitor LOGIN IN ROLE commentary_monitor' -c "ALTER ROLE monitor PASSWORD 'read-only'"
    DATA_SOURCE_NAME='host=127.0.0.1 user=monitor password=read-only dbname=live sslmode=disable' "$bin/prometheus-postgres-exporter" \
        --extend.query-path="$monitoring/queries.yml" >/tmp/prometheus/exporter.log 2>&1 &
    exporter=$!
}

start_prometheus() {
    "$bin/prometheus" --config.file=/tmp/prometheus/prometheus.yml --storage.tsdb.path=/tmp/prometheus/data \
        --web.listen-address=127.0.0.1:9090 >/tmp/prometheus/log 2>&1 &
    server=$!
}

# What a query of PromQL returns, a line for each series.
query() { "$bin/promtool" query instant "$prometheus" "$1"; }
has_series() { [ -n "$(query "$1" 2>&1)" ]; }

# The dashboard's, as Grafana asks them with all relays chosen; without python, as this Debian is bare.
dashboard_queries() {
    # shellcheck disable=SC2016 # Grafana's variables
    sed -n 's/^ *"expr": "\(.*\)",\{0,1\}$/\1/p' "$monitoring/dashboard.json" | sed 's/\\"/"/g; s/\$relay/.*/g; s/\$__rate_interval/1m/g'
}

answers_each_query() {
    local expr count=0 empty=0
    while IFS= read -r expr; do
        query "$expr" >/tmp/answer 2>&1 || { echo "$expr"; cat /tmp/answer; return 1; }
        count=$((count + 1))
        [ -s /tmp/answer ] || { empty=$((empty + 1)); echo "nothing yet: $expr"; }
    done < <(dashboard_queries)
    echo "$count queries, $empty of them without a series"
    [ "$count" -gt 20 ] && [ "$empty" -le 3 ]
}

fires_no_alert() { ! has_series 'ALERTS{alertstate="firing"}'; }

read_metrics() {
    configure
    start_exporter
    start_prometheus
    check "monitoring: Prometheus reads the relay" until_true has_series 'up{job="commentary-relay"} == 1'
    check "monitoring: and the extension's statistics" until_true has_series 'commentary_status_is_running == 1'
    check "monitoring: promtool likes the metrics" bash -c "set -o pipefail; curl -fsS '$relay/metrics' | '$bin/promtool' check metrics"
    until_true has_series 'rate(commentary_connects_total[1m])'
    check "monitoring: each query of the dashboard is answered" answers_each_query
    cat /tmp/said
    check "monitoring: no alert fires" fires_no_alert
    kill "$server" "$exporter"
    wait "$server" "$exporter" || true
    runuser -u postgres -- psql -d live -Xqc 'DROP OWNED BY commentary_monitor' -c 'DROP ROLE monitor, commentary_monitor'
}
