#!/usr/bin/python3
"""The page in a real browser: shows what is inserted, and misses nothing."""
import os
import re
import time

import psycopg2

from support.base.case import run
from support.base.process import is_deep
from support.base.stack import wait_for
from support.browser.page import Page
from support.browser.page_costs import BrowserCpu


WEB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../relay/web")
RATE = 20   # lines a second
SECONDS = 10 if is_deep() else 3
LESS_THAN_A_ROW_PX = 12
# A page whose connection does not come about until `letThrough` is called.
HELD = """
    const { WebSocket: Socket, fetch: load } = window;
    const held = [];
    let isHeld = true;
    window.WebSocket = function (...given) {
        if (!isHeld)
            return new Socket(...given);
        const socket = { send() {}, close() {} };
        held.push(socket);
        return socket;
    };
    window.fetch = (...given) => isHeld ? new Promise(() => {}) : load(...given);
    window.letThrough = () => {
        isHeld = false;
        held.at(-1).onclose?.({ code: 1006, reason: '' });
        dispatchEvent(new Event('online'));
    };
"""
# What the page asks for, plays and notifies, for `window.page` to say. `isAway`: it is not in sight.
ALERTS = """
    window.page = { asked: 0, heard: 0, notes: [], isAway: false };
    window.Notification = class {
        static permission = 'default';
        static requestPermission() {
            page.asked += 1;
            this.permission = 'granted';
            return Promise.resolve('granted');
        }
        constructor(title, { body }) { page.notes.push([title, body]); }
    };
    window.OscillatorNode = class extends OscillatorNode {
        start(at) {
            page.heard += 1;
            super.start(at);
        }
    };
    Object.defineProperty(document, 'hidden', { get: () => page.isAway });
"""

# Scrolls on by a screen, asks for earlier lines at the end, and says what is in the document.
READ_ON = """
    scrollBy({ top: innerHeight, behavior: 'instant' });
    const button = document.querySelector('.earlier');
    if (!button.hidden && button.getBoundingClientRect().top < innerHeight)
        button.click();
    return [...document.querySelectorAll('#timeline [data-seq]')].map((row) => [+row.dataset.seq, row.innerText]);
"""


