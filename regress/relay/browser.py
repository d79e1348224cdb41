#!/usr/bin/python3
"""The page in a real browser: shows what is inserted, and misses nothing."""
import os
import shutil
import sys
import tempfile

if not os.path.exists("/usr/bin/chromium"):
    print("1..0 # SKIP chromium is not installed: make check BROWSER=no")
    sys.exit()

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from case import Case, run
from stack import wait_for

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--window-size=1000,900")


class Browser(Case):
    relay_options = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.profile = tempfile.mkdtemp(prefix="chromium-")
        os.environ["HOME"] = cls.profile
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in (*FLAGS, f"--user-data-dir={cls.profile}"):
            options.add_argument(flag)
        cls.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()
        shutil.rmtree(cls.profile, ignore_errors=True)

    def setUp(self):
        self.match = self.stack.create_match("live")
        self.driver.get("about:blank")
        self.driver.get(f"{self.stack.url}/#match={self.match}")

    def post(self, *messages):
        for message in messages:
            self.stack.sql("INSERT INTO commentary.feed (match_id, minute, message)"
                           f" VALUES ({self.match}, 12, $text${message}$text$)")

    def shown(self):
        """The texts of the entries on the page, oldest first."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll('[data-seq]')]"
            ".map(e => [+e.dataset.seq, e.innerText]).sort((a, b) => a[0] - b[0])")

    def await_text(self, text):
        wait_for(lambda: any(text in entry for _, entry in self.shown()), f"the page shows {text!r}")

    def test_an_insert_is_shown_while_the_page_is_open(self):
        wait_for(lambda: self.driver.find_elements(By.CSS_SELECTOR, f"[data-match='{self.match}']"),
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
