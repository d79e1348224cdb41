#!/usr/bin/python3
"""The user of the relay, and what ps shows of it. When it is run as root, it also tests --user."""
import grp
import os
import pwd
import signal
import subprocess
import unittest

from support.base.case import run
from support.base.certificates import Certificate
from support.base.port import free_port
from support.base.process import children, status
from support.base.stack import run_relay, wait_for

SECRET = "sesame"
NOBODY = "nobody"
is_root = os.geteuid() == 0


class Relay:
    """A relay without a database, with all that it has said."""

    def __init__(self, folder, *options):
        self.log = f"{folder}/relay.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [os.environ["COMMENTARY_RELAY"], "--listen", f"127.0.0.1:{free_port()}", "--database",
                 f"host=/nonexistent password={SECRET}", *options], stderr=log)
        wait_for(lambda: "the feed is down" in self.said(), "the relay runs")

    def said(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    @property
    def pid(self):
        """Of the process that serves: its supervisor stays who it is."""
        return children(self.process.pid)[0]

    def reload(self, says):
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: says in self.said(), says)

    def stop(self):
        self.process.terminate()
        return self.process.wait(120)


class Privileges(unittest.TestCase):
    def setUp(self):
        self.folder = os.environ["TMPDIR"]

    def start(self, *options):
        relay = Relay(self.folder, *options)
        self.addCleanup(lambda: self.assertEqual(relay.stop(), 0))
        return relay

    def refusal(self, *options):
        done = run_relay("--listen", "127.0.0.1:0", *options)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        return done.stderr

    def test_ps_shows_no_secret(self):
        relay = self.start()
        for pid in (relay.process.pid, relay.pid):
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                shown = line.read()
            self.assertIn(b"--database", shown)
            self.assertNotIn(SECRET.encode(), shown)
        self.assertNotIn(SECRET, relay.said())

    def test_nothing_can_be_gained(self):
        self.assertEqual(status(self.start().pid)["NoNewPrivs"], ["1"])

    def test_who_does_not_exist_is_told(self):
        self.assertIn("there is no user nosuchuser", self.refusal("--user", "nosuchuser"))
        self.assertIn("there is no group nosuchgroup", self.refusal("--user", f"{NOBODY}:nosuchgroup"))
        self.assertIn("root is root", self.refusal("--user", "root", "--check-config"))

    @unittest.skipIf(is_root, "only who is not root")
    def test_only_root_can_become_another(self):
        other = next(user.pw_name for user in pwd.getpwall() if user.pw_uid not in (0, os.getuid()))
        self.assertIn(f"only root can become {other}", self.refusal("--user", other))

    @unittest.skipIf(is_root, "only who is not root")
    def test_to_become_who_one_is_is_nothing(self):
        name, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
        relay = self.start("--user", f"{name}:{group}")
        self.assertNotIn("running as root", relay.said())

    @unittest.skipUnless(is_root, "only root can become another")
    def test_root_is_given_up_for_good(self):
        nobody = pwd.getpwnam(NOBODY)
        now = status(self.start("--user", NOBODY).pid)
        self.assertEqual(set(now["Uid"]), {str(nobody.pw_uid)})
        self.assertEqual(set(now["Gid"]), {str(nobody.pw_gid)})
        self.assertEqual(set(now["Groups"]), {str(nobody.pw_gid)})
        for kind in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
            self.assertEqual(int(now[kind][0], 16), 0, kind)

    @unittest.skipUnless(is_root, "only root can become another")
    def test_the_group_can_be_chosen(self):
        now = status(self.start("--user", f"{NOBODY}:daemon").pid)
        self.assertEqual(set(now["Gid"]), {str(grp.getgrnam("daemon").gr_gid)})

    @unittest.skipUnless(is_root, "only root can become another")
    def test_a_key_of_roots_is_read_at_the_start_and_missed_at_a_reload(self):
        certificate = Certificate(self.folder, "relay")
        os.chmod(certificate.key, 0o600)
        relay = self.start("--user", NOBODY, *certificate.options)
        relay.reload("the certificate stays as it was")
        self.assertIn(f"cannot read {certificate.key}: Permission denied", relay.said())

    @unittest.skipUnless(is_root, "only root is warned")
    def test_root_is_warned(self):
        self.assertIn("running as root", self.start().said())


if __name__ == "__main__":
    run(Privileges)
