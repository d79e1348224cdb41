"""A follower of a test's PostgreSQL by logical replication: another region, with a relay of its own."""
import os

from support.base.port import free_port
from support.base.stack import Stack, wait_for

TABLES = "commentary.match, commentary.entry, commentary.epoch"
# What both need; the rest is for a test that does not want to wait for PostgreSQL's own intervals.
LOGICAL = ("wal_level = logical\nmax_wal_senders = 10\nmax_replication_slots = 10\nmax_worker_processes = 20\n"
           "max_logical_replication_workers = 10\nwal_retrieve_retry_interval = 100ms\n")


class Region(Stack):
    """The constructor returns when the initial copy is complete. Its clock is that of the primary: the same machine."""

    def __init__(self, primary, settings=""):
        self.primary = primary
        primary.sql(f"CREATE PUBLICATION region FOR TABLE {TABLES}")
        super().__init__(LOGICAL + "commentary.role = follower\n" + settings)
        self.relay_port = free_port()
        self.subscribe()
        wait_for(lambda: self.copied() == {"commentary.match", "commentary.entry", "commentary.epoch"},
                 "the initial copy is made")

    def subscribe(self):
        """Begins its initial copy."""
        self.sql(f"CREATE SUBSCRIPTION region CONNECTION '{self.primary.conninfo}' PUBLICATION region")

    def copied(self):
        """The tables of which it has made its initial copy."""
        return set(self.sql("SELECT srrelid::regclass FROM pg_subscription_rel WHERE srsubstate = 'r'").split("\n"))

    def clear(self):
        """Empties it, as a DBA does before a new copy."""
        self.sql("DROP SUBSCRIPTION region")
        self.sql(f"SET commentary.allow_log_changes = on; TRUNCATE {TABLES}")

    def pause(self):
        """From here on nothing is applied."""
        self.sql("ALTER SUBSCRIPTION region DISABLE")
        wait_for(lambda: self.sql("SELECT count(pid) FROM pg_stat_subscription") == "0", "its worker ends")

    def resume(self):
        self.sql("ALTER SUBSCRIPTION region ENABLE")

    def has(self, match, seq):
        return self.sql(f"SELECT count(*) FROM commentary.entry WHERE match_id = {match} AND seq = {seq}") == "1"

    def promote(self):
        """Makes it a primary; the one that it followed may be gone."""
        for statement in ("ALTER SUBSCRIPTION region DISABLE", "ALTER SUBSCRIPTION region SET (slot_name = NONE)",
                          "DROP SUBSCRIPTION region", "ALTER SYSTEM SET commentary.role = 'primary'",
                          "SELECT pg_reload_conf()"):
            self.sql(statement)


class OldStack(Stack):
    """A stack on the older PostgreSQL that make check-pg brings along, with this extension."""

    def make_cluster(self):
        self.bin = f"{os.environ['COMMENTARY_OLD_PG']}/bin"
        self.pg("initdb", "--no-sync", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                "--locale=C.UTF-8")
