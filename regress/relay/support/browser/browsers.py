"""The browsers in which tests open a page, as Debian has them. Each has selenium's interface.

Chromium is driven by chromedriver, Firefox directly (marionette.py), and WebKit by WebKitWebDriver, which
starts MiniBrowser on a virtual screen.
"""
import os
import shutil
import subprocess
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.webkitgtk.options import Options as WebKitOptions
from selenium.webdriver.webkitgtk.service import Service as WebKitService

from support.browser.marionette import Firefox

WIDTH, HEIGHT = 1000, 900
CHROMIUM_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update", "--disable-sync",
                  "--disable-dev-shm-usage", f"--window-size={WIDTH},{HEIGHT}")
# What each needs, and which packages have it.
PROGRAMS = {
    "chromium": (["/usr/bin/chromium", "/usr/bin/chromedriver"], "chromium chromium-driver"),
    "firefox": (["/usr/bin/firefox-esr"], "firefox-esr"),
    "webkit": (["/usr/bin/WebKitWebDriver", "/usr/bin/Xvfb"], "webkit2gtk-driver xvfb"),
}


def missing(browser):
    """Why it cannot be started; "" if it can."""
    if browser not in PROGRAMS:
        return f"there is no browser {browser!r}: {', '.join(PROGRAMS)}"
    programs, packages = PROGRAMS[browser]
    if all(os.path.exists(program) for program in programs):
        return ""
    return f"{browser} is not installed: apt-get install {packages}"


def launch(browser, test):
    """A driver, with the `pid` of its program. It is ended, and its files are removed, with the class `test`."""
    profile = tempfile.mkdtemp(prefix=f"{browser}-")
    test.addClassCleanup(shutil.rmtree, profile, ignore_errors=True)
    os.environ["HOME"] = profile
    driver = {"chromium": chromium, "firefox": firefox, "webkit": webkit}[browser](profile, test)
    test.addClassCleanup(driver.quit)
    return driver


def chromium(profile, _):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*CHROMIUM_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.pid = driver.service.process.pid
    return driver


def firefox(profile, _):
    driver = Firefox("/usr/bin/firefox-esr", profile)
    driver.pid = driver.process.pid
    driver.set_window_size(WIDTH, HEIGHT)
    return driver


def webkit(profile, test):
    os.environ["DISPLAY"] = start_screen(test)
    os.environ["XDG_RUNTIME_DIR"] = profile
    options = WebKitOptions()
    options.add_argument("--automation")
    service = WebKitService("/usr/bin/WebKitWebDriver")
    service.start()
    test.addClassCleanup(service.stop)
    driver = webdriver.Remote(command_executor=service.service_url, options=options)
    driver.pid = service.process.pid
    return driver


def start_screen(test):
    """Starts a virtual screen, and returns its name for DISPLAY."""
    reader, writer = os.pipe()
    # pylint: disable-next=consider-using-with
    screen = subprocess.Popen(["/usr/bin/Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x1024x24",
                               "-nolisten", "tcp"], pass_fds=[writer], stderr=subprocess.DEVNULL)
    test.addClassCleanup(screen.wait)
    test.addClassCleanup(screen.terminate)
    os.close(writer)
    with open(reader, encoding="ascii") as number:
        return f":{number.readline().strip()}"
