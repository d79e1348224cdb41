#!/usr/bin/python3
"""Several hosts in the connection string, over TCP: the relay finds the one that serves, whatever
the others do, in every order."""
import ctypes
import itertools
import os
import random
import subprocess
import time
import unittest

from support.audit.scene import wait_for_log
from support.base.case import Case, run
from support.base.certificates import Certificate
from support.base.process import is_sanitized
from support.base.stack import DEADLINE_S, wait_for
from support.fault.bad_hosts import BadHosts

HERE = os.path.dirname(os.path.realpath(__file__))
PATIENCE_S = 120    # what a silent host may take: none is waited for so long
SOON_S = 60         # to find the database; some 0.1 s on a quiet machine
REFUSALS = "57P03", "53300", "28000", "28P01", "3D000"
REFUSED = 4


class Hosts(Case):
    settings = "listen_addresses = '127.0.0.1,::1'\nssl_min_protocol_version = 'TLSv1.2'\n"

    def setUp(self):
        self.bad = self.enterContext(BadHosts())
        self.stack.forget_relay_log()

    def tearDown(self):
        if self.stack.relay:
            self.stack.stop_relay()

    def conninfo(self, ports, hosts=None, more=f"connect_timeout={PATIENCE_S}"):
        return (f"host={','.join(hosts or ['127.0.0.1'] * len(ports))} port={','.join(map(str, ports))}"
                f" user=postgres dbname=postgres {more}")

    def assert_finds(self, *ports, hosts=None, **more):
        self.start_soon(self.conninfo(ports, hosts, **more))
        self.stack.stop_relay()

    def start_soon(self, conninfo):
        """A relay that finds the database at once."""
        begun = time.monotonic()
        self.stack.start_relay("--database", conninfo)
        self.assertLess(time.monotonic() - begun, SOON_S, conninfo)

    def test_hosts_of_every_kind_before_and_after(self):
        live = self.stack.pg_port
        others = {"dead": self.bad.dead(), "silent": self.bad.silent(), "black hole": self.bad.black_hole(),
                  **{sqlstate: self.bad.refusing(sqlstate) for sqlstate in REFUSALS}}
        for kind, port in others.items():
            for order in (port, live), (live, port), (port, port, live):
                with self.subTest(kind=kind, order=order):
                    self.assert_finds(*order)
        for order in itertools.permutations((live, others["dead"], others["silent"])):
            with self.subTest(order=order):
                self.assert_finds(*order)
        for _ in range(5):
            order = random.sample([live, *others.values()], 1 + len(others))
            with self.subTest(order=order):
                self.assert_finds(*order)

    def test_a_timeout_that_is_given(self):
        for more in "", "connect_timeout=2":
            self.assert_finds(self.bad.silent(), self.stack.pg_port, more=more)

    def test_addresses_that_are_given(self):
        port = self.stack.pg_port
        self.assert_finds(port, port, hosts=["a.invalid", "b.invalid"], more=f"connect_timeout={PATIENCE_S} hostaddr=127.0.0.9,127.0.0.1")

    def test_ipv6(self):
        live, silent = self.stack.pg_port, self.bad.silent()
        self.assert_finds(live, hosts=["::1"])
        self.assert_finds(silent, live, hosts=["127.0.0.1", "::1"])
        self.assert_finds(self.bad.dead("::1"), live, hosts=["::1", "127.0.0.1"])

    def test_a_folder_and_an_address(self):
        self.assert_finds(self.bad.silent(), self.stack.pg_port, hosts=["127.0.0.1", self.stack.dir])
        self.assert_finds(self.bad.dead(), self.stack.pg_port, hosts=[self.stack.data, "127.0.0.1"])

    def test_hosts_of_the_environment_and_of_a_service(self):
        live, silent = self.stack.pg_port, self.bad.silent()
        said = {"PGHOST": "127.0.0.1,127.0.0.1", "PGPORT": f"{silent},{live}", "PGUSER": "postgres"}
        os.environ |= said
        try:
            self.stack.start_relay("--database", "dbname=postgres")
        finally:
            for name in said:
                del os.environ[name]
        self.stack.stop_relay()
        service = f"{self.stack.dir}/services.conf"
        with open(service, "w", encoding="ascii") as file:
            file.write(f"[live]\nhost=127.0.0.1,127.0.0.1\nport={silent},{live}\nuser=postgres\ndbname=postgres\n")
        os.environ["PGSERVICEFILE"] = service
        self.addCleanup(os.environ.pop, "PGSERVICEFILE")
        self.stack.start_relay("--database", "service=live")

    @unittest.skipIf(ctypes.CDLL("libpq.so.5").PQlibVersion() < 160000, "this libpq balances nothing")
    def test_hosts_in_random_order(self):
        for _ in range(5):
            self.assert_finds(self.bad.silent(), self.stack.pg_port, more=f"connect_timeout={PATIENCE_S} load_balance_hosts=random")

    # -- names

    def start_with_names(self, names, conninfo):
        shim = f"{self.stack.dir}/name_server.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", shim, f"{HERE}/../support/fault/name_server.c", "-ldl"], check=True)
        os.environ |= {"LD_PRELOAD": shim, "NAMES": names}
        try:
            self.start_soon(conninfo)
        finally:
            del os.environ["LD_PRELOAD"], os.environ["NAMES"]

    @unittest.skipIf(is_sanitized(), "the sanitizer must come first")
    def test_a_name_with_several_addresses(self):
        live = self.stack.pg_port
        self.bad.silent("127.0.0.2", live)
        self.bad.dead("127.0.0.3", live)
        for addresses in itertools.permutations(("127.0.0.1", "127.0.0.2", "127.0.0.3")):
            with self.subTest(addresses=addresses):
                self.start_with_names(f"db.test={','.join(addresses)}", self.conninfo([live], ["db.test"]))
                self.stack.stop_relay()

    @unittest.skipIf(is_sanitized(), "the sanitizer must come first")
    def test_a_name_server_that_is_silent(self):
        """Another host is found meanwhile, and the loop goes on."""
        live = self.stack.pg_port
        self.start_with_names("slow.test=", self.conninfo([live, live], ["slow.test", "127.0.0.1"]))

    def test_a_name_that_nobody_knows(self):
        self.stack.launch_relay("--listen", f"127.0.0.1:{self.stack.relay_port}",
                                "--database", self.conninfo([1], ["nobody.invalid"]))
        wait_for_log(self.stack, "level=warn", "nobody.invalid", "check the host's name")

    # -- TLS

    def reload_with_hba(self, *lines):
        with open(f"{self.stack.data}/pg_hba.conf", "w", encoding="ascii") as hba:
            hba.write("local all all trust\n" + "\n".join(lines) + "\n")
        self.stack.sql("SELECT pg_reload_conf()")

    def test_a_host_that_wants_tls_or_wants_none(self):
        """libpq begins with one, is refused, and goes on to the other with another socket."""
        certificate = Certificate(self.stack.data, "server")
        os.chown(certificate.key, os.stat(self.stack.data).st_uid, -1)
        os.chmod(certificate.key, 0o600)
        self.addCleanup(self.reload_with_hba, "host all all all trust")
        self.stack.sql("ALTER SYSTEM SET ssl_cert_file = 'server.crt'")
        self.stack.sql("ALTER SYSTEM SET ssl_key_file = 'server.key'")
        self.stack.sql("ALTER SYSTEM SET ssl = on")
        self.addCleanup(self.stack.sql, "ALTER SYSTEM SET ssl = off")
        for host, mode in ("hostssl", "allow"), ("hostnossl", "prefer"), ("host", "require"):
            self.reload_with_hba(f"{host} all all all trust")
            wait_for(lambda: self.stack.sql("SHOW ssl") == "on", "it speaks TLS")
            for order in (self.stack.pg_port, self.bad.dead()), (self.bad.silent(), self.stack.pg_port):
                with self.subTest(host=host, mode=mode, order=order):
                    self.assert_finds(*order, more=f"connect_timeout={PATIENCE_S} sslmode={mode}")

    # -- none serves

    def test_all_that_refuse_for_good_end_the_relay(self):
        self.stack.launch_relay("--listen", f"127.0.0.1:{self.stack.relay_port}", "--database",
                                self.conninfo([self.bad.refusing("28P01"), self.bad.refusing("28000")]))
        self.assertEqual(self.stack.relay.wait(DEADLINE_S), REFUSED)
        self.stack.relay = None
        wait_for_log(self.stack, "level=error", "28P01", "28000", "check role and password")

    def test_one_that_may_come_back_is_waited_for(self):
        dead = self.bad.dead()
        self.stack.launch_relay("--listen", f"127.0.0.1:{self.stack.relay_port}", "--database",
                                self.conninfo([self.bad.refusing("28P01"), dead]))
        wait_for_log(self.stack, "level=warn", "28P01", "Connection refused", "check role and password")
        self.assertIsNone(self.stack.relay.poll())

    def test_what_cannot_be_is_said_at_once(self):
        for conninfo, wrong in (("host=a,b port=1,2,3", "could not match"), ("host=a,,b", "is empty"),
                                ("host=" + ",".join("a" * 33), "too many hosts"), ("service=nothing", "nothing")):
            with self.subTest(conninfo=conninfo):
                self.stack.launch_relay("--database", conninfo)
                self.assertEqual(self.stack.relay.wait(DEADLINE_S), 2)
                self.stack.relay = None
                self.assertIn(wrong, self.stack.relay_said())


if __name__ == "__main__":
    run(Hosts)
