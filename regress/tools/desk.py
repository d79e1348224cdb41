#!/usr/bin/python3
"""commentary-desk, as a reporter uses it: at a terminal, with mistakes, and with a server that goes away."""
import os

from terminal.tool import Terminal, run_tool

from support.base.case import Case, run

ROLES = f"{os.path.dirname(os.path.abspath(__file__))}/../../sql/roles.sql"


class Desk(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.pg("psql", "-XAtqd", cls.stack.conninfo, "-f", ROLES)
        cls.stack.sql("CREATE ROLE reporter LOGIN IN ROLE commentary_writer")

    @property
    def database(self):
        return {"PGHOST": self.stack.dir, "PGPORT": str(self.stack.pg_port), "PGUSER": "reporter", "PGDATABASE": "postgres"}

    def match(self):
        return self.stack.sql("SELECT commentary.create_match('England', 'Germany', home_short => 'ENG', away_short => 'GER',"
                              " home_score => 0, away_score => 0, status => 'live')")

    def open(self, match):
        desk = Terminal("desk", match, **self.database)
        desk.wait_for("ENG 0–0 GER> ")
        return desk

    def feed(self, match, columns="kind, minute, stoppage, actor, message"):
        return self.stack.sql(f"SELECT {columns} FROM commentary.feed WHERE match_id = {match} ORDER BY seq").split("\n")

    def score(self, match):
        return self.stack.sql(f"SELECT home_score || '–' || away_score FROM commentary.match WHERE match_id = {match}")

    def do(self, desk, line, wanted):
        """Types it, and waits until the screen says so."""
        desk.mark()
        desk.type(line + "\r")
        desk.wait_for(wanted)

    def test_what_is_cut_by_a_byte_0_is_not_written(self):
        match = self.match()
        code, _, err = run_tool("desk", match, given="say 1 whole\nsay 2 cut\0off\nsay 3 behind\n", **self.database)
        self.assertEqual(code, 1)
        self.assertIn("a line has a byte 0", err)
        self.assertEqual(self.feed(match, "message"), ["whole"])

    def test_a_match_is_written(self):
        match = self.match()
        desk = self.open(match)
        self.do(desk, "goal ENG Kane 45+2 From the spot!", r"#\d+ 45\+2 goal  Kane \(England\)  From the spot!")
        desk.wait_for("ENG 1–0 GER> ")
        self.do(desk, 'card ger "Le Tissier" red 60', r"red_card  Le Tissier \(Germany\)  Red card\.")
        self.do(desk, "sub ENG Foden for Saka 70", "Foden comes on for Saka")
        self.do(desk, "say 71 A good spell for Rübezahl.", "A good spell for Rübezahl")
        self.do(desk, 'amend last actor="Phil Foden" minute=72 What a spell.', r"72  Phil Foden  What a spell\.")
        self.assertEqual(self.feed(match), ["goal|45|2|Kane|From the spot!", "red_card|60||Le Tissier|Red card.",
                                            "substitution|70||Foden|Foden comes on for Saka.",
                                            "comment|72||Phil Foden|What a spell."])
        goal = self.stack.sql(f"SELECT seq FROM commentary.feed WHERE kind = 'goal' AND match_id = {match}")
        self.do(desk, f"retract {goal} offside", rf"withdrawn: #{goal} 45\+2 goal  Kane")
        self.assertEqual(len(self.feed(match)), 3)
        self.assertEqual(self.stack.sql(f"SELECT message FROM commentary.entry WHERE op = 'retract' AND match_id = {match}"),
                         "offside")
        self.do(desk, "score 0 0", "ENG 0–0 GER> ")
        desk.type("quit\r")
        self.assertEqual(desk.end(), 0)
        self.assertEqual(self.score(match), "0–0")

    def test_the_clock_is_kept(self):
        match = self.match()
        desk = self.open(match)
        self.do(desk, "kickoff", "ENG 0–0 GER 1'> ")
        self.do(desk, "clock 46:59", r"ENG 0–0 GER 45\+[23]'> ")
        self.do(desk, "goal GER Müller", r"45\+[23] goal  Müller \(Germany\)  Goal!")
        self.do(desk, "half", "half_time  Half time")
        self.do(desk, "second", "ENG 0–1 GER 46'> ")
        desk.type("quit\r")
        desk.end()
        desk = Terminal("desk", match, **self.database)
        desk.wait_for(r"ENG 0–1 GER 4[67]'> ")
        desk.type("\x04")
        self.assertEqual(desk.end(), 0)

    def test_undo_takes_back_the_line_and_the_score(self):
        match = self.match()
        desk = self.open(match)
        self.do(desk, "goal ENG Kane 3", "ENG 1–0 GER> ")
        self.do(desk, "undo", "ENG 0–0 GER> ")
        self.do(desk, "undo", "nothing of this desk is younger")
        self.assertEqual((self.feed(match), self.score(match)), ([""], "0–0"))
        desk.type("quit\r")
        desk.end()

    def test_what_was_mistyped_is_not_published(self):
        match = self.match()
        desk = self.open(match)
        for line, wanted in (("gaol ENG Kane", '"gaol" is no command'), ("goal FRA Kane", "which team"), ("goal", "which team"),
                             ("goal ENG", "which player"), ("sub ENG Foden", "for whom"), ("say", "say what"),
                             ("amend 1", "amend what"), ("amend last x=1", "no column|no last line"), ("amend 99 x", "no such line"),
                             ("retract last", "no last line"), ("score 1", "score HOME AWAY"), ("clock x", "clock MM")):
            self.do(desk, line, wanted)
        self.do(desk, "help", "takes the last line back")
        self.assertEqual(self.feed(match), [""])
        desk.type("quit\r")
        desk.end()

    def test_history_and_completion(self):
        match = self.match()
        desk = self.open(match)
        desk.mark()
        desk.type("go\tGE\t")
        desk.wait_for("goal GER ")
        desk.type("Klose 7\r")
        desk.wait_for("goal  Klose")
        desk.mark()
        desk.type("\x1b[A")
        desk.wait_for("GER Klose 7")
        desk.type("\r")
        desk.wait_for("ENG 0–2 GER")
        desk.type("quit\r")
        desk.end()

    def test_it_shows_what_others_write(self):
        match = self.match()
        desk = self.open(match)
        desk.type("say half a li")
        self.stack.sql(f"SELECT commentary.post({match}, E'From \u202e elsewhere')")
        desk.wait_for("From \ufffd elsewhere")
        desk.mark()
        desk.type("ne\r")
        desk.wait_for("#3  half a line")
        desk.type("quit\r")
        desk.end()

    def test_it_shows_what_others_make_of_the_lines_on_the_screen(self):
        match = self.match()
        desk = self.open(match)
        self.do(desk, "goal ENG Kane 12", r"#2 12 goal  Kane")
        desk.mark()
        self.stack.sql(f"SELECT commentary.amend({match}, 2, actor => 'Saka')")
        desk.wait_for(r"corrected: #2 12 goal  Saka \(England\)")
        self.stack.sql(f"SELECT commentary.retract({match}, 2, 'offside')")
        desk.wait_for(r"withdrawn: #2 12 goal  Saka")
        desk.type("quit\r")
        desk.end()

    def test_what_is_written_while_the_server_is_away_is_kept(self):
        match = self.match()
        desk = self.open(match)
        self.do(desk, "say 1 before", "#2 1  before")
        self.stack.stop_postgres("immediate")
        self.do(desk, "goal ENG Kane 2 while it was away", r"ENG 1–0 GER \(away, 1 wait\)> ")
        self.do(desk, "say 3 and more", r"away, 2 wait")
        desk.mark()
        self.stack.start_postgres()
        desk.wait_for("the server is back")
        desk.wait_for("ENG 1–0 GER> ")
        self.do(desk, "say 4 after", "4  after")
        self.assertEqual(self.feed(match, "minute, message"), ["1|before", "2|while it was away", "3|and more", "4|after"])
        self.assertEqual(self.score(match), "1–0")
        desk.type("quit\r")
        self.assertEqual(desk.end(), 0)

    def test_without_a_terminal(self):
        match = self.match()
        self.assertEqual(run_tool("desk", match, given="say 1 one\nsay 2 two\n", **self.database)[0], 0)
        code, out, _ = run_tool("desk", match, given="say 3 three\nwhat\nsay 4 four\n", **self.database)
        self.assertEqual((code, '"what" is no command' in out), (1, True))
        self.assertEqual(self.feed(match, "message"), ["one", "two", "three"])
        for wrong in ([], ["x"], ["1", "2"], ["--what", "1"]):
            self.assertEqual(run_tool("desk", *wrong, **self.database)[0], 2, wrong)
        code, _, err = run_tool("desk", "99999", **self.database)
        self.assertEqual((code, "there is no match 99999" in err), (1, True))


if __name__ == "__main__":
    run(Desk)
