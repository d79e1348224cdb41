#!/usr/bin/python3
"""A role that may log in, and nothing else, notifies on whatever it knows: no viewer sees any of
it, the log stays short, the table is not read again and again. And it hears no entry itself."""
import asyncio
import json
import os
import re
import subprocess
import time
import urllib.request

from support.audit.scene import Scene, wait_for_log
from support.base.case import run
from support.base.stack import LONG_S, wait_for
from support.viewer.viewer import Viewer

ROLES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../sql/roles.sql")
LOBBY = 0
FLOOD = 2000
LOG_LINES = 10      # of the relay, for all that one test forges
HINTS_PER_S = 50    # that the relay follows
HEARTBEAT_S = 2

# What comes after `1 EPOCH MATCH SEQ 1`, with the number of the seq in it.
BODIES = ("",
          '\n{"type":"commentary","match":%(match)s,"seq":%(seq)s,"op":"insert","message":"forged"}',
          '\n{"type":"match","match":%(match)s,"seq":%(seq)s,"state":{"match":%(match)s,"home":"forged"}}',
          '\n{"type":"match","match":"lobby","seq":%(seq)s,"state":{"match":%(match)s,"status":"forged"}}',
          "\n{not json: forged}", "\nforged", "\n{\n}", "\n{}\n{}", "\n" + "{" * 3000 + "}")
NONSENSE = ("", "forged", "1", "1 ", "1 e 1 1", "2 e 1 1 1", "1 e -1 1 1", "1 e 1 0 1", "1 e 1 1 99999999999999999999",
            "1 " + "e" * 7000 + " 1 1 1", "{}", "\n\n\n", "1 e 1 1 1 1 1 1\n{}")


class Attack(Scene):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.sql("CREATE ROLE stranger LOGIN")
        cls.stack.pg("psql", "-Xqd", cls.stack.conninfo, "-f", ROLES)
        cls.stack.sql("CREATE ROLE relay LOGIN IN ROLE commentary_relay")

    async def asyncSetUp(self):
        """A test begins with begin()."""

    async def asyncTearDown(self):
        for viewer in self.viewers:
            await viewer.close()
        await super().asyncTearDown()

    async def begin(self):
        """With a relay, a viewer of a match and one of the lobby."""
        self.stack.forget_relay_log()
        self.stack.start_relay("--heartbeat", f"{HEARTBEAT_S}s", "--report-interval", "0",
                               "--database", self.conninfo("relay"))
        self.addCleanup(self.stack.stop_relay)
        await super().asyncSetUp()
        self.viewers = [await Viewer(self.stack, "lobby").join(), await Viewer(self.stack, self.match).join()]
        self.post("before")
        await self.until("before")
        self.logged = self.stack.relay_said().count("\n")

    def conninfo(self, role):
        return self.stack.conninfo.replace("user=postgres", f"user={role}")

    def stranger(self, statements):
        """What psql says to them, as a role without any right."""
        done = subprocess.run([f"{self.stack.bin}/psql", "-XAtqd", self.conninfo("stranger")],
                              input=statements, check=True, capture_output=True, text=True)
        return done.stdout + done.stderr

    def metric(self, name):
        with urllib.request.urlopen(f"{self.stack.url}/metrics", timeout=LONG_S) as answer:
            return int(re.search(rf"^{re.escape(name)} (\d+)$", answer.read().decode(), re.MULTILINE)[1])

    @property
    def reads(self):
        return sum(self.metric(f'commentary_catchup_queries_total{{kind="{kind}"}}')
                   for kind in ("check", "newer", "load", "history"))

    def forge(self):
        """Of both topics, of an unknown match, of the right epoch and of another."""
        epoch = self.stack.sql("SELECT commentary.epoch()")
        heads = {LOBBY: self.stack.head(LOBBY), self.match: self.stack.head(self.match), 999999: 0}
        payloads = list(NONSENSE)
        for match, head in heads.items():
            for seq in (1, head, head + 1, head + 2, head + 1000):
                payloads += [f"1 {each} {match} {max(seq, 1)} 1{body}" % {"match": match, "seq": seq}
                             for each in (epoch, "0123456789abcdef") for body in BODIES]
        self.notify("commentary", *payloads)
        return payloads

    def notify(self, channel, *payloads):
        self.stranger("".join(f"SELECT pg_notify('{channel}', $forged${payload}$forged$);\n" for payload in payloads))

    def flood(self, payload):
        """So many different ones in one transaction."""
        self.stranger(f"SELECT pg_notify('commentary', format($${payload}$$, i)) FROM generate_series(1, {FLOOD}) i")

    async def assert_nothing_was_believed(self):
        lobby, second = self.viewers
        self.post("after")
        await self.until("after")
        await self.compare()
        await second.follow(lambda: self.viewer.seq)
        await lobby.follow(lambda: self.stack.head(LOBBY))
        self.assertEqual(second.bodies, self.viewer.bodies)
        self.assertEqual(lobby.bodies, self.stack.bodies(LOBBY, lobby.skipped))
        for viewer in (self.viewer, second, lobby):
            self.assertEqual((viewer.gaps, viewer.doubles, viewer.starts), (0, 0, 1))
            self.assertNotIn("forged", str(viewer.bodies) + str(viewer.messages))
        for path in ("/matches", f"/matches/{self.match}", f"/matches/{self.match}/commentary"):
            with urllib.request.urlopen(self.stack.url + path, timeout=LONG_S) as answer:
                document = answer.read().decode()
            json.loads(document)
            self.assertNotIn("forged", document)
        self.assertLessEqual(self.stack.relay_said().count("\n") - self.logged, LOG_LINES)


