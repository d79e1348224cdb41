"""The page in a real browser. A test that imports this is skipped where there is none."""
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
from selenium.webdriver.common.keys import Keys  # pylint: disable=unused-import

from support.case import Case
from support.stack import wait_for

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--window-size=1000,900")


class Page(Case):
    """Its tests share a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        profile = tempfile.mkdtemp(prefix="chromium-")
        cls.addClassCleanup(shutil.rmtree, profile, ignore_errors=True)
        os.environ["HOME"] = profile
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        cls.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        cls.addClassCleanup(cls.driver.quit)

    def open(self, fragment):
        """The page, as one that has not been there."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.stack.url}/#{fragment}")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def shown(self):
        """The texts of the entries on the page, oldest first."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll('[data-seq]')]"
            ".map(e => [+e.dataset.seq, e.innerText]).sort((a, b) => a[0] - b[0])")

    def await_text(self, text):
        wait_for(lambda: any(text in entry for _, entry in self.shown()), f"the page shows {text!r}")
