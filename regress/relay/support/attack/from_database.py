"""Attacks in the database: by DBAs, by strangers with a login, and by people who mean well."""
import contextlib
import json
import threading
import time

import psycopg2

from support.attack.attack import Attack, Session
from support.viewer.raw import Raw, text

# A careful DBA waits for a lock only briefly, since all others queue behind a session that waits for one.
DBA = "-clock_timeout=500ms -cclient_min_messages=error"

# What a DBA may do to our tables: a statement, and the one that takes it back. {x} is a new name.
CHANGES = {
    "a column": ("ALTER TABLE commentary.entry ADD COLUMN {x} text",
                 "ALTER TABLE commentary.entry DROP COLUMN {x}"),
    "a column with a default": ("ALTER TABLE commentary.entry ADD COLUMN {x} integer NOT NULL DEFAULT 7",
                                "ALTER TABLE commentary.entry DROP COLUMN {x}"),
    "a column with a default of its own": (
        "ALTER TABLE commentary.entry ADD COLUMN {x} timestamptz DEFAULT clock_timestamp()",
        "ALTER TABLE commentary.entry DROP COLUMN {x}"),
    "a generated column": (
        "ALTER TABLE commentary.entry ADD COLUMN {x} text GENERATED ALWAYS AS (lower(actor)) STORED",
        "ALTER TABLE commentary.entry DROP COLUMN {x}"),
    "a column of the matches": ("ALTER TABLE commentary.match ADD COLUMN {x} jsonb DEFAULT '{{}}'",
                                "ALTER TABLE commentary.match DROP COLUMN {x}"),
    "a column of the rejected rows": ("ALTER TABLE commentary.rejected ADD COLUMN {x} text DEFAULT 'x'",
                                      "ALTER TABLE commentary.rejected DROP COLUMN {x}"),
    "a check": ("ALTER TABLE commentary.entry ADD CONSTRAINT {x} CHECK (length(message) < 1000000)",
                "ALTER TABLE commentary.entry DROP CONSTRAINT {x}"),
    "a check that no row passes": (
        "ALTER TABLE commentary.entry ADD CONSTRAINT {x} CHECK (seq < 0) NOT VALID",
        "ALTER TABLE commentary.entry DROP CONSTRAINT {x}"),
    "a deferred constraint": (
        "ALTER TABLE commentary.entry ADD CONSTRAINT {x} UNIQUE (match_id, seq) DEFERRABLE INITIALLY DEFERRED",
        "ALTER TABLE commentary.entry DROP CONSTRAINT {x}"),
    "a trigger": (
        "CREATE TRIGGER {x} AFTER INSERT ON commentary.entry FOR EACH ROW EXECUTE FUNCTION audit.note()",
        "DROP TRIGGER {x} ON commentary.entry"),
    "a trigger before": (
        "CREATE TRIGGER {x} BEFORE INSERT ON commentary.entry FOR EACH ROW EXECUTE FUNCTION audit.pass()",
        "DROP TRIGGER {x} ON commentary.entry"),
    "a trigger of the matches": (
        "CREATE TRIGGER {x} AFTER UPDATE ON commentary.match FOR EACH ROW EXECUTE FUNCTION audit.note()",
        "DROP TRIGGER {x} ON commentary.match"),
    "an index": ("CREATE INDEX {x} ON commentary.entry (actor)", "DROP INDEX commentary.{x}"),
    "an index beside writers": (
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS {x} ON commentary.entry (flushed_at)",
        "DROP INDEX CONCURRENTLY IF EXISTS commentary.{x}"),
    "row security of the log": ("ALTER TABLE commentary.entry ENABLE ROW LEVEL SECURITY",
                                "ALTER TABLE commentary.entry DISABLE ROW LEVEL SECURITY"),
    "row security of the matches": ("ALTER TABLE commentary.match ENABLE ROW LEVEL SECURITY",
                                    "ALTER TABLE commentary.match DISABLE ROW LEVEL SECURITY"),
    "row security of rejected rows": ("ALTER TABLE commentary.rejected ENABLE ROW LEVEL SECURITY",
                                      "ALTER TABLE commentary.rejected DISABLE ROW LEVEL SECURITY"),
    "another owner": ("ALTER TABLE commentary.rejected OWNER TO stranger",
                      "ALTER TABLE commentary.rejected OWNER TO postgres"),
    "a default of the view": ("ALTER VIEW commentary.feed ALTER COLUMN kind SET DEFAULT 'goal'",
                              "ALTER VIEW commentary.feed ALTER COLUMN kind DROP DEFAULT"),
    "another way to store": ("ALTER TABLE commentary.entry ALTER COLUMN message SET STORAGE EXTERNAL",
                             "ALTER TABLE commentary.entry ALTER COLUMN message SET STORAGE EXTENDED"),
    "a publication": ("CREATE PUBLICATION {x} FOR TABLE commentary.entry", "DROP PUBLICATION {x}"),
    "another name of a column": ("ALTER TABLE commentary.entry RENAME COLUMN message TO {x}",
                                 "ALTER TABLE commentary.entry RENAME COLUMN {x} TO message"),
    "another name of the log": ("ALTER TABLE commentary.entry RENAME TO {x}",
                                "ALTER TABLE commentary.{x} RENAME TO entry"),
    "another name of the schema": ("ALTER SCHEMA commentary RENAME TO {x}",
                                   "ALTER SCHEMA {x} RENAME TO commentary"),
    "no rights for the relay": ("REVOKE EXECUTE ON FUNCTION commentary.read FROM commentary_relay",
                                "GRANT EXECUTE ON FUNCTION commentary.read TO commentary_relay"),
    "a table locked": ("BEGIN; LOCK TABLE commentary.entry IN SHARE MODE", "COMMIT"),
    "another way to lie": ("REINDEX INDEX CONCURRENTLY commentary.entry_pkey", "ANALYZE commentary.entry"),
}

