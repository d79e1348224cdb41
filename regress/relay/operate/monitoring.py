#!/usr/bin/python3
"""relay/monitoring: the alert rules and the dashboard ask for what a relay and the exporter's
queries really have, and what happens seldom is counted."""
import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import unittest

import psycopg2
import yaml

from support.base.case import Case, run
from support.base.metrics import Metrics, get
from support.base.stack import DEADLINE_S, wait_for

FILES = f"{os.path.dirname(os.path.realpath(__file__))}/../../../relay/monitoring"
PROMTOOL = f"{os.environ.get('COMMENTARY_PROMETHEUS', '')}/promtool"
SELECTOR = re.compile(r"\b((?:commentary|process)_[a-z_]+)(?:\{([^}]*)\})?")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
OF_TARGETS = {"instance", "job", "server"}  # labels that Prometheus and the exporter add
DESCRIPTORS = 8  # connections that may come and go while they are counted


def load(name):
    with open(f"{FILES}/{name}", encoding="utf-8") as file:
        return yaml.safe_load(file)


def rules():
    return [rule for group in load("alerts.yml")["groups"] for rule in group["rules"]]


def dashboard():
    with open(f"{FILES}/dashboard.json", encoding="utf-8") as file:
        return json.load(file)


def dashboard_queries():
    """As Grafana asks them, with all relays chosen."""
    return [target["expr"].replace("$relay", ".*") for panel in dashboard()["panels"]
            for target in panel.get("targets", [])]


def exporter_metrics():
    """The labels of each metric that postgres_exporter makes of its queries."""
    metrics = {}
    for query, what in load("queries.yml").items():
        columns = {name: column["usage"] for metric in what["metrics"] for name, column in metric.items()}
        labels = {name for name, usage in columns.items() if usage == "LABEL"}
        metrics |= {f"{query}_{name}": labels for name in columns.keys() - labels}
    return metrics


def promtool(*arguments, **options):
    return subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False,
                          timeout=DEADLINE_S, **options)


