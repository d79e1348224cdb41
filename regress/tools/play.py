#!/usr/bin/python3
"""commentary-play: files of three formats, mistakes in them, and what comes in between."""
import os
import signal
import subprocess
import tempfile
import unittest

from terminal.tool import Terminal, environment, path, run_tool

from support.base.case import Case, run
from support.base.stack import wait_for
from support.server import pgbouncer

TOP = f"{os.path.dirname(os.path.abspath(__file__))}/../.."
DEMOS = {"istanbul-2005": "3–3", "lords-2019": "241 & 15–241/8 & 15", "wimbledon-2008": "4 4 7 7 7–6 6 6⁵ 6⁸ 9"}


class Play(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.pg("psql", "-XAtqd", cls.stack.conninfo, "-f", f"{TOP}/sql/roles.sql")
        cls.stack.sql("CREATE ROLE desk LOGIN IN ROLE commentary_writer")
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name

    @property
    def database(self):
        return {"PGHOST": self.stack.dir, "PGPORT": str(self.stack.pg_port), "PGUSER": "desk", "PGDATABASE": "postgres"}

    def play(self, *arguments, given=""):
        return run_tool("play", *map(str, arguments), given=given, **self.database)

    def file(self, name, content):
        with open(f"{self.folder}/{name}", "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return f"{self.folder}/{name}"

    def match(self, ref):
        return int(self.stack.sql(f"SELECT match_id FROM commentary.match WHERE match_ref = '{ref}'"))

    def feed(self, match, columns="message"):
        return self.stack.sql(f"SELECT {columns} FROM commentary.feed WHERE match_id = {match} ORDER BY seq").split("\n")

    def score(self, match):
        return self.stack.sql("SELECT coalesce(home_display, home_score::text) || '–' || coalesce(away_display,"
                              f" away_score::text) FROM commentary.match WHERE match_id = {match}")

    def test_a_csv_is_played_and_again(self):
        file = self.file("match.csv", 'at;minute;kind;message;match.home_score;bad\r\n'
                         '0:00;1;kick_off;"Off; ""we"" go";0;x\r\n0:01;2;;"two\nlines";;\r\n\r\n0:02;3;goal;In!;1;y\r\n')
        code, _, err = self.play("-x", 10, "--map=bad=", file, "home=Rovers", "away=City", "away_score=0")
        self.assertEqual((code, err), (0, f"match {self.match('play/match.csv')}: 3 of 3 steps played, 0 refused, 0 there before\n"))
        match = self.match("play/match.csv")
        self.assertEqual(self.feed(match, "minute, kind, replace(message, E'\\n', '/')"),
                         ['1|kick_off|Off; "we" go', "2|comment|two/lines", "3|goal|In!"])
        self.assertEqual(self.score(match), "1–0")
        code, _, err = self.play("-a", "--map=bad=", file, "home=Rovers", "away=City")
        self.assertEqual(code, 0)
        self.assertIn("it goes on at the next", err)
        self.assertIn("0 of 3 steps played, 0 refused, 3 there before", err)
        self.assertEqual(len(self.feed(match, "seq")), 3)

    def test_the_demo_matches(self):
        for name, score in DEMOS.items():
            code, _, err = self.play("--at-once", f"{TOP}/sql/demo/{name}.txt")
            self.assertEqual(code, 0, err)
            match = self.match(f"play/{name}.txt")
            self.assertEqual(self.score(match), score)
            with open(f"{TOP}/sql/demo/{name}.txt", encoding="utf-8") as file:
                told = sum(line[:1].isdigit() for line in file)
            self.assertEqual(int(self.stack.sql("SELECT count(*) FROM commentary.entry WHERE op <> 'match'"
                                                f" AND match_id = {match}")), told, name)

    def test_what_was_written_can_be_played_again(self):
        old = self.stack.create_match("live")
        self.stack.sql(f"INSERT INTO commentary.feed (match_id, minute, kind, actor, message, tags, metadata) VALUES"
                       f" ({old}, 1, 'goal', 'A', 'first', ARRAY['a,b', 'c\\\\d'], '{{\"x\": 0.12345678901234567890}}'), ({old}, 2, 'shot', 'B', 'second',"
                       " null, null)")
        self.stack.sql(f"SELECT commentary.amend({old}, 2, message => 'changed', clear => '{{actor}}')")
        self.stack.sql(f"SELECT commentary.retract({old}, 3, 'no')")
        self.stack.sql(f"UPDATE commentary.match SET home_score = 1, away_score = 0 WHERE match_id = {old}")
        lines = "\n".join(self.stack.bodies(old)) + "\n"
        code, _, err = self.play("-a", "-f", "jsonl", "-", "match_ref=again", given=lines)
        self.assertEqual(code, 0, err)
        columns = "minute, kind, actor, message, tags, metadata"
        self.assertEqual(self.feed(self.match("again"), columns), self.feed(old, columns))
        self.assertEqual(self.score(self.match("again")), "1–0")

    def test_mistakes_are_named_with_their_line_and_nothing_is_played(self):
        matches = self.stack.sql("SELECT count(*) FROM commentary.match")
        for name, content, wanted in (
                ("a.csv", "message,colour\nx,red\n", '/a.csv:1: "colour" is no column'),
                ("b.csv", "at,message\n0:00,x\n25h,y\n", '/b.csv:3: "25h" is not a time'),
                ("c.csv", "minute,message\n1,\"a\nb\"\n2\n", "/c.csv:4: it has 1 fields, and the header 2"),
                ("twice.csv", "minute,message,message\n1,x,y\n", '/twice.csv:1: two headings are column "message"'),
                ("latin.csv", "message\nx\nTor für\n".encode("cp1252"), "/latin.csv:3: a character that is not UTF-8"),
                ("wide.csv", "message\nx\n".encode("utf-16"), "has a byte 0: it is no text, or UTF-16"),
                ("d.csv", "message\n\"x\n", "/d.csv:2: a quoted field does not end"),
                ("a.jsonl", '{"message":"x"}\n{"message":\n', "/a.jsonl:2: it is no object of JSON"),
                ("b.jsonl", '{"op":"retract","ref_seq":9}\n', '/b.jsonl:1: it corrects "seq/9", and no line'),
                ("c.jsonl", '{"match":1,"message":"x"}\n{"match":2,"message":"y"}\n', "/c.jsonl:2: match 2, after"),
                ("a.txt", "@teams | A | B\n00:00 | goal | A | | x\nsoon | goal | A | | x\n", '/a.txt:3: "soon" is not a time'),
                ("b.txt", "@teams | A | B\n00:00 | goal | A | | x | flag=1\n", '/b.txt:2: "flag" is no column'),
                ("empty.csv", "message\n", "has no line to play")):
            code, _, err = self.play("-a", self.file(name, content))
            self.assertEqual(code, 2, (name, err))
            self.assertIn(wanted, err)
        for wrong in ((), ("/nowhere",), ("-x", "0", "a"), ("-f", "xml", self.file("x.csv", "message\nx\n")),
                      ("--what", "a"), (self.file("y.csv", "message\nx\n"), "colour=red")):
            self.assertEqual(self.play(*wrong)[0], 2, wrong)
        self.assertEqual(self.stack.sql("SELECT count(*) FROM commentary.match"), matches)

    @unittest.skipUnless(pgbouncer.is_there(), "pgbouncer could not be unpacked")
    def test_through_a_pooler(self):
        """It shares a session of the server with others from transaction to transaction."""
        pooler = pgbouncer.Pgbouncer(self.stack, "transaction")
        try:
            given = {**self.database, "PGUSER": "postgres", "PGPORT": str(pooler.port)}
            code, _, err = run_tool("play", "-a", self.file("pooled.csv", "message,minute\none,1\ntwo,2\n"), **given)
            match = self.match("play/pooled.csv")
            self.assertEqual((code, err), (0, f"match {match}: 2 of 2 steps played, 0 refused, 0 there before\n"))
            code, _, err = run_tool("desk", str(match), given="say 3 three\namend last four\n", **given)
            self.assertEqual((code, err), (0, ""))
            self.assertEqual(self.feed(match), ["one", "two", "four"])
        finally:
            pooler.stop()

    def test_a_dry_run_does_not_wait(self):
        """It would hold the locks of its transaction for the length of the match."""
        file = self.file("long.csv", "at,message\n00:00,begin\n10:00:00,end\n")
        code, _, err = self.play("--dry-run", file)
        self.assertEqual(code, 0, err)
        self.assertIn("2 of 2 steps would be played, 0 refused", err)

    def test_what_the_server_refuses(self):
        file = self.file("refused.csv", "minute,kind,message\n1,goal,one\n2,GOAL!,two\n3,,three\n4,,\n")
        code, _, err = self.play("--dry-run", file)
        self.assertEqual(code, 3, err)
        for line in "/refused.csv:3: ", "/refused.csv:5: ":
            self.assertIn(line, err)
        self.assertIn("2 of 4 steps would be played, 2 refused", err)
        self.assertEqual(self.stack.sql("SELECT count(*) FROM commentary.match WHERE match_ref = 'play/refused.csv'"), "0")
        code, _, err = self.play("-a", file)
        self.assertEqual(code, 1, "it stops at the first")
        self.assertEqual(self.feed(self.match("play/refused.csv")), ["one"])
        code, _, err = self.play("-a", "--keep-going", file)
        self.assertEqual((code, self.feed(self.match("play/refused.csv"))), (3, ["one", "three"]))
        self.assertIn("1 of 4 steps played, 2 refused, 1 there before", err)

    def test_it_goes_on_after_an_interruption(self):
        file = self.file("long.csv", "at,message\n" + "".join(f"{i / 10},line {i}\n" for i in range(200)))
        terminal = Terminal("play", "-x", "0.5", file, "home=A", "away=B", **self.database)
        terminal.wait_for(r"[3-9]/200, the next in 1 s")
        os.kill(terminal.pid, signal.SIGINT)
        self.assertEqual(terminal.end(), 1)
        self.assertRegex(terminal.text, r"stopped before line \d+; the same command goes on there")
        match = self.match("play/long.csv")
        before = len(self.feed(match))
        self.assertLess(before, 200)
        code, _, err = self.play("-a", file)
        self.assertEqual(code, 0, err)
        self.assertIn(f"{200 - before} of 200 steps played", err)
        self.assertEqual(self.feed(match), [f"line {i}" for i in range(200)])

    def test_no_line_is_lost_or_doubled_when_the_server_restarts(self):
        file = self.file("restart.csv", "at,message\n" + "".join(f"{i / 100},line {i}\n" for i in range(300)))
        with open(f"{self.folder}/err", "w+", encoding="utf-8") as said:
            process = subprocess.Popen([path("play"), "-x", "1", file, "home=A", "away=B"], stderr=said,
                                       env=environment(self.database))
            wait_for(lambda: self.stack.sql("SELECT count(*) > 20 FROM commentary.feed f JOIN commentary.match m USING"
                                            " (match_id) WHERE m.match_ref = 'play/restart.csv'") == "t", "it plays", 120)
            self.stack.stop_postgres("immediate")
            self.stack.start_postgres()
            self.assertEqual(process.wait(200), 0)
            said.seek(0)
            self.assertIn("the server is away", said.read())
        self.assertEqual(self.feed(self.match("play/restart.csv")), [f"line {i}" for i in range(300)])

    def test_a_server_that_is_not_there(self):
        file = self.file("away.csv", "message\nx\n")
        code, _, err = run_tool("play", file, **self.database | {"PGHOST": self.folder})
        self.assertEqual((code, "No such file" in err), (1, True), err)


if __name__ == "__main__":
    run(Play)
