#!/usr/bin/python3
"""The demo's matches of four sports, played at once, followed by a viewer of each, told to the end."""
import asyncio
import os
import re
import subprocess

from support.base.case import Case, run
from support.viewer.viewer import Viewer

FOLDER = f"{os.path.dirname(os.path.abspath(__file__))}/../../../sql/demo"
LINE = re.compile(r"^([1-5] )?\d+:\d\d \|", re.M)
MATCHES = {"istanbul-2005": ("football", "Milan", "3–3"), "lords-2019": ("cricket", "England", "241 & 15–241/8 & 15"),
           "wimbledon-2008": ("tennis", "Roger Federer", "4 4 7 7 7–6 6 6⁵ 6⁸ 9"),
           "interlagos-2008": ("formula_1", None, "")}


class Demos(Case):
    relay_options = ()

    def play(self, name):
        return subprocess.Popen([f"{FOLDER}/play", "--speed", "10000", name], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, env=os.environ | {
                                    "PATH": f"{self.stack.bin}:{os.environ['PATH']}", "PGHOST": self.stack.dir,
                                    "PGPORT": str(self.stack.pg_port), "PGUSER": "postgres", "PGDATABASE": "postgres"})

    def told(self, name):
        """The lines of the file that are entries."""
        with open(f"{FOLDER}/{name}.txt", encoding="utf-8") as file:
            return len(LINE.findall(file.read()))

    async def test_matches_of_four_sports_at_once(self):
        playing = {name: self.play(name) for name in MATCHES}
        for name, process in playing.items():
            output, _ = await asyncio.to_thread(process.communicate, None, 400)
            self.assertEqual(process.returncode, 0, f"{name}: {output}")
        for name, (sport, home, score) in MATCHES.items():
            match, has_home, status, shown = self.stack.sql(
                "SELECT match_id, coalesce(home, ''), status, coalesce(home_display, home_score::text) || '–' ||"
                f" coalesce(away_display, away_score::text) FROM commentary.match WHERE sport = '{sport}'"
                " AND status <> 'scheduled'").split("|")
            self.assertEqual((has_home, status, shown), (home or "", "finished", score), name)
            lines = self.stack.sql("SELECT count(*) FROM commentary.entry WHERE op <> 'match' AND match_id = " + match)
            self.assertEqual(int(lines), self.told(name), f"{name}: every line of it")
            viewer = await Viewer(self.stack, int(match)).join()
            head = int(self.stack.sql(f"SELECT max(seq) FROM commentary.entry WHERE match_id = {match}"))
            await viewer.follow(lambda at=head: at)


if __name__ == "__main__":
    run(Demos)