class Monitoring(Case):
    relay_options = ("--heartbeat", "500ms")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.may_lose_workers = True
        for _ in range(2):
            cls.stack.pg("psql", "-Xqd", cls.stack.conninfo, "-f", f"{FILES}/monitor.sql")
        cls.stack.sql("CREATE ROLE monitor LOGIN IN ROLE commentary_monitor")
        cls.match = cls.stack.create_match("live")

    def document(self):
        """With all that it has once the first heartbeat has been answered; a relay that starts has none."""
        def whole():
            try:
                text = get(self.stack.relay_port)[1]
            except (OSError, http.client.HTTPException):
                return None
            return text if "commentary_acknowledging" in text else None
        return wait_for(whole, "the metrics are whole")

    def metrics(self):
        return Metrics(self.document())

    def becomes(self, name, is_right):
        wait_for(lambda: is_right(self.metrics()[name]), f"{name} is right")

    def labels(self):
        """Those of each metric there is."""
        labels = exporter_metrics()
        for line in self.document().splitlines():
            if not line.startswith("#"):
                name, _, rest = line.partition(" ")[0].partition("{")
                labels[name] = set(LABEL.findall(rest))
        return labels

    def must_exist(self, queries):
        labels = self.labels()
        for query in queries:
            selectors = SELECTOR.findall(query)
            self.assertTrue(selectors or query.startswith("up{"), query)
            for name, matchers in selectors:
                self.assertIn(name, labels, query)
                asked = set(LABEL.findall(re.sub(r'"[^"]*"', "", matchers)))
                self.assertLessEqual(asked, labels[name] | OF_TARGETS, query)

    # ---- the rules ----

    def test_rules_ask_for_what_there_is(self):
        self.must_exist(rule["expr"] for rule in rules())

    def test_each_rule_says_what_it_means_and_what_to_do(self):
        for rule in rules():
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"), rule["alert"])
            for text in ("summary", "action"):
                self.assertRegex(rule["annotations"][text], r"^\S.{30,}\.$", rule["alert"])

    def test_each_rule_is_tested(self):
        text = json.dumps(load("alerts_test.yml"))
        self.assertEqual([rule["alert"] for rule in rules() if f'\\"{rule["alert"]}\\"' not in text], [])

    @unittest.skipUnless(os.access(PROMTOOL, os.X_OK), "there is no promtool here")
    def test_promtool_finds_them_right(self):
        done = promtool("check", "rules", f"{FILES}/alerts.yml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = promtool("test", "rules", f"{FILES}/alerts_test.yml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(os.access(PROMTOOL, os.X_OK), "there is no promtool here")
    def test_promtool_reads_the_metrics(self):
        done = promtool("check", "metrics", input=self.document())
        self.assertNotIn("error while linting", done.stdout + done.stderr)
        self.assertNotIn("should", done.stdout + done.stderr)

    # ---- the dashboard ----

    def test_the_dashboard_asks_for_what_there_is(self):
        self.must_exist(dashboard_queries())

    def test_the_dashboard_is_whole(self):
        board = dashboard()
        self.assertLessEqual({"title", "uid", "schemaVersion", "templating", "panels"}, board.keys())
        numbers = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(numbers), len(set(numbers)))
        places = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(places & cells, f"{panel['title']} lies upon another")
            places |= cells
        variables = {variable["name"] for variable in board["templating"]["list"]}
        used = set(re.findall(r"\$\{?(\w+)", json.dumps(board))) - {"__all"}
        self.assertEqual(used, variables)

    @unittest.skipUnless(os.access(PROMTOOL, os.X_OK), "there is no promtool here")
    def test_the_queries_of_the_dashboard_are_promql(self):
        recorded = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(dashboard_queries())]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}, file)
            file.flush()
            done = promtool("check", "rules", file.name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{len(recorded)} rules found", done.stdout)

    # ---- the exporter ----

    def test_the_queries_of_the_exporter_return_what_they_name(self):
        conninfo = self.stack.conninfo.replace("user=postgres", "user=monitor")
        with contextlib.closing(psycopg2.connect(conninfo)) as connection:
            connection.autocommit = True
            for name, what in load("queries.yml").items():
                self.returns(connection, name, what)

    def returns(self, connection, name, what):
        columns = {column: about["usage"] for metric in what["metrics"] for column, about in metric.items()}
        with connection.cursor() as cursor:
            cursor.execute(what["query"])
            self.assertEqual([column.name for column in cursor.description], list(columns), name)
            rows = cursor.fetchall()
        self.assertTrue(rows, name)
        for row in rows:
            for value, (column, usage) in zip(row, columns.items()):
                self.assertIsInstance(value, str) if usage == "LABEL" else float(value)
                self.assertEqual(usage == "COUNTER", column.endswith("_total"), column)

    def test_the_role_of_the_exporter_reads_no_commentary(self):
        for table in ("entry", "match", "feed", "rejected"):
            self.assertEqual(self.stack.sql(
                f"SELECT has_table_privilege('monitor', 'commentary.{table}', 'SELECT')"), "f", table)

    # ---- what is counted ----

    def test_descriptors_are_those_of_the_process(self):
        wait_for(lambda: abs(self.metrics()["process_open_fds"]
                             - len(os.listdir(f"/proc/{self.stack.relay_pid}/fd"))) <= DESCRIPTORS,
                 "descriptors are counted")
        now = self.metrics()
        self.assertLess(now["process_open_fds"], now["process_max_fds"])

    def test_what_comes_is_timed_though_nobody_follows(self):
        before = self.metrics()["commentary_source_lag_seconds"]
        self.stack.sql(f"SELECT commentary.post({self.match}, 'nobody follows')")
        self.becomes("commentary_source_lag_seconds", lambda lag: lag not in (0, before) and lag < DEADLINE_S)

    def test_another_epoch_is_counted(self):
        before = self.metrics()["commentary_epoch_changes_total"]
        self.stack.sql("SELECT commentary.begin_epoch()")
        self.becomes("commentary_epoch_changes_total", lambda count: count == before + 1)

    def test_a_worker_that_was_replaced_says_so(self):
        before = self.metrics()["commentary_worker_restarts_total"]
        os.kill(self.stack.relay_pid, signal.SIGKILL)
        self.becomes("commentary_worker_restarts_total", lambda count: count == before + 1)


if __name__ == "__main__":
    run(Monitoring)