AUDIT = """
    CREATE SCHEMA audit;
    CREATE TABLE audit.log (at timestamptz DEFAULT now(), what text);
    GRANT USAGE ON SCHEMA audit TO PUBLIC;
    GRANT INSERT ON audit.log TO PUBLIC;
    CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO audit.log (what) VALUES (tg_table_name); RETURN NULL; END $$;
    CREATE FUNCTION audit.pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
"""

# Settings that somebody may give a database or a role without thinking of us.
SETTINGS = (
    "default_transaction_read_only = on", "default_transaction_isolation = serializable",
    "default_transaction_deferrable = on", "statement_timeout = 1", "lock_timeout = 1",
    "idle_in_transaction_session_timeout = 1", "search_path = evil", "session_replication_role = replica",
    "row_security = off", "DateStyle = German", "TimeZone = Asia/Kathmandu", "IntervalStyle = iso_8601",
    "extra_float_digits = -15", "bytea_output = escape", "synchronous_commit = off", "default_tablespace = none",
    "default_table_access_method = none", "role = stranger", "work_mem = 64", "temp_file_limit = 0",
    "enable_indexscan = off", "xmloption = document", "check_function_bodies = off", "escape_string_warning = off",
    "standard_conforming_strings = off", "backslash_quote = on", "array_nulls = off",
    "quote_all_identifiers = on", "lc_messages = C", "log_statement = all", "plan_cache_mode = force_generic_plan",
    "from_collapse_limit = 1")
# A writer with this setting is not told that a row was set aside, so no reporter of the test gets it.
STAGED = "commentary.ack = staged"

FORGED = "FORGED by a stranger"
FLOOD = 2000
TOLD = 500          # a viewer of 40 entries with a hole gets fewer messages: it begins afresh only a few times


class Dba(Attack):
    """Changes our tables and changes them back."""

    def prepare(self):
        self.session = Session(self.stack, options=DBA)
        self.session.run(AUDIT)
        self.left = []

    def once(self):
        if not self.left:
            self.left = self.chance.sample(list(CHANGES), len(CHANGES))
        self.change(self.left.pop())

    def change(self, name):
        do, undo = (statement.format(x=f"x{self.rounds}") for statement in CHANGES[name])
        self.tell(name)
        self.session.run(do)
        try:
            self.last(0, 1)
        finally:
            self.session.run(undo)

    def finish(self):
        self.session.close()