class Forged(Attack):
    """With the extension's own channel, which the relay may listen to, or may not."""

    def forbid_listening(self):
        self.stack.sql("REVOKE EXECUTE ON FUNCTION commentary.listen() FROM commentary_relay")
        self.addCleanup(self.allow_listening)

    def allow_listening(self):
        self.stack.sql("GRANT EXECUTE ON FUNCTION commentary.listen() TO commentary_relay")

    async def test_nothing_that_a_stranger_says_is_heard(self):
        await self.begin()
        writer, reads, began = self.write(), self.reads, time.monotonic()
        newer = self.metric('commentary_catchup_queries_total{kind="newer"}')
        wait_for(lambda: self.stack.head(self.match) > 10, "entries are written")
        for _ in range(3):
            await asyncio.to_thread(self.forge)
        await self.compare_written()
        await self.assert_nothing_was_believed()
        self.assertTrue(writer.acknowledged)
        self.assertEqual(self.metric("commentary_hints_total"), 0)
        self.assertEqual(self.metric("commentary_notifications_malformed_total"), 0)
        # Heartbeats, any of which may see an entry before its notification does.
        beats = (time.monotonic() - began) / HEARTBEAT_S + 2
        self.assertLess(self.reads - reads, 100 + beats)
        self.assertLess(self.metric('commentary_catchup_queries_total{kind="newer"}') - newer, 10 + beats)

    async def test_names_that_look_like_ours(self):
        """Nor on other channels, however many notifications they get."""
        await self.begin()
        payloads = [f"1 {self.viewer.epoch} {self.match} {self.viewer.seq + 1} 1\n{{\"forged\":{n}}}" for n in range(50)]
        for channel in ("commentary_", "commentary_0123456789abcdef0123456789abcdef", "commentary_probe",
                        "commentary_probe_0123456789abcdef", "Commentary"):
            self.notify(channel, *payloads)
        self.stranger(f"SELECT pg_notify('other', repeat('x', 7000) || i) FROM generate_series(1, {FLOOD}) i")
        await self.assert_nothing_was_believed()
        self.assertEqual(self.metric("commentary_hints_total"), 0)

    async def test_a_relay_that_hears_hints_only(self):
        """Its role may not listen: that is said, entries come all the same, nothing is believed."""
        self.forbid_listening()
        await self.begin()
        wait_for_log(self.stack, "level=error", "may not listen", "role=relay", "GRANT EXECUTE ON FUNCTION commentary.listen() TO")
        self.write()
        for _ in range(3):
            await asyncio.to_thread(self.forge)
        await self.compare_written()
        await self.assert_nothing_was_believed()
        self.assertGreater(self.metric("commentary_hints_total"), 100)

    async def test_a_flood_is_not_read(self):
        self.forbid_listening()
        await self.begin()
        for payload in (f"1 {self.viewer.epoch} {self.match} %s 1", f"1 %s {self.match} 1 1",
                        f"1 {self.viewer.epoch} %s 1 1", "forged %s"):
            reads, hints = self.reads, self.metric("commentary_hints_total")
            clock = asyncio.get_running_loop().time()
            await asyncio.to_thread(self.flood, payload)
            wait_for(lambda before=hints: self.metric("commentary_hints_total") >= before + FLOOD, "all have come")
            await self.assert_nothing_was_believed()
            seconds = asyncio.get_running_loop().time() - clock
            self.assertLessEqual(self.reads - reads, (seconds + 2) * (HINTS_PER_S + 2))

    async def test_the_right_to_listen_is_found_without_a_restart(self):
        self.forbid_listening()
        await self.begin()
        self.allow_listening()
        await asyncio.to_thread(wait_for_log, self.stack, "listens to new entries now")
        hints = self.metric("commentary_hints_total")
        self.post("on the other channel")
        await self.until("on the other channel")
        self.flood("forged %s")
        self.assertEqual(self.metric("commentary_hints_total"), hints)
        self.assertNotIn("stale", [message["type"] for message in self.viewer.messages])
        await self.assert_nothing_was_believed()

    async def test_a_stranger_hears_no_entry(self):
        await self.begin()
        self.assertIn("permission denied", self.stranger("SELECT commentary.listen()"))
        self.assertIn("permission denied", self.stranger("SELECT * FROM commentary.entry"))
        privileged = f"\\! {self.stack.bin}/psql -XAtqd '{self.stack.conninfo}' -c"
        heard = await asyncio.to_thread(self.stranger, f"""
            LISTEN commentary; LISTEN "commentary_"; LISTEN commentary_probe;
            {privileged} "SELECT commentary.post({self.match}, 'not for strangers')"
            {privileged} "SELECT commentary.flush()"
            SELECT pg_sleep(0.1);
            SELECT pg_sleep(0.1);""")
        self.assertIn('Asynchronous notification "commentary"', heard)
        self.assertNotIn("strangers", heard)
        await self.until("not for strangers")


