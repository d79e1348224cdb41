#!/usr/bin/python3
"""What is taken of samples, of perf's report, and of the plans in a server's log."""

import json
import os
import tempfile
import unittest

from tests import run

from commentary_bench import cluster, perf, plans, samples


class Samples(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file_of(self, text):
        path = os.path.join(self.folder.name, "samples")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_shares_of_each(self):
        path = self.file_of("writers|Lock: a\n" * 3 + "writers|IO: b\n" + "flusher|IO: WALSync\n" + "\nwriters|cut o")
        self.assertEqual(
            samples.table_of_waits(path, 1).splitlines()[2:],
            ["| flusher | IO: WALSync | 100 % |", "| writers | Lock: a | 75 % |"],
        )

    def test_the_largest(self):
        self.assertEqual(samples.largest(self.file_of("\n0\n9.5e-05\n1e-05\n99")), "9.5e-05")
        self.assertEqual(samples.largest(self.file_of("9\n10\n\n")), "10")
        self.assertEqual(samples.largest(self.file_of("")), "0")


REPORT = """# To display the perf.data header info
    12.50%     1234:postgres    [.] ExecInitNode                 -      -
     7.00%     99:postgres      [k] copy_page
     2.25%     0:swapper        [k] pv_native_safe_halt          -      -
     1.00%     77:pgbench       [.] 0x0000000000001234
 broken
"""


class Perf(unittest.TestCase):
    def test_the_flusher_is_told_from_the_writers(self):
        self.assertEqual(
            list(perf.lines_of(REPORT, 1234)),
            [
                ("12.50", "flusher", "[.] ExecInitNode"),
                ("7.00", "writers", "[k] copy_page"),
                ("2.25", "idle", "[k] pv_native_safe_halt"),
                ("1.00", "pgbench", "[.] 0x0000000000001234"),
            ],
        )

    def test_the_table(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/cpu"
            self.assertIsNone(perf.table_of_cpus(path))
            with open(path, "w", encoding="utf-8") as file:
                file.writelines("\t".join(line) + "\n" for line in perf.lines_of(REPORT, 1234))
            rows = perf.table_of_cpus(path).splitlines()
        self.assertEqual(
            rows[2:5],
            ["| flusher | 12 % | `ExecInitNode` 12.5 |", "| writers | 7 % | `kernel: copy_page` 7 |", "| idle | 2 % |  |"],
        )


def logged(backend, application, text, plan):
    body = json.dumps({"Query Text": text, "Plan": plan}, indent=2).replace("\n", "\n\t")
    return f"2026-01-01 12:00:00.000 UTC [1] {backend}|{application}|LOG:  duration: 0.1 ms  plan:\n\t{body}\n"


def scan(kind, relation, index=None, below=()):
    node = {"Node Type": kind, "Relation Name": relation, "Plans": list(below)}
    return node | ({"Index Name": index} if index else {})


OF_THE_RELAY = scan("Index Scan", "entry", "entry_pkey", [scan("Seq Scan", "match")])

LOG = (
    "2026-01-01 12:00:00.000 UTC [1] x|y|LOG:  something else\n"
    + logged("client backend", "psql", "SELECT  1\n FROM match", scan("Seq Scan", "match"))
    + logged("client backend", "commentary-relay", "SELECT r", OF_THE_RELAY)
    + logged("client backend", "commentary-relay", "SELECT r", OF_THE_RELAY)
    + logged("commentary flusher", "", "", scan("Seq Scan", "staging_2"))
    + logged("client backend", "psql", "SELECT bench", scan("Seq Scan", "plain"))
)


class Plans(unittest.TestCase):
    def test_each_different_query_once(self):
        found = plans.queries_of(LOG.splitlines(keepends=True), {"entry"})
        self.assertEqual(
            [(tuple(query), count) for query, count in found],
            [
                ((False, "SQL", "Seq Scan on match", "SELECT 1 FROM match"), 1),
                ((False, "flusher", "Seq Scan on staging_2", "(inside a function)"), 1),
                ((False, "relay", "Index Scan on entry by entry_pkey, Seq Scan on match", "SELECT r"), 2),
            ],
        )

    def test_a_scan_of_a_large_table_is_found_anywhere_in_the_plan(self):
        found = plans.queries_of(LOG.splitlines(keepends=True), {"match"})
        self.assertEqual([query.who for query, _ in found if query.is_sequential], ["SQL", "relay"])


class ServerLog(unittest.TestCase):
    def test_what_a_study_causes_itself_is_no_trouble(self):
        lines = [
            "LOG:  ready\n",
            "WARNING:  lost\n",
            "FATAL:  terminating connection due to administrator command\n",
            "ERROR:  canceling statement due to user request\n",
            "FATAL:  out of memory\n",
        ]
        self.assertEqual(cluster.troubles_of(lines), ["WARNING:  lost", "FATAL:  out of memory"])


if __name__ == "__main__":
    run(Samples, Perf, Plans, ServerLog)