class Settings(Attack):
    """Gives the database or a role a setting, and has the flusher or the relay begin new sessions with it."""

    def prepare(self):
        self.session = Session(self.stack, options=DBA)
        self.left = []

    def once(self):
        if not self.left:
            self.left = self.chance.sample((*SETTINGS, STAGED), len(SETTINGS) + 1)
        pair = self.left.pop()
        setting, value = pair.split(" = ")
        whose = self.chance.choice(("DATABASE postgres", "ROLE postgres", "ROLE relay IN DATABASE postgres"))
        if pair == STAGED:
            whose = "ROLE relay"
        self.tell(f"{whose}: {setting} = {value}")
        self.session.run("SET statement_timeout = 0; SET default_transaction_read_only = off; SET lock_timeout = '5s'")
        self.session.run(f"ALTER {whose} SET {setting} TO '{value}'")
        try:
            self.session.run(self.chance.choice((
                "SELECT commentary.worker_restart()",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'commentary-relay'")))
            self.last(0, 1)
        finally:
            self.session.run(f"ALTER {whose} RESET {setting}")

    def finish(self):
        self.session.close()


class Stranger(Attack):
    """A role that may only log in: it forges and floods notices, listens, and tries what it has no right to."""

    def prepare(self):
        self.dba, self.session = Session(self.stack), Session(self.stack, user="stranger")
        self.session.run("LISTEN commentary")

    def once(self):
        # a table that has just been rewritten looks empty to a snapshot from before that
        found = self.dba.run("SELECT match_id, max(seq), commentary.epoch() FROM commentary.entry"
                             " GROUP BY match_id ORDER BY random() LIMIT 1")
        match, head, epoch = found[0] if found else (1, 1, "f" * 16)
        line = (f'{{"type":"commentary","match":{match or chr(34) + "lobby" + chr(34)},"seq":{head + 1},'
                f'"op":"insert","message":"{match}.99.{head + 1} {FORGED}"}}')
        for payload in (f"1 {epoch} {match} {head + 1} 1\n{line}", f"1 {epoch} {match} {head + 1} 1 1\n{line}",
                        f"1 {epoch} {match} {head + 1} 1\n{{not json}}", f"1 {epoch} {match} {1 << 60} 1",
                        f"1 {'f' * 16} {match} 1 1", f"1 {epoch} {match} 1 1\n{line}", "nonsense", "", "1"):
            for channel in ("commentary", "commentary_" + "0" * 32, "commentary.entry"):
                self.session.run("SELECT pg_notify(%s, %s)", channel, payload)
        self.reach()
        if self.rounds % 8 == 0:
            self.session.run(f"SELECT pg_notify('commentary', '1 {epoch} {match} ' || i || ' 1')"
                             f" FROM generate_series({head}, {head + FLOOD}) i")
        self.listen()

    def reach(self):
        for statement in (
                "SELECT commentary.listen()", "SELECT count(*) FROM commentary.entry",
                "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'FORGED')",
                "INSERT INTO commentary.entry (match_id, seq, op, created_at, flushed_at)"
                " VALUES (1, 999999, 'insert', now(), now())",
                "SELECT commentary.pause()", "SELECT commentary.purge(1)", "SELECT commentary.flush()",
                "SELECT commentary.report_relay('x', 1, 1, 1)", "SELECT * FROM commentary.status()",
                "SET session_replication_role = replica"):
            self.expect(self.session.refused(statement), f"a stranger may {statement}")

    def listen(self):
        """It must not hear any of our notices."""
        self.session.run("SELECT 1")
        heard, self.session.connection.notifies = self.session.connection.notifies, []
        for notice in heard:
            self.expect("\n" not in notice.payload or FORGED in notice.payload or "{not json}" in notice.payload,
                        f"a stranger hears {notice.payload}")

    def finish(self):
        self.session.close()
        self.dba.close()


class Operators(Attack):
    """Operators call our functions, and end what is not theirs: sessions of reporters and relays, and the flusher."""

    pause_s = 1

    def prepare(self):
        self.session, self.reader = Session(self.stack, options="-cclient_min_messages=error"), Session(self.stack)
        self.alterer = Session(self.stack, options="-clock_timeout=2s")

    def once(self):
        self.chance.choice((self.end_reporters, self.end_the_flusher, self.end_relays, self.pause, self.steer,
                            self.queue))()

    def end_reporters(self):
        """Ends one of them, whatever it does: it may be in its COMMIT."""
        how = self.chance.choice(("pg_cancel_backend", "pg_terminate_backend"))
        self.session.run(f"SELECT {how}(pid) FROM pg_stat_activity WHERE usename = 'reporter'"
                         " ORDER BY random() LIMIT 1")

    def end_the_flusher(self):
        how = self.chance.choice(("pg_cancel_backend", "pg_terminate_backend"))
        self.session.run(f"SELECT {how}(flusher_pid) FROM commentary.status()")

    def end_relays(self):
        self.session.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'relay'")

    def pause(self):
        self.session.run("SELECT commentary.pause()")
        self.last(0, 1)
        self.session.run("SELECT commentary.resume()")

    def steer(self):
        for statement in ("SELECT commentary.reset_stats()", "SELECT commentary.worker_restart()", "CHECKPOINT",
                          "SELECT pg_switch_wal()", "SELECT pg_reload_conf()", "SELECT * FROM commentary.check()",
                          "VACUUM (FREEZE) commentary.match", "SELECT * FROM commentary.stat_match LIMIT 1"):
            self.session.run(statement)

    def queue(self):
        """A transaction reads for long, and an ALTER TABLE waits behind it for the lock of the whole table."""
        self.reader.run("BEGIN; SELECT 1 FROM commentary.entry LIMIT 1")
        altering = threading.Thread(target=self.alterer.refused, args=(
            "ALTER TABLE commentary.entry SET (fillfactor = 100)",))
        altering.start()
        self.last(0, 3)
        self.reader.run("COMMIT")
        altering.join()

    def finish(self):
        for session in (self.session, self.reader, self.alterer):
            session.close()


class Purges(Attack):
    """Removes matches that are over, while the log is vacuumed."""

    lines = 300

    def prepare(self):
        self.session, self.vacuum = Session(self.stack), Session(self.stack)

    def once(self):
        self.session.is_warned = False
        match, = self.session.run("SELECT commentary.create_match('Old', 'Older', status => 'live')")[0]
        self.session.run("INSERT INTO commentary.feed (match_id, message)"
                         " SELECT %s, 'line ' || i FROM generate_series(1, %s) i", match, self.lines)
        self.session.run("UPDATE commentary.match SET status = 'finished' WHERE match_id = %s", match)
        beside = threading.Thread(target=self.session_of_vacuum)
        beside.start()
        removed, = self.session.run("SELECT commentary.purge(%s)", match)[0]
        beside.join()
        self.expect(removed == self.lines + 2 or self.session.is_warned, f"purge() removed {removed} entries of {self.lines + 2}")

    def session_of_vacuum(self):
        try:
            self.vacuum.run("VACUUM commentary.entry")
        except psycopg2.Error as error:
            self.problems.append(f"{self.name}: {error}")

    def finish(self):
        self.session.close()
        self.vacuum.close()


class Holes(Attack):
    """A superuser deletes entries in the middle of a match on purpose, and the match goes on."""

    pause_s = 2

    def prepare(self):
        self.session = Session(self.stack, options="-clock_timeout=2s")

    def once(self):
        match, = self.session.run("SELECT commentary.create_match('Hole', 'Moth', status => 'live')")[0]
        viewer = Raw(self.steady).join()
        viewer.send(text(json.dumps({"type": "subscribe", "match": match, "history": 500})))
        self.session.run("INSERT INTO commentary.feed (match_id, message)"
                         " SELECT %s, 'line ' || i FROM generate_series(1, 40) i", match)
        self.expect(self.session.refused(f"DELETE FROM commentary.entry WHERE match_id = {match}"),
                    "entries can be deleted by who does not say that it is meant")
        self.session.run("BEGIN; SET LOCAL commentary.allow_log_changes = on;"
                         f" DELETE FROM commentary.entry WHERE match_id = {match} AND seq BETWEEN 10 AND 20; COMMIT")
        self.session.run("INSERT INTO commentary.feed (match_id, message) VALUES (%s, 'after the hole')", match)
        self.look(viewer)
        viewer.close()
        self.session.run("UPDATE commentary.match SET status = 'finished' WHERE match_id = %s", match)
        self.session.run("SELECT commentary.purge(%s)", match)

    def look(self, viewer):
        """The viewer must not be sent the same entries again and again."""
        count, end = 0, time.monotonic() + 2
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < end and viewer.frame():
                viewer.socket.settimeout(max(end - time.monotonic(), 0.01))
                count += 1
        self.expect(count < TOLD, f"a viewer of a match with a hole was sent {count} messages in 2 s")

    def finish(self):
        self.session.close()


class Replica(Attack):
    """A migration tool: its sessions set session_replication_role, and it writes matches and lines."""

    def prepare(self):
        self.session = Session(self.stack, options="-csession_replication_role=replica")

    def once(self):
        self.session.is_warned = False
        match, = self.session.run("SELECT commentary.create_match('Moved', 'Here', status => 'live')")[0]
        self.session.run("INSERT INTO commentary.feed (match_id, message) SELECT %s, 'moved ' || i"
                         " FROM generate_series(1, 20) i", match)
        stored, = self.session.run("SELECT count(*) FROM commentary.entry WHERE match_id = %s AND op = 'insert'",
                                   match)[0]
        self.expect(stored == 20 or self.session.is_warned, f"{stored} of 20 lines of a migration are there")
        for wrong in ("INSERT INTO commentary.feed (match_id, message) VALUES (987654321, 'no such match')",
                      f"INSERT INTO commentary.feed (match_id, message, minute) VALUES ({match}, 'x', -1)",
                      f"UPDATE commentary.match SET status = 'nonsense' WHERE match_id = {match}",
                      f"DELETE FROM commentary.entry WHERE match_id = {match}"):
            self.expect(self.session.refused(wrong), f"a migration may {wrong}")

    def finish(self):
        self.session.close()