class BeforeTheChannel(Attack):
    """With an extension of before that."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.sql("DROP EXTENSION commentary CASCADE; CREATE EXTENSION commentary VERSION '1.1'")
        cls.stack.sql("GRANT USAGE ON SCHEMA commentary TO relay;"
                      " GRANT SELECT ON ALL TABLES IN SCHEMA commentary TO relay;"
                      " GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA commentary TO relay")
        cls.stack.create_match()
        cls.stack.sql("SELECT commentary.flush()")  # its flusher has begun its epoch
        cls.stack.sql("SELECT commentary.flush()")  # there is an epoch then: viewers begin only once

    async def test_nothing_is_believed_and_then_it_is_upgraded(self):
        await self.begin()
        wait_for_log(self.stack, "level=error", "of before 1.2", "ALTER EXTENSION commentary UPDATE")
        self.write()
        await asyncio.to_thread(self.forge)
        await self.compare_written()
        await self.assert_nothing_was_believed()
        self.assertGreater(self.metric("commentary_hints_total"), 100)
        self.stack.sql("ALTER EXTENSION commentary UPDATE")
        self.stack.pg("psql", "-Xqd", self.stack.conninfo, "-f", ROLES)
        await asyncio.to_thread(wait_for_log, self.stack, "listens to new entries now")
        self.assertNotIn("stale", [message["type"] for message in self.viewer.messages])
        await self.assert_nothing_was_believed()


if __name__ == "__main__":
    run(Forged, BeforeTheChannel)
