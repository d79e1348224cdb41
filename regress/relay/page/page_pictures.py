#!/usr/bin/python3
"""Pictures of the page, at four widths, light and dark, which are kept beside the test's log; in none of
them is anything cut off or covered, and axe-core finds nothing against WCAG 2.2 A and AA."""
from support.base.case import run
from support.base.stack import wait_for
from support.browser.pictures import Pictures

LONG = "Football Club of the Upper Valley and Lower Lakes District"     # 58 letters

# How many rows a reader sees.
LINES_IN_SIGHT = """
return [...document.querySelectorAll('#timeline [data-seq]')].filter((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return bottom > 200 && top < innerHeight;
}).length;
"""

METADATA = """{"venue": {"name": "The Quay", "city": "Harbour"}, "weather": "Rain, 11 \u00b0C", "officials": [{"role": "Referee",
 "name": "M. Oduya"}], "statistics": [{"name": "Possession", "home": "57 %", "away": "43 %"}, {"name": "Shots", "home": 14,
 "away": 9}, {"name": "Formation", "home": "4-4-2", "away": "3-5-2"}, {"name": "Corners", "home": 0, "away": 3}], "lineups":
 {"home": [{"number": 1, "name": "P. Lund", "position": "GK"}, {"number": 23, "name": "A. Keeper-Longname", "position": "MF"}],
 "away": [{"number": 1, "name": "Q. Stone", "position": "GK"}, "R. Swift"]}}"""


