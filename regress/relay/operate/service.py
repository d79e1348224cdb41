#!/usr/bin/python3
"""The relay as a service: what it tells the service manager, and the unit file."""
import os
import shutil
import signal
import socket
import subprocess
import unittest

from support.base.case import Case, run
from support.base.port import free_port
from support.base.process import children
from support.base.stack import wait_for

UNIT = f"{os.path.dirname(os.path.realpath(__file__))}/../../../relay/commentary-relay.service"
WORKERS = 3


class Service(Case):
    def setUp(self):
        self.told = []
        self.stack.may_lose_workers = True
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.addCleanup(self.end_relay)

    def end_relay(self):
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC"):
            os.environ.pop(name, None)
        if self.stack.relay:
            self.stack.stop_relay(signal.SIGKILL)

    def manage(self, path, watchdog_s=None):
        """The relay to come has a manager at this address."""
        self.manager.bind(path.replace("@", "\0"))
        os.environ["NOTIFY_SOCKET"] = path
        if watchdog_s:
            os.environ["WATCHDOG_USEC"] = str(int(watchdog_s * 1000000))

    def hears(self, what, count=1):
        """Waits until it has been told so, so often."""
        def enough():
            while True:
                try:
                    self.told.append(self.manager.recv(4096, socket.MSG_DONTWAIT).decode())
                except BlockingIOError:
                    return sum(line.startswith(what) for line in self.told) >= count
        wait_for(enough, f"it is told {what}, {count} times; it was told {self.told}")

    def test_a_relay_is_ready_when_it_listens_and_lives_and_stops(self):
        self.manage(f"{self.stack.dir}/notify", watchdog_s=3)   # a busy machine may be away for 1 s
        self.stack.start_relay()
        self.hears("READY=1")
        self.hears("WATCHDOG=1", 3)
        self.hears("STATUS=0 viewers; the feed is live")
        self.stack.relay.send_signal(signal.SIGHUP)
        self.hears("RELOADING=1\nMONOTONIC_USEC=")
        self.hears("READY=1", 2)
        self.assertEqual(self.stack.stop_relay(), 0)
        self.hears("STOPPING=1")
        self.assertEqual(self.told.count("READY=1"), 2)

    def test_it_is_ready_without_a_database_and_says_so(self):
        self.manage(f"@{self.stack.dir}/abstract")
        self.stack.launch_relay("--listen", f"127.0.0.1:{free_port()}",
                                "--database", f"host={self.stack.dir} port=1 dbname=postgres")
        self.hears("READY=1")
        self.hears("STATUS=0 viewers; connection to server")
        self.assertEqual(self.stack.stop_relay(), 0)

    def workers(self):
        return children(self.stack.relay.pid)

    def test_the_supervisor_speaks_for_all_workers_and_kills_one_that_hangs(self):
        self.manage(f"{self.stack.dir}/supervisor", watchdog_s=3)
        self.stack.start_relay("--workers", str(WORKERS), "--drain", "1s")
        self.hears("READY=1")
        self.hears(f"STATUS=running, {WORKERS} of {WORKERS} workers listening")
        self.stack.relay.send_signal(signal.SIGHUP)
        self.hears("RELOADING=1\nMONOTONIC_USEC=")
        self.hears("READY=1", 2)
        hung = self.workers()[0]
        os.kill(hung, signal.SIGSTOP)
        wait_for(lambda: hung not in self.workers() and len(self.workers()) == WORKERS, "it is replaced")
        before = sum(line == "WATCHDOG=1" for line in self.told)
        self.hears("WATCHDOG=1", before + 2)
        self.assertEqual(self.stack.stop_relay(), 0)
        self.hears("STOPPING=1")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_the_unit_file_is_right(self):
        shutil.copy(UNIT.replace(".service", ".socket"), self.stack.dir)
        with open(UNIT, encoding="utf-8") as unit:
            text = unit.read().replace("@PREFIX@/bin/commentary-relay", os.environ["COMMENTARY_RELAY"])
        path = f"{self.stack.dir}/commentary-relay.service"
        with open(path, "w", encoding="utf-8") as unit:
            unit.write(text)
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", path, path.replace(".service", ".socket")], capture_output=True,
                              text=True, check=False)
        complaints = [line for line in done.stderr.splitlines() if "commentary-relay" in line]
        self.assertEqual((done.returncode, complaints), (0, []), done.stderr)


if __name__ == "__main__":
    run(Service)
