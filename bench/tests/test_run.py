#!/usr/bin/python3
"""The frame of a study and of `make bench`: what is recorded, what ends a study, what is
tried again, and what is left out. Programs are real, servers are not."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

from tests import run

from commentary_bench import processes, schedule, servers, viewers
from commentary_bench.console import EXIT_TOO_NOISY, TooNoisy, Trouble
from commentary_bench.figures import FiguresFile
from commentary_bench.noise import CASE, X
from commentary_bench.places import Places, Wishes
from commentary_bench.run import Run, Study, step
from commentary_bench.viewers import Load

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


def silent(function, *arguments, **options):
    """What it returns; what it says is for a person."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return function(*arguments, **options)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.places = Places(self.folder, self.folder, "", "")

    def run_of(self, steps=(), wishes=Wishes(False, False), prepare=lambda run: None):
        study = Study("A title", prepare, lambda run: steps, ["text"], None)
        made = Run("sample", study, self.places, wishes)
        made.file = FiguresFile(f"{self.folder}/sample.csv")
        return made


class Recording(Case):
    def test_a_figure_for_each_metric(self):
        made = self.run_of()
        made.record("one", 10, 1, tps="12.0", failed=0)
        self.assertEqual(made.faults, [])
        self.assertEqual(made.figures.summary("one", 10, "tps").median, 12)
        self.assertEqual(made.figures.summary("one", 10, "failed").median, 0)

    def test_a_missing_figure_is_a_fault(self):
        made = self.run_of()
        silent(made.record, "one", 10, 1, tps="", p99_ms=None)
        self.assertEqual(made.faults, ["one, 10: no figure for tps", "one, 10: no figure for p99_ms"])

    def test_a_fault_is_one_line(self):
        made = self.run_of()
        silent(made.fault, "a\nb")
        self.assertEqual(made.faults, ["a b"])

    def test_figures_of_a_load(self):
        found = Load("p50_us 12.5\nready_pct 99.9000\nmissing 3\nnonsense\n", "broken", 1)
        self.assertEqual(found.taken("one", "p50_us"), {"one_p50_us": "12.5"})
        self.assertEqual(found["p99_us"], "")
        self.assertEqual(found.why(), "broken ready_pct 99.9000 missing 3")

    def test_options_of_a_load(self):
        self.assertEqual(viewers.options_of({"warm_up": 0.3, "insert": "a b"}), ["--warm-up", "0.3", "--insert", "a b"])


class Noisy(Case):
    def busy(self, wishes, others_pct):
        with mock.patch("commentary_bench.noise.others_pct", return_value=others_pct):
            self.run_of(wishes=wishes).must_be_quiet()

    def test_it_does_not_begin_beside_others(self):
        self.busy(Wishes(False, False), 10.04)
        with self.assertRaisesRegex(TooNoisy, "other programs use 10.1 % of its CPUs"):
            self.busy(Wishes(False, False), 10.1)

    def test_unless_it_is_told_to(self):
        self.busy(Wishes(False, True), 90)
        self.busy(Wishes(True, False), 90)

    def test_what_was_too_noisy_is_not_reported(self):
        made = self.run_of()
        made.record(CASE, X, 1, others_pct=50)
        with self.assertRaisesRegex(TooNoisy, "so nothing is reported: other programs used 50.0 %"):
            made.publish()
        self.assertEqual(TooNoisy.status, EXIT_TOO_NOISY)


class Ending(Case):
    def test_what_was_started_ends_with_a_study_that_fails(self):
        started, reaped = [], []

        def prepare(made):
            started.append(processes.launch(SLEEPER, f"{self.folder}/out"))
            made.endings.callback(processes.stop, started[0])
            raise Trouble("no server")

        made = self.run_of(prepare=prepare)
        made.must_be_quiet, made.reap = lambda: None, reaped.append
        with self.assertRaisesRegex(Trouble, "no server"):
            made.execute()
        self.assertEqual(started[0].poll(), -signal.SIGTERM)
        self.assertEqual(reaped, [5])

    def test_ctrl_c_is_heard_again_after_a_study_has_ended(self):
        before, heard = signal.getsignal(signal.SIGINT), []
        made = self.run_of()
        made.reap = lambda patience_s: heard.append(signal.getsignal(signal.SIGINT))
        made.finish()
        self.assertEqual(heard, [signal.SIG_IGN])
        self.assertEqual(signal.getsignal(signal.SIGINT), before)

    def test_steps_are_told_with_their_number(self):
        made = self.run_of([step(lambda run, what: f"measured {what}", "one"), step(lambda run: "two")])
        made.must_be_quiet = made.tell_server_log = lambda: None
        with contextlib.redirect_stdout(io.StringIO()) as said:
            made.measure()
        self.assertEqual(said.getvalue(), "    1/2  measured one\n    2/2  two\n")


class Servers(Case):
    def end_of(self, pid):
        made = self.run_of()
        silent(servers.end, made, "relay", mock.Mock(pid=pid))
        return made.faults

    def test_a_server_that_did_not_last_is_a_fault(self):
        process = processes.launch(["true"], f"{self.folder}/out")
        process.wait()
        self.assertEqual(self.end_of(process.pid), ["relay: the server ended while it was measured"])
        self.assertEqual(self.end_of(os.getpid()), [])