class PagePictures(Pictures):
    relay_options = ()

    def create(self, home, away, status="live", **members):
        arguments = "".join(f", {name} => $t${value}$t$" for name, value in members.items())
        return int(self.stack.sql(
            f"SELECT commentary.create_match($t${home}$t$, $t${away}$t$, status => '{status}'{arguments})"))

    def post(self, match, message, **members):
        arguments = "".join(f", {name} => {value}" if isinstance(value, int) else f", {name} => $t${value}$t$"
                            for name, value in members.items())
        self.stack.sql(f"SELECT commentary.post({match}, $t${message}$t${arguments})")

    def play(self, match, home, away):
        """A few lines, and a score."""
        self.post(match, "And we are under way.", kind="kick_off", minute=0, period=1)
        self.post(match, "Heads it in from the corner.", kind="goal", minute=12, period=1, actor="A. Keeper", team=home)
        self.post(match, "Late, and he knows it. More at https://news.example/report?id=7.", kind="yellow_card",
                  minute=31, period=1, actor="B. Back", team=away)
        self.post(match, "Level again!", kind="goal", minute=45, stoppage=2, period=1, actor="C. Wing", team=away)
        self.post(match, "Fresh legs.", kind="substitution", minute=60, period=2, actor="D. Fresh", team=home)
        self.stack.sql(f"UPDATE commentary.match SET home_score = 1, away_score = 1 WHERE match_id = {match}")

    def visit(self, path, ready):
        self.driver.get("about:blank")
        self.driver.get(f"{self.stack.url}{path}")
        wait_for(lambda: self.driver.execute_script("return document.body.innerText.includes(arguments[0])", ready),
                 f"{path} shows {ready!r}")

    def test_a_live_match(self):
        match = self.create("Rovers", "City", competition="Coast Cup")
        self.play(match, "Rovers", "City")
        self.visit(f"/match/{match}", "Fresh legs.")
        self.look("live")

    def test_long_names(self):
        match = self.create("Wolverhampton Wanderers", LONG, competition="Premier Division of the North")
        self.play(match, "Wolverhampton Wanderers", LONG)
        self.visit(f"/match/{match}", "Fresh legs.")
        self.look("names")
        self.driver.execute_script("document.documentElement.style.fontSize = '200%'")
        self.look("names-200")

    def test_a_finished_match_of_the_right_to_left(self):
        match = self.create("\u0627\u0644\u0647\u0644\u0627\u0644", "\u05d4\u05e4\u05d5\u05e2\u05dc \u05d9\u05e8\u05d5\u05e9\u05dc\u05d9\u05dd",
                            competition="\u0643\u0623\u0633")
        self.play(match, "\u0627\u0644\u0647\u0644\u0627\u0644", "x")
        self.post(match, "\u0645\u0631\u062d\u0628\u0627 3 - 2 \u0628\u0643\u0645", minute=90, stoppage=1)
        self.stack.sql(f"UPDATE commentary.match SET status = 'finished', result = 'On penalties' WHERE match_id = {match}")
        self.visit(f"/match/{match}", "On penalties")
        self.look("rtl-finished")

    def test_matches_without_a_line(self):
        empty = self.create("Rovers", "City")
        later = self.create("United", "Town", "scheduled", starts_at="2099-05-01 15:00+00")
        self.visit(f"/match/{empty}", "No commentary yet.")
        self.look("empty")
        self.visit(f"/match/{later}", "Starts:")
        self.look("scheduled")
        self.visit("/match/999999", "There is no match")
        self.look("unknown")

    def test_corrections(self):
        match = self.create("Rovers", "City")
        self.play(match, "Rovers", "City")
        self.visit(f"/match/{match}", "Fresh legs.")
        goal = self.stack.sql(f"SELECT seq FROM commentary.entry WHERE match_id = {match} AND message = 'Level again!'")
        card = self.stack.sql(f"SELECT seq FROM commentary.entry WHERE match_id = {match} AND kind = 'yellow_card'")
        self.stack.sql(f"SELECT commentary.retract({match}, {goal}, 'Offside in the build-up')")
        self.stack.sql(f"SELECT commentary.amend({match}, {card}, message => 'A foul, and a fair one.')")
        wait_for(lambda: self.all("[data-retracted]") and self.all("[data-amended]"), "both are on show")
        self.click("details.correction summary")
        self.look("corrected")

    def test_five_thousand_lines(self):
        match = self.create("Rovers", "City", competition="Coast Cup", metadata=METADATA)
        self.stack.sql("INSERT INTO commentary.feed (match_id, message, minute, kind) SELECT"
                       f" {match}, 'Line ' || n || repeat(' and so it goes on', n % 9), n / 56, CASE n % 40 WHEN 0 THEN"
                       " 'corner' WHEN 20 THEN 'free_kick' ELSE 'comment' END FROM generate_series(1, 5000) AS n")
        self.visit(f"/match/{match}", "Line 5000")
        held = lambda: self.driver.execute_script("return document.querySelectorAll('#timeline [data-seq]').length")
        read_on = ("const b = document.querySelector('.earlier'); scrollTo({ top: document.body.scrollHeight, behavior: 'instant' });"
                   " if (!b.hidden) b.click(); return document.querySelector('#timeline').innerText.includes('Line 1 and')")
        wait_for(lambda: self.driver.execute_script(read_on), "the first line is reached")
        self.assertLess(held(), 250)
        self.assertFalse(self.all("#token[data-reason]"), "older lines need no token")
        self.driver.execute_script("scrollTo({ top: document.body.scrollHeight / 2, behavior: 'instant' })")
        wait_for(lambda: self.driver.execute_script(LINES_IN_SIGHT) > 3, "there are lines in the middle, too")
        self.assertLess(held(), 250)
        self.look("5000-middle", checked=())
        for name in ("statistics", "lineups", "about"):
            self.driver.execute_script(f"document.getElementById('tab-{name}').click()")
            self.look(f"tab-{name}", widths=(320, 1280), checked=((320, "light"), (320, "dark")))

    def test_a_race(self):
        rows = ", ".join(f'{{"rank": {n}, "name": "D. Driver {n}", "value": "+{n}.4", "note": "{n % 3} stops"}}' for n in range(1, 15))
        match = int(self.stack.sql("SELECT commentary.create_match(sport => 'formula_1', title => 'Harbour Grand Prix', status =>"
                                   f" 'live', clock => 'Lap 12/78', leaderboard => '[{rows}]')"))
        self.post(match, "Into the lead on the inside.", kind="overtake", actor="D. Driver 1")
        self.visit(f"/match/{match}", "Into the lead")
        self.driver.execute_script("document.getElementById('tab-leaderboard').click()")
        self.look("tab-leaderboard", widths=(320, 1280), checked=((320, "light"), (320, "dark")))
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "forced-colors", "value": "active"}]})
        self.driver.save_screenshot(f"{self.folder}/forced-colours-1280.png")
        chosen, other = self.driver.execute_script(
            "return ['true', 'false'].map((is) => getComputedStyle(document.querySelector(`.tab[aria-selected='${is}']`)).borderBottomColor)")
        self.assertNotEqual(chosen, other, "the tab that is chosen is seen without the page's own colours")
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "forced-colors", "value": "none"}]})

    def test_the_page_in_arabic(self):
        match = self.create("Rovers", "City", competition="Coast Cup")
        self.play(match, "Rovers", "City")
        self.stack.sql(f"UPDATE commentary.match SET home_score = 2 WHERE match_id = {match}")
        self.visit(f"/match/{match}?lang=ar", "Fresh legs.")
        self.look("arabic")

    def test_the_lobby_and_what_stands_still(self):
        for i in range(12):
            self.create(f"Home {i}", LONG if i == 3 else f"Away {i}", ("live", "scheduled", "finished")[i % 3],
                        competition=f"Cup {i % 2}", starts_at=f"2026-03-0{i % 4 + 1} 15:00+00")
        self.visit("/", "Home 3")
        self.look("lobby")
        self.stack.stop_postgres("immediate")
        wait_for(lambda: "Delayed" in self.driver.execute_script("return document.body.innerText"), "lines are late")
        self.look("stale")
        self.stack.start_postgres()

    def test_the_page_for_developers(self):
        self.driver.get(f"{self.stack.url}/dev")
        self.assertEqual(self.violations(), [])


if __name__ == "__main__":
    run(PagePictures)
