"""A standby of a test's PostgreSQL, which can be promoted."""
import os

from support.base.port import free_port
from support.base.stack import Stack, wait_for


class Standby(Stack):
    """A copy of a primary that follows it: asynchronously, until follow_synchronously()."""

    def __init__(self, primary):
        self.primary = primary
        self.bin, self.environment = primary.bin, primary.environment
        self.dir = f"{primary.dir}/standby"
        os.mkdir(self.dir)
        self.data, self.pg_port, self.relay = f"{self.dir}/data", free_port(), None
        self.pg("pg_basebackup", "--no-sync", "-D", self.data, "-R", "-c", "fast", "-d",
                f"{primary.conninfo} application_name=standby")
        with open(f"{self.data}/postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"port = {self.pg_port}\nunix_socket_directories = '{self.dir}'\n")
        self.start_postgres()

    def follow_synchronously(self):
        """From now on the primary acknowledges only what the standby has, too."""
        self.primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        self.primary.sql("SELECT pg_reload_conf()")
        wait_for(lambda: self.primary.sql("SELECT count(*) FROM pg_stat_replication"
                                          " WHERE sync_state = 'sync'") == "1", "the standby is synchronous")

    def catch_up(self):
        """Waits until it has all that the primary has."""
        if isinstance(self.primary, Standby):
            self.primary.catch_up()
        position = self.primary.sql("SELECT pg_last_wal_replay_lsn()" if isinstance(self.primary, Standby)
                                    else "SELECT pg_current_wal_lsn()")
        wait_for(lambda: self.sql(f"SELECT pg_last_wal_replay_lsn() >= '{position}'") == "t",
                 "the standby has caught up")

    def fall_behind(self):
        """It gets nothing more from its primary."""
        self.sql("ALTER SYSTEM SET primary_conninfo = ''")
        self.sql("SELECT pg_reload_conf()")
        wait_for(lambda: self.primary.sql("SELECT count(*) FROM pg_stat_replication") == "0",
                 "the standby follows no longer")

    def promote(self):
        self.pg("pg_ctl", "-D", self.data, "-w", "promote")
