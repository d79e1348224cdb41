#!/usr/bin/python3
"""What is taken of pgbench's output, and the scripts that it runs."""

import unittest

from tests import run

from commentary_bench import pgbench, sentences
from commentary_bench.pgbench import VARIANTS, Outcome

OUT = """pgbench (15.20)
number of clients: 10
number of transactions actually processed: 5120
number of failed transactions: 0 (0.000%)
latency average = 1.9 ms
initial connection time = 431 ms
tps = 1706.6 (without initial connection time)
"""


def progress(*lines):
    return "".join(f"progress: {at} s, {tps} tps, lat 1.0 ms stddev 0.1, 0 failed\n" for at, tps in lines)


def outcome(out=OUT, err="", log=(), lasted_s=4):
    return Outcome(out, err, list(log), lasted_s)


class Steady(unittest.TestCase):
    def test_warm_up_and_winding_down_do_not_count(self):
        err = progress((1.0, 10), (2.0, 1000), (3.0, 2000), (4.0, 3000), (5.0, 5))
        self.assertEqual(outcome(err=err).steady_tps(1, 0), 2000)

    def test_nor_does_the_time_in_which_clients_connect(self):
        err = progress((1.0, 10), (2.0, 1000), (3.0, 2000), (4.0, 3000))
        self.assertEqual(outcome(err=err).steady_tps(1, 900), 2500)

    def test_a_line_of_less_than_a_second_is_none(self):
        err = progress((1.0, 10), (2.0, 1000), (2.5, 9000), (3.5, 3000))
        self.assertEqual(outcome(err=err).steady_tps(1, 0), 2000)

    def test_nothing_left_is_zero(self):
        self.assertEqual(outcome(err=progress((1.0, 10))).steady_tps(1, 0), 0)


class Transactions(unittest.TestCase):
    def test_acknowledged(self):
        self.assertEqual(outcome().transactions(), (5120, 0))

    def test_each_client_that_ended_has_failed(self):
        err = (
            "pgbench: error: client 3 script 0 aborted in command 4 query 0: ERROR:  lock timeout\n"
            'pgbench: error: connection to server on socket "x" failed: FATAL:  too many clients\n'
            "pgbench: error: Run was aborted; the above results are incomplete.\n"
        )
        tried = outcome(err=err)
        self.assertEqual(tried.transactions(), (5120, 2))
        self.assertIn("client 3", tried.first_error())

    def test_without_any_transaction_it_has_failed(self):
        self.assertEqual(outcome(out="").transactions(), (0, 1))

    def test_failures_that_pgbench_counts(self):
        self.assertEqual(outcome(out=OUT.replace("transactions: 0 (", "transactions: 7 (")).transactions(), (5120, 7))

    def test_connecting(self):
        self.assertEqual(outcome().connecting_ms(10), 431)
        self.assertEqual(outcome(out="").connecting_ms(10), 100)


class Latencies(unittest.TestCase):
    def test_those_that_ended_after_the_warm_up(self):
        log = ["0 1 99000 0 100 0", "0 2 1000 0 101 0", "1 1 2000 0 101 500000", "1 2 3000 0 102 0"]
        self.assertEqual(outcome(log=log).latencies_ms(1, [0, 50, 100]), [1, 2, 3])

    def test_a_failed_or_cut_off_line_is_none(self):
        log = ["0 1 5000 0 100 0", "0 2 failed 0 101 0", "0 3 10"]
        self.assertEqual(outcome(log=log).latencies_ms(0, [50, 99]), [5, 5])

    def test_no_lines(self):
        self.assertEqual(outcome().latencies_ms(1, [50, 99]), [0, 0])


SENTENCES = [["goal", "Ana", "United", "It's in!"], ["comment", "", "", "Quiet."]]


class Sentences(unittest.TestCase):
    def test_read(self):
        self.assertEqual(sentences.sentences_of("goal\tAna\tUnited\tIt's in!\ncomment\t\t\tQuiet.\n"), SENTENCES)

    def test_in_turn_over_matches_and_minutes(self):
        rows = list(sentences.rows(SENTENCES, 93, 21, 22))
        self.assertEqual([row[0] for row in rows[:3]], [21, 22, 21])
        self.assertEqual([rows[at][1] for at in (0, 89, 90)], [1, 90, 1])
        self.assertEqual(rows[2][2:], SENTENCES[0])

    def test_as_copy_has_them(self):
        text = sentences.copy_text(sentences.rows(SENTENCES, 2, 1, 1))
        self.assertEqual(text, "1\t1\tgoal\tAna\tUnited\tIt's in!\n1\t2\tcomment\t\\N\t\\N\tQuiet.\n")

    def test_as_sql_has_them(self):
        arrays = ["ARRAY['Ana',null]", "ARRAY['United',null]", "ARRAY['It''s in!','Quiet.']"]
        self.assertEqual(sentences.arrays(SENTENCES)[1:], arrays)
        self.assertEqual(
            sentences.values(sentences.rows(SENTENCES, 2, 1, 20)),
            "(1,1,'goal','Ana','United','It''s in!'),\n(2,2,'comment',null,null,'Quiet.')",
        )

    def test_scripts(self):
        one = pgbench.single_row(VARIANTS["durable"], "a, b", ["ARRAY[1]", "ARRAY[2]"], 16)
        self.assertIn("\\set n random(1, 16)\nINSERT INTO commentary.feed (a, b)", one)
        self.assertIn("VALUES (:match, :minute, (ARRAY[1])[:n], (ARRAY[2])[:n]);\n", one)
        many = pgbench.multi_row(VARIANTS["plain"], "a", [[1, "x"], [2, ""]])
        self.assertEqual(many, "INSERT INTO bench.plain (a) VALUES\n(1,'x'),\n(2,null);\n")


if __name__ == "__main__":
    run(Steady, Transactions, Latencies, Sentences)
