#!/usr/bin/python3
"""Settings that a DBA gives to a database or a role, and policies: the relay's session works all the same."""
from support.audit.scene import Scene, wait_for_log
from support.base.case import run
from support.base.stack import wait_for

# Each would break a session that takes it, or change what it reads.
SETTINGS = (
    "role = stranger", "statement_timeout = 1", "lock_timeout = 1", "idle_session_timeout = 50",
    "idle_in_transaction_session_timeout = 1", "default_transaction_read_only = on",
    "default_transaction_isolation = serializable", "default_transaction_deferrable = on",
    "search_path = evil", "row_security = off", "DateStyle = German", "TimeZone = 'Asia/Kathmandu'",
    "IntervalStyle = iso_8601", "extra_float_digits = -15", "bytea_output = escape", "xmloption = document",
    "standard_conforming_strings = off", "quote_all_identifiers = on", "array_nulls = off",
    "transform_null_equals = on", "plan_cache_mode = force_generic_plan", "enable_indexscan = off",
    "work_mem = 64", "client_min_messages = debug5", "client_encoding = latin1", "jit_above_cost = 0")


class Settings(Scene):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.sql("""CREATE ROLE commentary_relay; CREATE ROLE relay LOGIN IN ROLE commentary_relay;
            CREATE ROLE stranger; GRANT stranger TO relay; CREATE SCHEMA evil;
            GRANT USAGE ON SCHEMA commentary TO commentary_relay;
            GRANT SELECT ON commentary.match, commentary.entry, commentary.epoch TO commentary_relay;
            GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA commentary TO commentary_relay""")
        cls.stack.start_relay("--database", f"{cls.stack.conninfo} user=relay", "--heartbeat", "1s")

    def restart_sessions(self):
        """Of the relay: they begin with the settings of now."""
        wait_for(lambda: self.stack.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                        " WHERE application_name = 'commentary-relay'") != "0", "there is one to end")

    async def goes_on(self):
        await self.viewer.until_stale()
        await self.until_live()
        await self.compare()
        self.assertEqual(self.viewer.starts, 1)

    async def test_no_setting_stops_it(self):
        for setting in SETTINGS:
            with self.subTest(setting):
                self.stack.sql(f"ALTER ROLE relay IN DATABASE postgres SET {setting}")
                self.restart_sessions()
                await self.goes_on()
                self.stack.sql(f"ALTER ROLE relay IN DATABASE postgres RESET {setting.split()[0]}")

    async def test_transactions_have_no_time_limit(self):
        if int(self.stack.sql("SHOW server_version_num")) < 170000:
            self.skipTest("transaction_timeout is of PostgreSQL 17")
        self.stack.sql("ALTER ROLE relay SET transaction_timeout = 1")
        self.restart_sessions()
        await self.goes_on()
        self.stack.sql("ALTER ROLE relay RESET transaction_timeout")

    async def test_row_security_hides_no_entry_from_viewers(self):
        """Before the relay cannot read them it says so, and waits: nobody begins afresh."""
        for table in ("entry", "match"):
            self.post(f"before there is row security of {table}")
            await self.until(f"before there is row security of {table}")
            self.stack.sql(f"ALTER TABLE commentary.{table} ENABLE ROW LEVEL SECURITY")
            await self.viewer.until_stale()
            wait_for_log(self.stack, "row-level security", f"\\\"{table}\\\"", "BYPASSRLS")
            wait_for(lambda: "row-level security" in self.stack.why_not_ready(), "/readyz says why")
            self.post(f"with row security of {table}")
            self.stack.sql(f"ALTER TABLE commentary.{table} DISABLE ROW LEVEL SECURITY")
            await self.until_live()
            await self.compare()
            self.assertEqual(self.viewer.starts, 1)

    async def test_a_role_that_passes_row_security_goes_on(self):
        self.stack.sql("ALTER TABLE commentary.entry ENABLE ROW LEVEL SECURITY; ALTER ROLE relay BYPASSRLS")
        self.restart_sessions()
        await self.goes_on()
        self.stack.sql("ALTER TABLE commentary.entry DISABLE ROW LEVEL SECURITY; ALTER ROLE relay NOBYPASSRLS")


if __name__ == "__main__":
    run(Settings)