class Brokers(Case):
    """Their ports stand in their configuration, which a study fills in."""

    def ports_of(self, name):
        top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
        made = self.run_of()
        made.places, made.work = made.places._replace(top=top), self.folder
        path = servers.configured(made, name, port=7001, publish_port=7002)
        server = mock.Mock(publishing={}, process=mock.Mock(args=["taskset", "a program", "-c", path]))
        with mock.patch("commentary_bench.machine.listens", return_value=True):
            servers.READY[name](server)
        return server.port, server.publishing["publish_port"]

    def test_viewers_and_publisher_have_a_port_each(self):
        self.assertEqual(self.ports_of("nats"), (7001, 7002))
        self.assertEqual(self.ports_of("mosquitto"), (7001, 7002))


class Processes(Case):
    def test_waiting_ends_when_it_is_true_or_late(self):
        answers = iter([False, False, True])
        self.assertTrue(processes.wait_until(60, lambda: next(answers)))
        self.assertFalse(processes.wait_until(0, lambda: False))

    def test_a_program_that_fails_is_trouble_with_its_words(self):
        self.assertEqual(processes.must(["cat"], input="said"), "said")
        with self.assertRaises(Trouble) as raised:
            processes.must(["sh", "-c", "echo why; exit 3"])
        self.assertEqual((str(raised.exception), raised.exception.hints), ("sh failed with status 3", ("why",)))

    def test_a_program_that_does_not_listen_is_killed(self):
        deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
        process = processes.launch([sys.executable, "-c", deaf], f"{self.folder}/out")
        self.assertTrue(processes.wait_until(60, lambda: os.path.getsize(f"{self.folder}/out")))
        self.assertEqual(processes.stop(process, patience_s=0.1), -signal.SIGKILL)

    def test_stopping_what_has_ended(self):
        process = processes.launch(["true"], f"{self.folder}/out")
        process.wait()
        self.assertEqual(processes.stop(process), 0)


class Wanted(unittest.TestCase):
    def test_the_environment(self):
        self.assertEqual(Wishes.of({}), (False, False))
        self.assertEqual(Wishes.of({"BENCH": "quick", "BENCH_FORCE": "1"}), (True, True))
        with self.assertRaisesRegex(Trouble, "BENCH=fast is not known"):
            Wishes.of({"BENCH": "fast"})

    def test_quick_figures_are_not_kept_in_the_checkout(self):
        places = Places("/top", "/build", "", "")
        self.assertEqual(places.results(True), "/build/bench/results")
        self.assertEqual(places.results(False), "/top/bench/results")


class OneOfAll(Case):
    def measured(self, *statuses, is_time=True, is_reported=True):
        """The outcome of attempts that end so, and how many of them were not made."""
        left = list(statuses)
        outcome = silent(schedule.measure, "x", lambda: left.pop(0), lambda seconds: is_time, lambda: is_reported)
        return outcome.told, outcome.why_left_out, len(left)

    def test_measured(self):
        self.assertEqual(self.measured(0, 0), ("measured", "", 1))

    def test_too_noisy_is_tried_once_more(self):
        self.assertEqual(self.measured(3, 0), ("measured the second time", "", 0))
        why = "the machine was too noisy"
        self.assertEqual(self.measured(3, 3, 0), (f"LEFT OUT: {why}", why, 1))

    def test_unless_there_is_no_time(self):
        self.assertEqual(self.measured(3, 0, is_time=False)[2], 1)

    def test_other_failures_are_not_tried_again(self):
        self.assertEqual(self.measured(1, 0)[1:], ("it failed with status 1", 1))
        self.assertEqual(self.measured(124, 0)[1:], ("it did not end within 20 minutes", 1))

    def test_a_study_that_told_nothing_was_skipped(self):
        self.assertEqual(self.measured(0, is_reported=False)[0], "SKIPPED, as it says above")

    def test_a_study_that_takes_too_long_is_ended(self):
        began = time.monotonic()
        self.assertEqual(schedule.attempt(SLEEPER, os.environ, 0.1), schedule.EXIT_TIMEOUT)
        self.assertLess(time.monotonic() - began, schedule.PATIENCE_S)

    def test_the_others_go_on(self):
        command = ["sh", "-c", 'case $1 in bad) exit 7 ;; esac; echo "## $1" >"$RESULTS/$1.md"', "sh"]
        results = self.places.results(True)
        os.makedirs(results)
        for kind in ("csv", "md"):
            with open(f"{results}/bad.{kind}", "w", encoding="utf-8") as file:
                file.write("of an earlier run")
        with mock.patch.dict(os.environ, RESULTS=results):
            all_of_them = schedule.Schedule(self.places, Wishes(True, False), command)
            all_of_them.reap = lambda study: None
            self.assertEqual(silent(all_of_them.run, ["bad", "good"]), 1)
        self.assertEqual(sorted(os.listdir(results)), ["bad.md", "good.md"])
        with open(f"{results}/bad.md", encoding="utf-8") as file:
            self.assertIn("it failed with status 7", file.read())


class CommandLine(unittest.TestCase):
    def test_an_unknown_study_is_refused(self):
        argv = [sys.executable, "-m", "commentary_bench", "study", "nothing"]
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
        done = subprocess.run(argv, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("invalid choice: 'nothing'", done.stderr)


if __name__ == "__main__":
    run(Recording, Noisy, Ending, Servers, Processes, Wanted, OneOfAll, CommandLine)
