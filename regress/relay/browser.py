#!/usr/bin/python3
"""The page in a real browser: shows what is inserted, and misses nothing."""
from support.case import run
from support.chromium import Page
from support.stack import wait_for


class Browser(Page):
    relay_options = ()

    def setUp(self):
        self.match = self.stack.create_match("live")
        self.open(f"match={self.match}")

    def post(self, *messages):
        for message in messages:
            self.stack.sql("INSERT INTO commentary.feed (match_id, minute, message)"
                           f" VALUES ({self.match}, 12, $text${message}$text$)")

    def test_an_insert_is_shown_while_the_page_is_open(self):
        wait_for(lambda: self.all(f"[data-match='{self.match}']"),
                 "the match is in the lobby")
        self.post("Hello <b>bold</b> & \"quotes\"")
        self.await_text("Hello <b>bold</b> & \"quotes\"")

    def test_after_a_restart_of_the_relay_nothing_is_missed(self):
        self.post("before the restart")
        self.await_text("before the restart")
        self.stack.stop_relay()
        self.post("during 1", "during 2", "during 3")
        self.stack.start_relay()
        self.post("after the restart")
        self.await_text("after the restart")
        texts = [entry for _, entry in self.shown()]
        for text in ("before the restart", "during 1", "during 2", "during 3", "after the restart"):
            self.assertEqual(sum(text in entry for entry in texts), 1, text)

    def test_a_line_that_comes_late_stands_where_the_clock_says(self):
        for minute, message in ((10, "the first"), (70, "the second"), (65, "the late one")):
            self.stack.sql("INSERT INTO commentary.feed (match_id, minute, message)"
                           f" VALUES ({self.match}, {minute}, '{message}')")
            self.await_text(message)
        texts = self.driver.execute_script(
            "return [...document.querySelectorAll('#timeline [data-seq]')].map(e => e.innerText)")
        self.assertEqual([next(i for i, text in enumerate(texts) if message in text)
                          for message in ("the second", "the late one", "the first")], [0, 1, 2])
        self.assertIn("Came late", texts[1])
        said = "return document.querySelector('#announcer').textContent + '|'" \
               " + document.querySelector('#scoreboard .clock').textContent"
        wait_for(lambda: "Late entry. 65' the late one" in self.driver.execute_script(said), "it is announced")
        self.assertTrue(self.driver.execute_script(said).endswith("|70'"), "the clock does not run back")

    def test_an_event_source_resumes_by_itself(self):
        self.driver.execute_script(
            "window.seen = []; window.source = new EventSource(arguments[0]);"
            "source.addEventListener('commentary', e => seen.push(JSON.parse(e.data).message));"
            "source.addEventListener('subscribed', e => seen.push('subscribed'))",
            f"/matches/{self.match}/events")
        seen = lambda: self.driver.execute_script("return seen")
        wait_for(lambda: "subscribed" in seen(), "it has joined")
        self.post("one")
        wait_for(lambda: "one" in seen(), "an event has come")
        self.stack.stop_relay()
        self.post("two", "three")
        self.stack.start_relay()
        self.post("four")
        wait_for(lambda: "four" in seen(), "it has connected again")
        self.driver.execute_script("source.close()")
        self.assertEqual([text for text in seen() if text != "subscribed"], ["one", "two", "three", "four"])


if __name__ == "__main__":
    run(Browser)
