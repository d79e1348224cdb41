"""The page in a real browser: in Chromium, or in the one that COMMENTARY_BROWSER names. Where that is not
installed, the tests are skipped."""
import contextlib
import importlib.util
import os
import sys
import unittest

if not importlib.util.find_spec("selenium") or os.environ.get("COMMENTARY_BROWSER") == "no":
    print("1..0 # SKIP python3-selenium is not installed, or BROWSER=no")
    sys.exit()

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys  # pylint: disable=unused-import

from support.base.case import Case
from support.base.stack import wait_for
from support.browser.browsers import launch, missing


class Page(Case):
    """Its tests share a browser."""

    browser = os.environ.get("COMMENTARY_BROWSER", "").replace("yes", "") or "chromium"

    @classmethod
    def setUpClass(cls):
        if why := missing(cls.browser):
            raise unittest.SkipTest(why)
        super().setUpClass()
        cls.driver = launch(cls.browser, cls)

    def need_chromium(self, what):
        """Skips the test in another browser: only the protocol of Chromium can do this."""
        if self.browser != "chromium":
            self.skipTest(f"{self.browser} cannot be told to: {what}")

    @contextlib.contextmanager
    def beginning_with(self, source):
        """Documents that are opened meanwhile run this script before their own."""
        self.need_chromium("run a script before those of the page")
        script = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)

    def open(self, fragment):
        """Loads the page anew, also if only the fragment differs."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.stack.url}/#{fragment}")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def click(self, selector):
        """Clicks as soon as that is possible: Firefox refuses an element that moves, or is not there yet."""
        def is_clicked():
            with contextlib.suppress(WebDriverException, IndexError):
                self.all(selector)[0].click()
                return True
            return False

        wait_for(is_clicked, f"{selector} can be clicked")

    def shown(self):
        """The texts of the entries on the page, oldest first."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll('[data-seq]')]"
            ".map(e => [+e.dataset.seq, e.innerText]).sort((a, b) => a[0] - b[0])")

    def await_text(self, text):
        wait_for(lambda: any(text in entry for _, entry in self.shown()), f"the page shows {text!r}")
