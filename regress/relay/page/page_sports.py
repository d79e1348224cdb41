#!/usr/bin/python3
"""A match of every sport on the page, in the sport's own words; a picture of each is kept."""
import os

from support.base.case import run
from support.base.stack import wait_for
from support.browser.moments import MOMENTS
from support.browser.page import Keys, Page

WIDTHS = (390, 1100)


def literal(value):
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


class Sports(Page):
    relay_options = ()

    def create(self, moment):
        arguments = ", ".join(f"{name} => {literal(value)}" for name, value in
                              {**moment.match, "sport": moment.sport, "status": "live"}.items())
        match = int(self.stack.sql(f"SELECT commentary.create_match({arguments})"))
        for line in moment.lines:
            self.stack.sql(f"INSERT INTO commentary.feed (match_id, {', '.join(line)})"
                           f" VALUES ({match}, {', '.join(literal(value) for value in line.values())})")
        self.stack.sql(f"UPDATE commentary.match SET status = '{moment.match['status']}' WHERE match_id = {match}")
        return match

    def text(self, selector):
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join(' | ')", selector)

    def picture(self, name):
        """Kept beside the test's log."""
        folder = os.environ.get("COMMENTARY_PICTURES", "pictures")
        os.makedirs(folder, exist_ok=True)
        for width in WIDTHS:
            self.driver.set_window_size(width, 900)
            self.driver.save_screenshot(f"{folder}/{name}-{width}.png")
        self.driver.set_window_size(1000, 900)

    def overflows(self):
        return self.driver.execute_script(
            "return document.documentElement.scrollWidth > document.documentElement.clientWidth")

    def test_what_else_is_known_of_a_match(self):
        match = self.create(MOMENTS[0])
        self.open(f"match={match}")
        wait_for(lambda: self.text("#tabs .tab:not([hidden])") == "Commentary | Statistics | Line-ups | Info",
                 "a tab for each")
        for name, words in (("statistics", ("Shots", "14")), ("lineups", ("P. Lund", "GK")),
                            ("about", ("The Quay, Harbour", "Referee", "M. Oduya"))):
            self.click(f"#tab-{name}")
            for word in words:
                self.assertIn(word, self.text(f"#{name}"))
            self.assertFalse(self.all("#commentary")[0].is_displayed())
            self.picture(f"tab-{name}")

    def test_the_keyboard_goes_from_tab_to_tab(self):
        match = self.create(MOMENTS[0])
        self.open(f"match={match}")
        wait_for(lambda: self.all("#tab-lineups"), "there are tabs")
        chosen = lambda: self.driver.execute_script(
            "const tabs = [...document.querySelectorAll('[role=tab]:not([hidden])')];"
            "return [document.activeElement.id, tabs.filter(t => t.tabIndex === 0).map(t => t.id).join(),"
            " tabs.filter(t => t.getAttribute('aria-selected') === 'true').map(t => t.id).join()]")
        wait_for(lambda: self.all("#tab-commentary")[0].is_displayed(), "they are shown")
        self.click("#tab-commentary")
        for key, tab in ((Keys.ARROW_RIGHT, "statistics"), (Keys.END, "about"), (Keys.ARROW_RIGHT, "commentary"),
                         (Keys.ARROW_LEFT, "about"), (Keys.HOME, "commentary")):
            self.driver.switch_to.active_element.send_keys(key)
            self.assertEqual(chosen(), [f"tab-{tab}"] * 3)

    def test_who_looks_something_up_finds_the_line_again(self):
        match = self.create(MOMENTS[0])
        self.stack.sql(f"INSERT INTO commentary.feed (match_id, message) SELECT {match}, 'Line ' || n FROM generate_series(1, 60) AS n")
        self.open(f"match={match}")
        self.await_text("Line 60")
        self.driver.execute_script("scrollTo(0, scrollY + arguments[0].getBoundingClientRect().top - 300)",
                                   self.all("#timeline .entry")[40])
        wait_for(lambda: self.driver.execute_script("return scrollY") > 500, "somebody reads further down")
        before = self.text_in_sight("Line ")
        self.driver.execute_script("document.querySelector('#tab-statistics').click()")
        self.stack.sql(f"SELECT commentary.post({match}, 'Line 61')")
        wait_for(lambda: self.all("#news")[0].is_displayed(), "it is said that there is news")
        self.driver.execute_script("document.querySelector('#tab-commentary').click()")
        wait_for(lambda: self.text_in_sight("Line ") == before, "the line is where it was")
        self.driver.execute_script("document.querySelector('#tab-statistics').click();"
                                   "document.querySelector('#news').click()")
        wait_for(lambda: self.all("#commentary")[0].is_displayed(), "news leads to the commentary")

    def test_the_leaderboard_of_a_race(self):
        race = next(moment for moment in MOMENTS if moment.sport == "formula_1")
        self.open(f"match={self.create(race)}")
        wait_for(lambda: self.all("#tab-leaderboard")[0].is_displayed(), "the leaderboard")
        self.click("#tab-leaderboard")
        wait_for(lambda: "K. Aalto" in self.text("#leaderboard"), "it is shown")
        self.assertEqual(self.text("#leaderboard .rank"), "1 | 2 | DNF")
        self.assertIn("2 stops", self.text("#leaderboard"))
        self.assertFalse(self.all("#scoreboard .score")[0].is_displayed(), "there is no score")

    def test_another_language_goes_on_at_the_same_line(self):
        one = int(self.stack.sql("SELECT commentary.create_match('Rovers', 'City', status => 'live', lang => 'en')"))
        self.stack.sql(f"INSERT INTO commentary.feed (match_id, message) SELECT {one}, 'Line ' || n FROM generate_series(1, 150) AS n")
        german = int(self.stack.sql(f"SELECT commentary.create_match(lang => 'de', translation_of => {one})"))
        self.stack.sql(f"INSERT INTO commentary.feed (match_id, message, translates_seq) SELECT {german}, 'Zeile ' ||"
                       f" substr(message, 6), seq FROM commentary.feed WHERE match_id = {one} AND seq % 2 = 0 ORDER BY seq")
        self.open(f"match={one}")
        self.await_text("Line 150")
        self.assertEqual(self.text("#languages a"), "Deutsch")
        # In one script: a click may come before the scroll event of its frame.
        top = self.driver.execute_script("""
            scrollTo(0, scrollY + arguments[0].getBoundingClientRect().top - 300);
            const row = [...document.querySelectorAll('#timeline .entry')].find(
                (one) => one.getBoundingClientRect().bottom > 160);
            document.querySelector('#languages a').click();
            return parseInt(row.innerText.split('Line ')[1]);""", self.all("#timeline .entry")[40])
        self.await_text("Zeile 149")
        wait_for(lambda: abs(self.text_in_sight("Zeile ") - top) <= 1, f"line {top} at the top, as before")
        self.assertEqual(self.text("#languages a"), "English")
        self.assertLess(top, 149, "somebody read further down")

    def text_in_sight(self, prefix):
        """The number of the topmost line in sight; -1: there is none."""
        return self.driver.execute_script("""
            const row = [...document.querySelectorAll('#timeline .entry')].find(
                (one) => one.getBoundingClientRect().bottom > 160);
            return parseInt(row?.innerText.split(arguments[0])[1] ?? -1);""", prefix)

    def test_key_events_only(self):
        football = MOMENTS[0]
        match = self.create(football)
        self.stack.sql(f"SELECT commentary.post({match}, 'Not worth a headline.', minute => 91)")
        self.open(f"match={match}")
        self.await_text("Not worth a headline.")
        self.click(".filter")
        wait_for(lambda: "Not worth a headline." not in self.text("#timeline"), "the comment is left out")
        self.assertIn("Level, with the last touch", self.text("#timeline"))
        self.click(".filter")
        self.await_text("Not worth a headline.")

    def test_the_lobby_shows_every_sport(self):
        for moment in MOMENTS:
            self.create(moment)
        self.open("")
        for words in ("245/7 & 13/0", "Grand Prix of the Lakes", "K. Aalto", "RCR", "Q4 02:31", "Coast Cup, final"):
            wait_for(lambda: words in self.text("#lobby"), f"{words!r} in the lobby")
        self.picture("lobby")


def add_test(moment):
    def test(self):
        match = self.create(moment)
        self.open(f"match={match}")
        for words in moment.board:
            wait_for(lambda: words in self.text("#scoreboard"), f"{words!r} on the scoreboard")
        for words in moment.timeline:
            wait_for(lambda: words in self.text("#timeline"), f"{words!r} in the timeline")
        self.picture(moment.sport)
        self.driver.set_window_size(320, 900)
        self.assertFalse(self.overflows(), "the page is wider than a small phone")
        self.driver.set_window_size(1000, 900)

    setattr(Sports, f"test_{moment.sport}", test)


for each in MOMENTS:
    add_test(each)


if __name__ == "__main__":
    run(Sports)
