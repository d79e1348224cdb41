#!/usr/bin/python3
"""What is wrong with the database is said, with what to do. A mistake in the relay's own
options ends it; what somebody mends in the database is waited for."""
import os

from support.audit.scene import wait_for_log
from support.base.case import Case, run
from support.base.stack import LONG_S, wait_for

REFUSED = 4
GRANTS = ("GRANT USAGE ON SCHEMA commentary TO relay",
          "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA commentary TO relay",
          "GRANT SELECT ON ALL TABLES IN SCHEMA commentary TO relay")


class Refused(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.sql("CREATE ROLE relay LOGIN PASSWORD 'right'")
        for grant in GRANTS:
            cls.stack.sql(grant)
        cls.stack.sql("CREATE DATABASE bare")
        with open(f"{cls.stack.data}/pg_hba.conf", "w", encoding="ascii") as hba:
            hba.write("local all postgres trust\nlocal postgres,bare relay scram-sha-256\n")
        cls.stack.sql("SELECT pg_reload_conf()")

    def setUp(self):
        self.stack.forget_relay_log()

    def tearDown(self):
        if self.stack.relay:
            self.stack.stop_relay()

    def launch(self, **different):
        parts = {"host": self.stack.dir, "port": self.stack.pg_port, "user": "relay",
                 "password": "right", "dbname": "postgres", **different}
        self.stack.launch_relay(
            "--listen", f"127.0.0.1:{self.stack.relay_port}", "--heartbeat", "1s", "--database",
            " ".join(f"{name}={value}" for name, value in parts.items() if value is not None))

    def assert_ends(self, *said, **different):
        self.launch(**different)
        self.assertEqual(self.stack.relay.wait(LONG_S), REFUSED)
        self.stack.relay = None
        wait_for_log(self.stack, "level=error", "the database refuses the relay", *said)
        self.assertNotIn("right", self.stack.relay_said())

    def assert_waits(self, reason, hint, mend, **different):
        self.launch(**different)
        wait_for_log(self.stack, "level=warn", reason, hint)
        wait_for(lambda: reason in self.stack.why_not_ready(), f"/readyz says {reason}")
        stranger = {"X-Forwarded-For": "203.0.113.7"}   # a proxy on this machine asks for one
        self.assertEqual(self.stack.why_not_ready(**stranger), "the database is away\n")
        for statement in mend:
            self.stack.sql(statement)
        wait_for(self.stack.is_ready, "the relay becomes ready")

    def test_a_wrong_password(self):
        self.assert_ends("28P01", "check role and password", password="wrong")

    def test_no_password(self):
        self.assert_ends("no password supplied", "~/.pgpass", password=None, passfile=os.devnull)

    def test_no_such_role(self):
        self.assert_ends("28000", "check role", user="nobody")

    def test_not_in_pg_hba(self):
        self.stack.sql("CREATE DATABASE hidden")
        self.assert_ends("no pg_hba.conf entry", "pg_hba.conf", dbname="hidden")

    def test_no_such_database(self):
        self.assert_ends("3D000", "check the name of the database", user="postgres", dbname="nowhere")

    def test_no_extension_and_then_no_privilege(self):
        self.launch(dbname="bare")
        self.addCleanup(self.stack.sql, "DROP DATABASE bare WITH (FORCE)")
        wait_for_log(self.stack, "level=warn", "commentary", "run CREATE EXTENSION commentary")
        self.stack.sql("CREATE EXTENSION commentary", "bare")
        wait_for_log(self.stack, "level=warn", "denied for schema", "GRANT commentary_relay")
        self.stack.sql(GRANTS[0], "bare")
        wait_for_log(self.stack, "level=warn", "denied for function", "GRANT commentary_relay")
        for grant in GRANTS:
            self.stack.sql(grant, "bare")
        wait_for(self.stack.is_ready, "the relay becomes ready")

    def test_connecting_not_allowed(self):
        self.stack.sql("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
        self.assert_waits("permission denied for database", "let the relay's role connect",
                          ["GRANT CONNECT ON DATABASE postgres TO PUBLIC"])

    def test_too_old_a_schema(self):
        self.stack.sql("ALTER FUNCTION commentary.heads(bigint[]) RENAME TO heads_to_come")
        self.assert_waits("commentary.heads", "ALTER EXTENSION commentary UPDATE",
                          ["ALTER FUNCTION commentary.heads_to_come(bigint[]) RENAME TO heads"],
                          user="postgres")

    def test_who_was_live_waits_also_for_a_password(self):
        self.launch()
        wait_for(self.stack.is_ready, "the relay becomes ready")
        self.stack.sql("ALTER ROLE relay PASSWORD 'another'")
        self.stack.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'relay'")
        wait_for_log(self.stack, "level=warn", "28P01", "check role and password")
        wait_for(lambda: "password" in self.stack.why_not_ready(), "/readyz says why")
        self.stack.sql("ALTER ROLE relay PASSWORD 'right'")
        wait_for(self.stack.is_ready, "the relay becomes ready")


if __name__ == "__main__":
    run(Refused)
