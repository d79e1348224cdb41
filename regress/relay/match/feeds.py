#!/usr/bin/python3
"""Files of data providers, loaded with sql/feeds/load: once, again, corrected and with mistakes."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from support.base.case import Case, run
from support.base.data import DATA, read_rows
from support.viewer.viewer import Viewer

FEEDS = f"{os.path.dirname(os.path.abspath(__file__))}/../../../sql/feeds"
ROLES = f"{FEEDS}/../roles.sql"
REFUSED = 3     # an exit status of load

# What each sample must have become: match_ref, entries, status, score as shown.
SAMPLES = {
    "openfootball.json": (("openfootball/World Cup 2022/2022-12-18/Argentina/France", 6, "finished", "3–3"),
                          ("openfootball/World Cup 2022/2022-11-22/Argentina/Saudi Arabia", 3, "finished", "1–2"),
                          ("openfootball/World Cup 2022/2035-06-01/Rovers/City", 0, "scheduled", "")),
    "statsbomb.json": (("statsbomb/statsbomb", 11, "finished", "2–1"),),
    "opta.xml": (("opta/900001", 7, "finished", "1–1"),),
    "cricsheet.json": (("cricsheet/cricsheet", 7, "finished", "6/1–7/1"),),
    "nba.json": (("nba/0099900001", 11, "finished", "101–99"),),
    "pgn.pgn": (("pgn/Paris Opera/Paris/1858.11.02/?/Paul Morphy/Duke Karl and Count Isouard", 34, "finished", "1–0"),
                ('pgn/Harbour Rapid/?/????.??.??/1/A. "Rook" Player/B. Player', 3, "live", "")),
    "golf.json": (("golf/770001", 6, "live", ""),),
    "csv.csv": (("csv/csv", 4, "live", ""),),
}
OPTIONS = {"csv": ("sport=handball", *(f"entry.{column}={column}" for column in ("clock", "kind", "actor", "message")),
                   "entry.client_ref=id", "entry.client_version=revision")}

# Real commentary: which file, how it is mapped, and where its lines are.
LARGE = {
    "football.csv": ("comm_text", ("match=game_date", "entry.minute=comm_min", "entry.stoppage=comm_min_inj",
                                   "entry.message=comm_text", "entry.headline=headline")),
    "cricket.csv": ("comm", ("match=match", "order=newest_first", "sport=cricket", "entry.period=innings_no",
                             "entry.clock=over_number", "entry.actor=batsman", "entry.message=comm")),
}


def sample(name):
    with open(f"{FEEDS}/samples/{name}", encoding="utf-8") as file:
        return file.read()


class Feeds(Case):
    relay_options = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.pg("psql", "-XAtqd", cls.stack.conninfo, "-f", ROLES)
        cls.stack.sql("CREATE ROLE feed LOGIN IN ROLE commentary_writer")
        cls.folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        cls.addClassCleanup(cls.folder.cleanup)

    def load(self, kind, content, name, *options, status=0, folder=FEEDS):
        """Loads it as a file of this name, as a role that may only write; returns what load says."""
        with open(f"{self.folder.name}/{name}", "w", encoding="utf-8") as file:
            file.write(content)
        return self.finish(self.start(kind, name, *options, folder=folder), status)

    def start(self, kind, name, *options, folder=FEEDS, user="feed"):
        return subprocess.Popen(
            [f"{folder}/load", "--verbose", kind, f"{self.folder.name}/{name}", *options], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {
                "PATH": f"{self.stack.bin}:{os.environ['PATH']}", "PGHOST": self.stack.dir,
                "PGPORT": str(self.stack.pg_port), "PGUSER": user, "PGDATABASE": "postgres"})

    def finish(self, process, status=0):
        output, _ = process.communicate(timeout=240)
        self.assertEqual(process.returncode, status, output[-4000:])
        return output

    def match(self, ref):
        return int(self.stack.sql(f"SELECT match_id FROM commentary.match WHERE match_ref = '{ref}'"))

    def log(self):
        """All that viewers have been told of, states and the lobby included."""
        return self.stack.sql("SELECT commentary.flush(); SELECT count(*) FROM commentary.entry")

    def shown(self, ref, column, client_ref):
        return self.stack.sql(f"SELECT {column} FROM commentary.feed WHERE match_id = {self.match(ref)}"
                              f" AND client_ref = '{client_ref}'")

    async def test_each_sample_once_and_again(self):
        for name, matches in SAMPLES.items():
            with self.subTest(name):
                kind, text = name.partition(".")[0], sample(name)
                options = OPTIONS.get(kind, ())
                self.load(kind, text, name, *options)
                for ref, entries, *state in matches:
                    match = self.match(ref)
                    found = self.stack.sql(
                        "SELECT status, coalesce(home_display, home_score::text) || '–' || coalesce(away_display,"
                        f" away_score::text) FROM commentary.match WHERE match_id = {match}")
                    self.assertEqual(found.split("|"), state, ref)
                    lines = self.stack.sql(f"SELECT count(*) FROM commentary.feed WHERE match_id = {match}")
                    self.assertEqual(int(lines), entries, ref)
                    await self.check_viewer(match)
                before = self.log()
                said = self.load(kind, text, name, *options)
                self.assertEqual(self.log(), before, "the second time changes nothing")
                self.assertIn("NOTICE", said)
                self.load(kind, "\ufeff" + text.replace("\n", "\r\n"), name, *options)
                self.assertEqual(self.log(), before, "nor does the file as Windows writes it")

    async def check_viewer(self, match):
        viewer = await Viewer(self.stack, match).join()
        head = self.stack.head(match)
        await viewer.follow(lambda: head)
        self.assertEqual(viewer.bodies, self.stack.bodies(match))
        await viewer.close()

    async def test_what_they_say(self):
        for name in SAMPLES:
            kind = name.partition(".")[0]
            self.load(kind, sample(name), name, *OPTIONS.get(kind, ()))
        final = SAMPLES["openfootball.json"][0][0]
        self.assertEqual(self.shown(final, "minute, actor, home_score, away_score", "goal/2/2"), "81|Kylian Mbappé|2|2")
        self.assertEqual(self.stack.sql(f"SELECT result, starts_at = '2022-12-18 15:00Z' FROM commentary.match WHERE match_ref = '{final}'"),
                         "4–2 on penalties|t")
        self.assertEqual(self.shown("opta/900001", "minute, metadata->>'opta_player', op", "1004"), "17|7010|insert")
        self.assertEqual(self.shown("opta/900001", "kind, minute, stoppage, away_score", "1009"), "own_goal|90|1|1")
        self.assertEqual(self.shown("opta/900001", "op", "1006"), "", "the goal that was taken back")
        self.assertEqual(self.shown("cricsheet/cricsheet", "clock, kind, home_display", "1/0/3"), "0.2 ov|wicket|5/1")
        self.assertEqual(self.shown("statsbomb/statsbomb", "kind, minute, stoppage, away_score",
                                    "5b000000-0000-4000-8000-000000000010"), "own_goal|45|1|1")
        self.assertEqual(self.shown("nba/0099900001", "phase, clock, kind, home_score, away_score", "500"), "Q4|0:07|dunk|101|99")
        self.assertEqual(self.shown("nba/0099900001", "client_version", "9"), "20260115010510")
        self.assertEqual(self.shown(SAMPLES["pgn.pgn"][0][0], "kind, clock, message", "ply/1"),
                         "move|1:00:00|1. e4 The king's pawn.")
        self.assertEqual(self.shown(SAMPLES["pgn.pgn"][0][0], "kind, actor, message", "ply/8"),
                         "move|Duke Karl and Count Isouard|4… Bxf3")
        self.assertEqual(self.shown(SAMPLES["pgn.pgn"][0][0], "kind, message", "ply/33"),
                         "checkmate|17. Rd8# Mate, with all that was left.")
        self.assertEqual(self.shown("golf/770001", "actor, message", "2/round/2"), "B. Putter|B. Putter is round in 67 (-5).")
        self.assertEqual(self.stack.sql("SELECT clock, leaderboard->1 FROM commentary.match WHERE match_ref = 'golf/770001'"),
                         'Round 2|{"name": "B. Putter", "note": "F", "rank": "T2", "value": "-7"}')
        self.assertEqual(self.shown("csv/csv", "message", "a2"), 'Pivot turns, and scores "through the legs".')
        self.assertEqual(self.shown("csv/csv", "message", "a3"), "Two minutes for Back,\nwho does not agree.")
        lineups = self.stack.sql("SELECT metadata->'lineups'->'home'->0->>'name' FROM commentary.match"
                                 " WHERE match_ref = 'statsbomb/statsbomb'")
        self.assertEqual(lineups, "R. Keeper")

    async def test_a_corrected_file_amends_and_editors_keep_what_they_corrected(self):
        text = sample("opta.xml").replace('id="900001"', 'id="900002"')
        self.load("opta", text, "opta.xml")
        match = self.match("opta/900002")
        self.stack.sql(f"UPDATE commentary.feed SET message = 'A goal, says the editor.' WHERE match_id = {match} AND client_ref = '1004'")
        old = 'period_id="1" min="33" sec="40"'
        self.assertIn(old, text)
        card = 'timestamp_utc="2026-05-09T15:33:45.000Z" version="1"'
        newer = text.replace(old, 'period_id="1" min="20" sec="0"').replace(card, card.replace('"1"', '"3"'))
        self.load("opta", newer, "opta.xml")
        self.assertEqual(self.shown("opta/900002", "minute, op", "1005"), "21|insert")
        before = self.log()
        self.load("opta", newer, "opta.xml")
        self.load("opta", text, "opta.xml")
        self.assertEqual(self.log(), before, "the old file does not bring the old minute back")
        self.assertEqual(self.shown("opta/900002", "minute", "1005"), "21")
        self.assertEqual(self.shown("opta/900002", "message", "1004"), "A goal, says the editor.")
        await self.check_viewer(match)

    async def test_what_is_taken_back_stays_so(self):
        newest = sample("opta.xml").replace('id="900001"', 'id="900003"')
        line = re.search(r'\n.*type_id="43".*', newest)[0]
        older = newest.replace(line, "")
        shown = lambda: self.shown("opta/900003", "client_version", "1006")
        self.load("opta", older, "opta.xml")
        self.assertEqual(shown(), "1")
        self.load("opta", newest, "opta.xml", "status=live")
        self.assertEqual(shown(), "", "retracted")
        before = self.log()
        self.load("opta", newest, "opta.xml", "status=live")
        self.assertEqual(self.log(), before)
        self.load("opta", older, "opta.xml", "status=live")
        self.assertEqual(shown(), "", "an old copy of the file does not bring it back")
        again = newest.replace(line, line.replace("43", "16").replace('version="2"', 'version="3"'))
        self.load("opta", again, "opta.xml", "status=live")
        self.assertEqual(shown(), "3", "a newer version does")

    async def test_a_leaderboard_moves(self):
        first = sample("golf.json").replace("770001", "770002")
        content = json.loads(first)
        players = content["events"][0]["competitions"][0]["competitors"]
        players[0]["status"]["thru"] = 18
        players[0]["linescores"][1].update(value=66, displayValue="-6")
        players[0]["score"]["displayValue"] = "-11"
        self.load("golf", first, "golf.json")
        viewer = await Viewer(self.stack, self.match("golf/770002")).join()
        await viewer.follow(lambda: self.stack.head(viewer.match))
        self.load("golf", json.dumps(content), "golf.json")
        told = [await viewer.next(), await viewer.next()]
        self.assertEqual(told[0]["message"], "A. Driver is round in 66 (-6).")
        self.assertEqual(told[1]["state"]["leaderboard"][0], {"rank": "1", "name": "A. Driver", "value": "-11", "note": "F"})
        await viewer.close()

    async def test_a_corrected_file_without_versions_amends(self):
        text = sample("openfootball.json").replace("World Cup 2022", "World Cup 2022 again")
        ref = SAMPLES["openfootball.json"][0][0].replace("2022/", "2022 again/", 1)
        self.load("openfootball", text, "a.json")
        self.load("openfootball", text.replace("Ángel Di María", "Á. Di María"), "a.json")
        self.assertEqual(self.shown(ref, "actor", "goal/1/2"), "Á. Di María")
        before = self.log()
        self.load("openfootball", text, "a.json")
        self.assertEqual(self.log(), before, "an old copy of the file changes nothing")

    async def test_a_correction_goes_back_to_what_was_said_before_only_with_a_later_edit(self):
        text = sample("nba.json").replace("0099900001", "0099900002")
        said = "Small drives and lays it in."
        other = text.replace(said, "Small drives and dunks.")
        times = [f"2026-01-15T0{hour}:04:10Z" for hour in (1, 2, 3)]
        self.assertIn(times[0], text)
        self.load("nba", text, "nba.json")
        self.load("nba", other.replace(times[0], times[1]), "nba.json")
        self.assertEqual(self.shown("nba/0099900002", "message", "8"), "Small drives and dunks.")
        self.load("nba", text, "nba.json")
        self.assertEqual(self.shown("nba/0099900002", "message", "8"), "Small drives and dunks.")
        self.load("nba", text.replace(times[0], times[2]), "nba.json")
        self.assertEqual(self.shown("nba/0099900002", "message", "8"), said)

    async def test_the_same_file_several_times_at_once(self):
        self.load("cricsheet", sample("cricsheet.json"), "first.json")
        shutil.copy(f"{self.folder.name}/first.json", f"{self.folder.name}/at_once.json")
        for process in [self.start("cricsheet", "at_once.json") for _ in range(5)]:
            output = process.communicate(timeout=240)[0]
            # One that comes when another has ended the match is told so of every line.
            self.assertIn(process.returncode, (0, REFUSED), output[-4000:])
            self.assertEqual(output.count(" is refused: "), output.count(" has ended"), output[-4000:])
        match = self.match("cricsheet/at_once")
        self.assertEqual(self.stack.sql("SELECT count(*), count(DISTINCT client_ref) FROM commentary.entry"
                                        f" WHERE match_id = {match} AND op NOT IN ('match')"), "7|7")

    async def test_a_role_without_the_right_is_told_so_once(self):
        self.stack.sql("CREATE ROLE stranger LOGIN; GRANT USAGE ON SCHEMA commentary TO stranger;"
                       "GRANT SELECT, INSERT ON commentary.match TO stranger")
        self.load("cricsheet", sample("cricsheet.json"), "strange.json", "match_ref=another")
        before = self.log()
        said = self.finish(self.start("cricsheet", "strange.json", user="stranger"), REFUSED)
        self.assertEqual(said.count("permission denied"), 1, said)
        self.assertEqual(self.log(), before)

    async def test_the_readme_s_loader(self):
        with open(f"{FEEDS}/README.md", encoding="utf-8") as file:
            mapping = re.search(r"(?:^    .*\n|^\n)*?^    INSERT INTO feed_row(?:.*\n)+?(?=\n)", file.read(), re.M)[0]
        folder = f"{self.folder.name}/own"
        os.mkdir(folder)
        for name in ("load", "begin.sql", "store.sql"):
            shutil.copy(f"{FEEDS}/{name}", folder)
        with open(f"{folder}/mine.sql", "w", encoding="utf-8") as file:
            file.write(mapping)
        self.load("mine", json.dumps({"id": 5, "home": "Rovers", "away": "City", "events": [
            {"id": 1, "revision": 1, "time": "00:01", "text": "Off we go."}]}), "mine.json", folder=folder)
        self.assertEqual(self.shown("mine/5", "clock, message", "1"), "00:01|Off we go.")

    async def test_a_shoot_out_is_a_result_and_no_score(self):
        events = json.loads(sample("statsbomb.json"))
        for number, (goal, outcome) in enumerate(((5, "Goal"), (14, "Saved"), (5, "Goal"))):
            events.append(json.loads(json.dumps(events[goal])) | {"id": f"shoot-out {number}", "period": 5, "minute": 120})
            events[-1]["shot"]["outcome"]["name"] = outcome
        self.load("statsbomb", json.dumps(events), "shootout.json")
        self.load("statsbomb", sample("statsbomb.json"), "statsbomb.json")
        xml = sample("opta.xml").replace('id="900001"', 'id="900004"')
        kick = re.search(r'\n.*id="1009".*', xml)[0].replace("1009", "1020").replace('period_id="2" min="90"', 'period_id="5" min="120"')
        self.load("opta", xml.replace("\n </Game>", f"{kick}\n </Game>"), "shootout.xml")
        self.assertEqual(self.stack.sql("SELECT home_score, away_score, result FROM commentary.match WHERE match_ref IN"
                                        " ('statsbomb/shootout', 'opta/900004') ORDER BY match_ref"),
                         "1|1|1–0 on penalties\n2|1|2–0 on penalties")
        self.assertEqual(self.shown("statsbomb/shootout", "kind, minute", "shoot-out 1"), "penalty_saved|")
        self.assertEqual(self.shown("statsbomb/statsbomb", "kind, minute, stoppage", "5b000000-0000-4000-8000-000000000018"),
                         "full_time|90|5")

    async def test_a_wrong_row_is_refused_and_stops_nothing_else(self):
        events = json.loads(sample("statsbomb.json"))
        events[5]["minute"] = "eleven"
        events[7]["minute"] = 19.6
        events[6]["id"] = None
        events[14]["player"]["name"] = "two\nlines"
        said = self.load("statsbomb", json.dumps(events), "wrong.json", status=REFUSED)
        self.assertEqual(said.count("WARNING"), 4, said)
        self.assertIn('invalid input syntax for type integer: "eleven"', said)
        self.assertIn("it has no client_ref", said)
        self.assertIn("4 refused", said)
        match = self.match("statsbomb/wrong")
        self.assertEqual(self.stack.sql(f"SELECT count(*) FROM commentary.feed WHERE match_id = {match}"), "7")
        self.load("statsbomb", sample("statsbomb.json"), "wrong.json", "status=live", status=REFUSED)
        self.stack.sql(f"UPDATE commentary.match SET status = 'live' WHERE match_id = {match}")
        self.load("statsbomb", sample("statsbomb.json"), "wrong.json")
        self.assertEqual(self.stack.sql(f"SELECT count(*) FROM commentary.feed WHERE match_id = {match}"), "11")

    async def test_a_wrong_match_is_refused_with_its_entries_and_stops_no_other(self):
        content = json.loads(sample("openfootball.json"))
        content["name"] = "Cup of mistakes"
        content["matches"][1]["team1"] = None
        content["matches"][2]["date"] = "soon"
        said = self.load("openfootball", json.dumps(content), "mistakes.json", status=REFUSED)
        self.assertIn("its match was refused", said)
        self.assertIn('invalid input syntax for type timestamp with time zone: "soon"', said)
        self.assertEqual(self.stack.sql("SELECT count(*) FROM commentary.match WHERE competition ~ 'Cup of mistakes'"), "1")

    async def test_what_is_no_such_file(self):
        for kind, content, error in (("statsbomb", "[{", "invalid input syntax for type json"),
                                     ("opta", "<Games>", "invalid XML document"),
                                     ("statsbomb", "[]", "there is no match in this file"),
                                     ("openfootball", "", "there is no match in this file")):
            with self.subTest(kind, content=content):
                self.assertIn(error, self.load(kind, content, "odd.json", status=REFUSED))
        self.assertIn("unknown format", self.load("odd", "", "odd.json", status=2))
        self.assertIn('has no column "colour"', self.load("cricsheet", sample("cricsheet.json"), "odd.json", "colour=red",
                                                          status=REFUSED))

    async def test_a_column_that_the_command_line_sets(self):
        self.load("cricsheet", sample("cricsheet.json"), "given.json", "match_ref=my own", "home_short=ROV", "result=It's = so")
        self.assertEqual(self.stack.sql("SELECT home_short, result FROM commentary.match WHERE match_ref = 'my own'"),
                         "ROV|It's = so")

    @unittest.skipUnless(os.path.isdir(DATA), "no real commentary at ../shared/data")
    async def test_real_commentary(self):
        for name, (column, options) in LARGE.items():
            with self.subTest(name):
                with open(f"{DATA}/{name}", encoding="utf-8", newline="") as file:
                    text = file.read()
                wanted = sorted(row[column] for row in read_rows(name))
                self.load("csv", text, name, *options)
                kind = name.partition(".")[0]
                stored = self.stack.sql("SELECT json_agg(message) FROM commentary.feed JOIN commentary.match USING (match_id)"
                                        f" WHERE match_ref LIKE 'csv/{kind}/%'")
                self.assertEqual(sorted(json.loads(stored)), wanted)
                before = self.log()
                self.load("csv", text, name, *options)
                self.assertEqual(self.log(), before)
        match = int(self.stack.sql("SELECT min(match_id) FROM commentary.match WHERE match_ref LIKE 'csv/cricket/%'"))
        clocks = self.stack.sql(f"SELECT string_agg(clock, ' ' ORDER BY seq) FROM commentary.feed WHERE match_id = {match}"
                                " AND period = 1").split()
        self.assertEqual(clocks[0], "0.1", "the oldest ball comes first")
        await self.check_viewer(match)


if __name__ == "__main__":
    run(Feeds)
