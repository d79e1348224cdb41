#!/usr/bin/python3
"""A real Prometheus reads a relay and, by the exporter, a database, with the files of relay/monitoring: each query of
each panel of the dashboard has an answer, and the rules can be evaluated."""
import json
import os
import re
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

import yaml

from support.base.case import Case, run
from support.base.port import free_ports
from support.base.stack import DEADLINE_S, wait_for
from support.viewer.viewer import Viewer

FILES = f"{os.path.dirname(os.path.realpath(__file__))}/../../../relay/monitoring"
PROGRAMS = os.environ.get("COMMENTARY_PROMETHEUS", "")
STARTING = 503
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


def dashboard():
    with open(f"{FILES}/dashboard.json", encoding="utf-8") as file:
        return json.load(file)


def panels():
    """The title, the query and the legend of each target, as Grafana asks with all relays chosen."""
    return [(panel["title"], target["expr"].replace("$relay", ".*"), target.get("legendFormat", ""))
            for panel in dashboard()["panels"] for target in panel.get("targets", [])]


@unittest.skipUnless(os.path.isdir(PROGRAMS), "there is no Prometheus here")
class Scraped(Case):
    relay_options = ("--heartbeat", "500ms", "--origins", "https://site.example")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.port = free_ports(2)
        cls.exporter_port = cls.port + 1
        cls.stack.pg("psql", "-Xqd", cls.stack.conninfo, "-f", f"{FILES}/monitor.sql")
        cls.stack.sql("CREATE ROLE monitor LOGIN IN ROLE commentary_monitor")
        cls.match = cls.stack.create_match("live")
        cls.start("exporter", "prometheus-postgres-exporter", f"--extend.query-path={FILES}/queries.yml",
                  "--disable-default-metrics", "--disable-settings-metrics",
                  f"--web.listen-address=127.0.0.1:{cls.exporter_port}",
                  DATA_SOURCE_NAME=f"{cls.stack.conninfo} sslmode=disable".replace("user=postgres", "user=monitor"))
        cls.configure()
        cls.start("prometheus", "prometheus", f"--config.file={cls.stack.dir}/prometheus.yml",
                  f"--storage.tsdb.path={cls.stack.dir}/tsdb", f"--web.listen-address=127.0.0.1:{cls.port}")

    @classmethod
    def start(cls, name, program, *arguments, **variables):
        with open(f"{cls.stack.dir}/{name}.log", "wb") as log:
            process = subprocess.Popen([f"{PROGRAMS}/{program}", *arguments], stdout=log, stderr=log,
                                       env=os.environ | variables)
        cls.addClassCleanup(cls.end, process)

    @staticmethod
    def end(process):
        process.kill()
        process.wait(DEADLINE_S)

    @classmethod
    def configure(cls):
        """As relay/README.md says, but sooner."""
        targets = {"commentary-relay": cls.stack.relay_port, "commentary-db": cls.exporter_port}
        with open(f"{cls.stack.dir}/prometheus.yml", "w", encoding="utf-8") as file:
            yaml.safe_dump({
                "global": {"scrape_interval": "2s", "evaluation_interval": "1s"},
                "rule_files": [os.path.realpath(f"{FILES}/alerts.yml")],
                "scrape_configs": [{"job_name": job, "scrape_timeout": "2s",
                                    "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
                                   for job, port in targets.items()]}, file)

    def ask(self, path, **parameters):
        """Nothing, until it answers."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=DEADLINE_S) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            with error:
                self.assertEqual(error.code, STARTING, error.read().decode())
            return None
        except OSError:
            return None

    def series(self, query):
        """The labels of each series that has a value."""
        answer = self.ask("query", query=query)
        return [one["metric"] for one in answer["result"] if one["value"][1] != "NaN"] if answer else []

    async def some_life(self):
        """A viewer comes, is sent a line and leaves; a page of another site is refused."""
        viewer = await Viewer(self.stack, self.match).join()
        self.stack.sql(f"SELECT commentary.post({self.match}, 'a line')")
        last = self.stack.head(self.match)
        await viewer.follow(lambda: last)
        await viewer.close()
        request = urllib.request.Request(f"{self.stack.url}/ws", headers={
            "Origin": "https://other.example", "Connection": "Upgrade", "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=DEADLINE_S)
        refused.exception.close()

    async def test_each_panel_has_an_answer_and_its_legend(self):
        wait_for(lambda: len(self.series("up == 1")) == 2, "Prometheus reads the relay and the exporter")
        await self.some_life()
        for title, query, legend in panels():
            found = wait_for(lambda query=query: self.series(query), f"the panel {title} has an answer to {query}")
            wanted = set(PLACEHOLDER.findall(legend))
            self.assertEqual([labels for labels in found if wanted - labels.keys()], [], f"{title}: {legend}")

    def test_the_variable_of_the_dashboard_names_the_relay(self):
        wait_for(lambda: self.ask("label/instance/values", **{"match[]": "commentary_viewers"})
                 == [f"127.0.0.1:{self.stack.relay_port}"], "the relay can be chosen")

    def test_the_rules_can_be_evaluated(self):
        def rules():
            answer = self.ask("rules") or {"groups": []}
            found = [rule for group in answer["groups"] for rule in group["rules"]]
            return found if found and all(rule["health"] != "unknown" for rule in found) else None
        for rule in wait_for(rules, "all rules were evaluated"):
            self.assertEqual((rule["health"], rule.get("lastError", "")), ("ok", ""), rule["name"])

    def test_the_exporter_has_no_error(self):
        """It reads all of queries.yml as a role that may read no commentary."""
        wait_for(lambda: self.series("commentary_check_ok"), "it was read")
        self.assertEqual(self.series("pg_exporter_last_scrape_error != 0"), [])
        self.assertEqual(self.series("pg_exporter_user_queries_load_error != 0"), [])


if __name__ == "__main__":
    run(Scraped)
