#!/usr/bin/python3
"""What is read of the machine, and when it is too noisy to be believed."""

import os
import socket
import subprocess
import tempfile
import unittest
from unittest import mock

from tests import run

from commentary_bench import machine, reference
from commentary_bench.figures import Figures
from commentary_bench.machine import CpuTicks, cpu_ticks_of, heap_bytes_of, status_of
from commentary_bench.noise import CASE, X, Noise

STAT = "cpu  100 10 50 800 20 5 5 10 3 1\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 5\n"

SMAPS = """55d0c0000000-55d0c0021000 rw-p 00000000 00:00 0
Size:                132 kB
Rss:                   8 kB
55d0c1000000-55d0c1200000 rw-p 00000000 00:00 0                          [heap]
Size:               2048 kB
KernelPageSize:        4 kB
Rss:                1500 kB
Pss:                1500 kB
7f0000000000-7f0000021000 rw-p 00000000 00:00 0
Rss:                  99 kB
"""


TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000
   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000
   2: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000
   3: 0100007F:1F90 0100007F:C002 08 00000000:00000000 00:00000000 00000000
   4: 0100007F:1F90 0100007F:C003 06 00000000:00000000 00:00000000 00000000
"""


class Machine(unittest.TestCase):
    def test_busy_and_stolen_ticks(self):
        self.assertEqual(cpu_ticks_of(STAT), CpuTicks(busy=180, stolen=10, all=1000))

    def test_shares_between_two_readings(self):
        before, after = CpuTicks(100, 10, 1000), CpuTicks(150, 12, 1200)
        self.assertEqual(before.busy_pct_until(after), 25)
        self.assertEqual(before.stolen_pct_until(after), 1)
        self.assertEqual(before.busy_pct_until(before), 0)

    def test_a_number_of_the_status(self):
        text = "Name:\tx\nVmRSS:\t  5120 kB\nvoluntary_ctxt_switches:\t17\nnonvoluntary_ctxt_switches:\t3\n"
        self.assertEqual(status_of(text, "VmRSS"), 5120)
        self.assertEqual(status_of(text, "voluntary_ctxt_switches"), 17)

    def test_the_heap_alone(self):
        self.assertEqual(heap_bytes_of(SMAPS), 1500 * 1024)
        self.assertEqual(heap_bytes_of("no heap\n"), 0)

    def test_connections_that_a_program_has_open(self):
        self.assertEqual(machine.connections_of(TCP, 0x1F90), 2)
        self.assertEqual(machine.connections_of(TCP, 0xC003), 0)

    def test_a_port_that_is_listened_to(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            self.assertTrue(machine.listens(listener.getsockname()[1]))
        with mock.patch("commentary_bench.machine.read", return_value=TCP):
            self.assertTrue(machine.listens(0x1F90))
            self.assertFalse(machine.listens(0xC001))

    def test_of_this_process(self):
        pid = os.getpid()
        self.assertGreater(machine.rss_bytes(pid), 1_000_000)
        self.assertGreater(machine.descriptors(pid), 2)
        self.assertGreaterEqual(machine.sleeps(pid), 0)
        self.assertEqual(machine.descriptors(2**30), 0)

    def test_a_process_that_has_ended_does_not_run(self):
        process = subprocess.Popen(["sleep", "600"])
        self.assertTrue(machine.is_running(process.pid))
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.assertFalse(machine.is_running(process.pid))
        process.wait()
        self.assertFalse(machine.is_running(process.pid))

    def test_the_work_that_is_timed_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertGreater(reference.sync_ms(folder), 0)
            self.assertEqual(os.listdir(folder), [])


def noise_of(**values):
    figures = Figures()
    quiet = {"others_pct": [1, 1], "steal_pct": [0, 0], "loaded_steal_pct": [0, 0], "cpu_ms": [9, 9], "sync_ms": [1, 1]}
    for metric, found in (quiet | values).items():
        for repetition, value in enumerate(found, 1):
            figures.add(CASE, X, repetition, metric, value)
    return Noise(figures)


class Judgement(unittest.TestCase):
    def test_a_quiet_machine_is_believed(self):
        noise = noise_of()
        self.assertEqual(noise.problems(), [])
        self.assertEqual(
            noise.summary(),
            "others 1.0 %; stolen 0.0 (≤ 0) %, under load ≤ 0 %; reference runs, slowest ÷ fastest:"
            " computation 1.00, fdatasync 1.00",
        )

    def test_at_the_limits_it_is_believed_still(self):
        noise = noise_of(others_pct=[10.04, 10.04], steal_pct=[5, 5], cpu_ms=[2, 4], sync_ms=[1, 3])
        self.assertEqual(noise.problems(), [])

    def test_each_limit(self):
        for metric, values, problem in (
            ("others_pct", [10.1, 10.1], "other programs used 10.1 %, at most 10 % is believed"),
            ("steal_pct", [5.1, 5.1], "the hypervisor took 5.1 %, at most 5 % is believed"),
            ("cpu_ms", [100, 201], "the same computation took, slowest by fastest, 2.01, at most 2 is believed"),
            ("sync_ms", [1, 3.01], "the same fdatasync took, slowest by fastest, 3.01, at most 3 is believed"),
        ):
            noise = noise_of(**{metric: values})
            self.assertEqual(noise.problems(), [problem])
            self.assertTrue(noise.summary().endswith(". **Too noisy to be believed**"))

    def test_one_disturbed_repetition_of_three_is_told_and_not_judged(self):
        noise = noise_of(others_pct=[1, 80, 2], steal_pct=[0, 30, 1], loaded_steal_pct=[2, 3.4, 1])
        self.assertEqual(noise.problems(), [])
        self.assertIn("others 2.0 %; stolen 1.0 (≤ 30) %, under load ≤ 3.4 %", noise.summary())

    def test_without_references_nothing_is_judged(self):
        self.assertEqual(Noise(Figures()).problems(), [])


if __name__ == "__main__":
    run(Machine, Judgement)
