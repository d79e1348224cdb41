# shellcheck shell=bash disable=SC2154 # what it needs is set by the journey
# Asks the Prometheus that the guide has set up, which reads a running relay and database, with the
# files of the package. It is sourced, not run.

monitoring=/usr/share/commentary/monitoring
prometheus=http://127.0.0.1:9090

# What a query of PromQL returns, a line for each series.
query() { promtool query instant "$prometheus" "$1"; }
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
    check "monitoring: Prometheus reads the relay" until_true has_series 'up{job="commentary-relay"} == 1'
    check "monitoring: and the extension's statistics" until_true has_series 'commentary_status_is_running == 1'
    check "monitoring: promtool likes the metrics" bash -c "set -o pipefail; curl -fsS '$relay/metrics' | promtool check metrics"
    until_true has_series 'rate(commentary_connects_total[1m])'
    check "monitoring: each query of the dashboard is answered" answers_each_query
    cat /tmp/said
    check "monitoring: no alert fires" fires_no_alert
}

# All that Debian's packages leave: they keep their user.
remove_prometheus() {
    apt purge --autoremove prometheus prometheus-postgres-exporter
    userdel prometheus 2>/dev/null || true
    rm -rf /var/lib/prometheus /var/log/prometheus /etc/prometheus /run/prometheus
}