def words_of(language):
    """The texts of the page in that language, by the English ones."""
    with open(f"{WEB}/words/language-{language}.js", encoding="utf-8") as file:
        return dict(re.findall(r"^    '([^']+)': '([^']+)',$", file.read(), re.M))


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

    def test_a_filter_that_shows_nothing_says_so(self):
        self.post("a plain line")
        self.await_text("a plain line")
        said = "return document.querySelector('#timeline').innerText"
        self.click("#timeline .filter")
        wait_for(lambda: "No key events yet." in self.driver.execute_script(said), "it says so")
        self.stack.sql(f"SELECT commentary.post({self.match}, 'we are off', kind => 'kick_off')")
        self.await_text("we are off")
        self.assertNotIn("No key events", self.driver.execute_script(said))

    def test_all_of_a_match_can_be_read(self):
        """700 lines, and then nothing but corrections and states for longer than the page asks for."""
        self.stack.insert_lines(self.match, 700)
        self.stack.sql(f"SELECT commentary.amend({self.match}, 3, message => 'amended ' || i)"
                       " FROM generate_series(1, 600) i")
        self.stack.sql(f"DO $$ BEGIN FOR i IN 1..100 LOOP UPDATE commentary.match SET home_score = i"
                       f" WHERE match_id = {self.match}; COMMIT; END LOOP; END $$")
        self.driver.refresh()
        self.await_text("line 700")
        read = self.read_all("amended 600")
        self.assertGreaterEqual(len(read), 700)
        wait_for(lambda: not self.all(".earlier")[0].is_displayed() and not self.all(".end")[0].is_displayed(),
                 "it begins with the match")

    def read_all(self, last):
        """Scrolls on and on, screen by screen, until that text comes: the lines that were there, by seq."""
        read, most = {}, [0]

        def read_on():
            held = self.driver.execute_script(READ_ON)
            most[0] = max(most[0], len(held))
            read.update(dict(held))
            self.assertEqual([seq for seq, _ in held], sorted({seq for seq, _ in held}, reverse=True))
            return any(last in text for _, text in held)

        wait_for(read_on, f"{last!r} is reached")
        self.assertLess(most[0], 250, "only what is around the reader is in the document")
        return read

    def open_with(self, source, query=""):
        """The page of the match, with a script that runs before those of the page."""
        with self.beginning_with(source):
            self.driver.get("about:blank")
            self.driver.get(f"{self.stack.url}/match/{self.match}{query}")

    def test_a_pinned_line_stands_on_top_until_it_is_replaced_or_withdrawn(self):
        pinned = "const e = document.getElementById('pinned-line'); return e.hidden ? '' : e.textContent"
        pin = lambda text: self.stack.sql(f"SELECT commentary.post({self.match}, '{text}', tags => '{{pinned}}')")
        pin("Delayed by rain")
        wait_for(lambda: self.driver.execute_script(pinned) == "PinnedDelayed by rain", "it is pinned")
        pin("Off at half past")
        wait_for(lambda: self.driver.execute_script(pinned) == "PinnedOff at half past", "a later one is")
        self.stack.sql("SELECT commentary.flush()")
        self.stack.sql(f"SELECT commentary.retract({self.match}, {self.stack.head(self.match)})")
        wait_for(lambda: self.driver.execute_script(pinned) == "", "none is")

    def test_who_asks_for_it_hears_of_a_goal(self):
        self.open_with(ALERTS)
        page = lambda: self.driver.execute_script("return page")
        goal = lambda text: self.stack.sql(f"SELECT commentary.post({self.match}, '{text}', kind => 'goal', minute => 7)")
        goal("unheard")
        self.await_text("unheard")
        self.assertEqual((page()["asked"], page()["heard"]), (0, 0), "it is off, and asks for nothing")
        self.click("#alerts")
        wait_for(lambda: page()["asked"] == 1 and page()["heard"] == 2, "it has asked once, and sounds")
        self.driver.execute_script("page.isAway = true")
        self.post("a plain line")
        goal("In!")
        wait_for(lambda: page()["heard"] == 4, "it is heard")
        self.assertEqual([body for _, body in page()["notes"]], ["7' Goal. In!"])
        self.assertEqual(page()["asked"], 1)

    def test_alerts_and_the_pinned_line_speak_the_language_of_the_page(self):
        for language, direction in (("de", "ltr"), ("ar", "rtl")):
            words = words_of(language)
            self.open_with(ALERTS, f"?lang={language}")
            button = self.all("#alerts")[0]
            wait_for(lambda: button.text == words["Score alerts"], "the button speaks it")  # pylint: disable=cell-var-from-loop
            self.stack.sql(f"SELECT commentary.post({self.match}, 'Delayed by rain', tags => '{{pinned}}')")
            pinned = "const e = document.getElementById('pinned-line'); return e.hidden ? [] : " \
                     "[e.querySelector('.where').textContent, e.getAttribute('aria-label'), getComputedStyle(e).direction]"
            expected = [words["Pinned"], words["Pinned line"], direction]
            wait_for(lambda: self.driver.execute_script(pinned) == expected, "so does the pinned line")  # pylint: disable=cell-var-from-loop
            button.click()
            self.driver.execute_script("page.isAway = true")
            self.stack.sql(f"SELECT commentary.post({self.match}, 'In!', kind => 'goal', minute => 7)")
            wait_for(lambda: self.driver.execute_script("return page.notes.map(([, body]) => body)")
                     == [f"7' {words['Goal']}. In!"], "and the notification")  # pylint: disable=cell-var-from-loop

    def go_to_row(self, seq):
        """Scrolls to that row, and keeps it as window.row; where it is, when the page is at rest."""
        self.driver.execute_script("window.row = document.querySelector(`#timeline [data-seq='${arguments[0]}']`);"
                                   "row.scrollIntoView({ block: 'center' })", seq)
        tops = [None]

        def is_at_rest():
            tops.append(self.driver.execute_script("return row.getBoundingClientRect().top"))
            return tops[-1] == tops[-2]

        wait_for(is_at_rest, "the page is at rest")
        return tops[-1]

    def assert_row_stayed(self, before):
        """It is the same element, and it has not moved."""
        top = self.driver.execute_script("return row.isConnected ? row.getBoundingClientRect().top : null")
        self.assertIsNotNone(top, "its row was built anew")
        self.assertLess(abs(top - before), LESS_THAN_A_ROW_PX)

    def test_the_place_stays_when_the_page_connects(self):
        """It has the lines that came with the document. Those of the connection are the same, and one more."""
        self.stack.insert_lines(self.match, 60)
        self.driver.set_window_size(1000, 500)
        self.addCleanup(self.driver.set_window_size, 1000, 900)
        self.open_with(HELD)
        self.await_text("line 60")
        before = self.go_to_row(self.stack.head(self.match) - 15)    # 20 came with the document
        self.post("the first that is new")
        self.driver.execute_script("letThrough()")
        self.await_text("the first that is new")
        self.assert_row_stayed(before)

    def test_the_place_stays_while_rows_arrive(self):
        """They arrive with a flourish, which takes its time here."""
        self.post("there before")
        self.await_text("there before")
        self.driver.execute_script("const sheet = new CSSStyleSheet();"
                                   "sheet.replaceSync('.entry { animation: arrive 600s !important }');"
                                   "document.adoptedStyleSheets.push(sheet)")
        self.stack.insert_lines(self.match, 60)
        self.await_text("line 60")
        before = self.go_to_row(self.stack.head(self.match) - 30)
        self.assertTrue(self.driver.execute_script("return row.getAnimations().length > 0"), "it is still arriving")
        for i in range(5):
            self.post(f"further {i}")
            self.await_text(f"further {i}")
        self.assert_row_stayed(before)

    def test_at_twenty_lines_a_second_the_place_that_is_read_stays(self):
        """And prints what that costs, and how busy the machine was: web/README.md has such a number."""
        self.stack.insert_lines(self.match, 300)
        self.await_text("line 300")
        self.driver.refresh()   # then it is history, which comes at once and is not moved
        self.await_text("line 300")
        before = self.go_to_row(self.stack.head(self.match) - 40)
        cpu = BrowserCpu(self.driver)
        since = time.monotonic()
        with psycopg2.connect(self.stack.conninfo) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            for i in range(RATE * SECONDS):
                time.sleep(max(0, since + i / RATE - time.monotonic()))
                cursor.execute("SELECT commentary.post(%s, %s, minute => %s)", (self.match, f"quick {i}", 20 + i // 20))
        told = "const e = document.getElementById('news'); return e.hidden ? '' : e.textContent"
        wait_for(lambda: self.driver.execute_script(told) == f"{RATE * SECONDS} new entries", "all have come")
        print(f"# measured: {RATE} lines/s for {SECONDS} s cost {cpu.cores():.2f} of a core"
              f" (load {os.getloadavg()[0]:.0f}, {os.cpu_count()} cores)", flush=True)
        self.assert_row_stayed(before)

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
