#!/usr/bin/python3
"""What is said of a line once it stands on the page: it is withdrawn, corrected, dated, linked; and what the
match is remembered by stands below the score."""
from support.base.case import run
from support.base.stack import wait_for
from support.browser.page import Page


class PageCorrections(Page):
    relay_options = ()

    def setUp(self):
        self.match = int(self.stack.sql("SELECT commentary.create_match('Rovers', 'City', status => 'live')"))
        self.open(f"match={self.match}")
        wait_for(lambda: self.text("#scoreboard .name.home") == "Rovers", "the match is on show")

    def text(self, selector):
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join(' | ')", selector)

    def post(self, message, **members):
        """Returns its seq."""
        arguments = "".join(f", {name} => $t${value}$t$" if isinstance(value, str) else f", {name} => {value}"
                            for name, value in members.items())
        self.stack.sql(f"SELECT commentary.post({self.match}, $t${message}$t${arguments})")
        self.stack.sql("SELECT commentary.flush()")
        self.await_text(message)
        return self.stack.head(self.match)

    def entry(self, seq):
        return f"#seq-{seq}"

    def test_a_withdrawn_goal_is_struck_through_and_said(self):
        seq = self.post("What a goal!", kind="goal", minute=12, actor="A. Keeper", team="Rovers")
        wait_for(lambda: "A. Keeper" in self.text("#moments"), "the scorer is below the score")
        self.stack.sql(f"SELECT commentary.retract({self.match}, {seq}, 'Offside in the build-up')")
        wait_for(lambda: self.all(f"{self.entry(seq)}[data-retracted]"), "the line is marked")
        self.assertEqual(self.text(f"{self.entry(seq)} .message s"), "What a goal!")
        self.assertEqual(self.text(f"{self.entry(seq)} .withdrawn"), "Withdrawn: Offside in the build-up")
        wait_for(lambda: "A. Keeper" not in self.text("#moments"), "the scorer is gone")
        wait_for(lambda: "Withdrawn. 12' Goal. What a goal! (Offside in the build-up)" in
                 self.driver.execute_script("return document.getElementById('announcer').textContent"), "it is announced")
        self.assertFalse(self.all(f"{self.entry(seq)}.goal"))
        self.open(f"match={self.match}")
        wait_for(lambda: self.text(f"{self.entry(seq)} .withdrawn"), "who comes later sees it, too")

    def test_a_corrected_line_shows_what_it_was(self):
        seq = self.post("By the striker", minute=3)
        self.stack.sql(f"SELECT commentary.amend({self.match}, {seq}, message => 'By the defender')")
        self.await_text("By the defender")
        self.assertEqual(self.text(f"{self.entry(seq)} .correction").strip(), "Corrected")
        self.click(f"{self.entry(seq)} summary")
        self.assertIn("By the striker", self.text(f"{self.entry(seq)} .was"))

    def test_a_line_has_a_time_and_an_address(self):
        for i in range(30):
            self.post(f"line {i}") if i in (0, 29) else self.stack.sql(
                f"SELECT commentary.post({self.match}, 'between {i}')")
        seq = self.driver.execute_script(
            "return Math.min(...[...document.querySelectorAll('[data-seq]')].map(e => +e.dataset.seq))")
        time = self.all(f"{self.entry(seq)} time")[0]
        self.assertRegex(time.get_attribute("datetime"), r"^\d{4}-\d\d-\d\dT")
        self.assertIn(time.get_attribute("textContent"), ("now", "1 min", "2 min", "3 min"))
        link = self.all(f"{self.entry(seq)} .when")[0].get_attribute("href")
        self.assertEqual(link, f"{self.stack.url}/match/{self.match}#seq-{seq}")
        self.driver.get("about:blank")
        self.driver.get(link)
        wait_for(lambda: self.all(f"{self.entry(seq)}[data-sought]"), "the line is marked")
        wait_for(lambda: self.driver.execute_script(
            "const { top, bottom } = document.querySelector(arguments[0]).getBoundingClientRect();"
            "return top >= 0 && bottom <= innerHeight", self.entry(seq)), "and in sight")

    def test_links_become_links_and_nothing_else_does(self):
        text = "see https://a.example/x. javascript:alert(1) https://b@evil.example"
        seq = self.post(text)
        self.assertEqual(self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(a => [a.href, a.rel, a.textContent])",
            f"{self.entry(seq)} .message a"),
            [["https://a.example/x", "noopener noreferrer nofollow ugc", "https://a.example/x"]])
        self.assertEqual(self.text(f"{self.entry(seq)} .message"), text)

    def test_what_a_match_is_remembered_by(self):
        self.post("one", kind="goal", minute=12, actor="A. Keeper", team="Rovers")
        self.post("two", kind="goal", minute=90, stoppage=3, actor="A. Keeper", team="Rovers")
        self.post("off", kind="red_card", minute=80, actor="B. Back", team="City")
        self.post("in", kind="substitution", minute=81, actor="C. Fresh", team="City")
        self.post("pen", kind="penalty_scored", period=5, actor="D. Spot", team="Rovers")
        self.post("miss", kind="penalty_missed", period=5, actor="E. Bar", team="City")
        wait_for(lambda: len(self.all("#moments .shoot-out li")) == 2, "the shoot-out is there")
        self.assertIn("A. Keeper 12', 90+3'", self.text("#moments .goals .home"))
        self.assertIn("B. Back 80'", self.text("#moments .goals .away"))
        self.assertEqual(len(self.all("#moments .shoot-out .home [data-scored]")), 1)
        self.assertEqual(len(self.all("#moments .shoot-out .away [data-scored]")), 0)
        self.click("#moments summary")
        self.assertIn("C. Fresh", self.text("#moments .changes"))


if __name__ == "__main__":
    run(PageCorrections)
