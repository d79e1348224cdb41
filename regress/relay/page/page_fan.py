#!/usr/bin/python3
"""The page as a fan uses it: finding a match among many, going there by keyboard, losing the network, and
never reading a word that is for developers."""
import re
import time
import urllib.request

from support.base.case import run
from support.base.stack import wait_for
from support.browser.page import Keys, Page


# What a browser does that was told to keep nothing.
NOTHING_KEPT = """
    for (const name of ['localStorage', 'sessionStorage'])
        Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });
    Object.defineProperty(Document.prototype, 'cookie', { get() { throw new DOMException('denied', 'SecurityError'); } });
    delete Navigator.prototype.serviceWorker;
"""
# A device whose clock is wrong by so many ms.
WRONG_CLOCK = """
    const Right = Date;
    window.Date = class Date extends Right {
        constructor(...values) {
            super(...values.length > 0 ? values : [Right.now() + SHIFT]);
        }
        static now() {
            return Right.now() + SHIFT;
        }
    };
"""
# Leave was refused, and no sound comes out of the device.
REFUSED = """
    window.Notification = class { static permission = 'denied'; };
    window.AudioContext = class { constructor() { throw new DOMException('none', 'NotSupportedError'); } };
"""
STATE = "return document.getElementById('connection').dataset.state"
HOUR_MS = 3600000


class PageFan(Page):
    relay_options = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.sql("INSERT INTO commentary.match (sport, home, away, status, starts_at, competition)"
                      " SELECT 'football', 'Home ' || i, 'Away ' || i,"
                      " CASE WHEN i <= 3 THEN 'live' ELSE 'scheduled' END, now() + i * interval '1 hour',"
                      " 'Cup ' || (i % 3) FROM generate_series(1, 250) i")
        cls.stack.sql("SELECT commentary.flush()")
        cls.live, cls.busy, cls.last = (int(cls.stack.sql(f"SELECT match_id FROM commentary.match WHERE home = 'Home {i}'"))
                                        for i in (1, 2, 250))      # busy: the one that gets lines

    def setUp(self):
        self.driver.set_window_size(390, 900)

    def visit(self, path):
        self.driver.get("about:blank")
        self.driver.get(f"{self.stack.url}{path}")

    def visit_lobby(self, query=""):
        self.visit(f"/{query}")
        wait_for(lambda: self.cards() > 0, "the lobby is there")

    def cards(self, more=""):
        return self.driver.execute_script(
            "return document.querySelectorAll('#lobby [data-match]' + arguments[0]).length", more)

    def text(self, selector):
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join(' | ')", selector)

    def has_focus(self, selector):
        return self.driver.execute_script("return document.activeElement.matches(arguments[0])", selector)

    def test_every_match_can_be_reached(self):
        self.visit_lobby()
        wait_for(lambda: self.cards() == 103, "the first of those to come, and those in play")
        wait_for(lambda: self.text("[data-group='to-come'] .more") == "Show more (147)", "there are more")
        self.driver.execute_script("document.querySelector('[data-group=to-come] .more').click()")
        wait_for(lambda: self.cards() == 250, "all of them")
        self.assertFalse(self.all("[data-group='to-come'] .more")[0].is_displayed())

    def test_a_match_is_found_by_its_name(self):
        self.visit_lobby()
        self.all("#lobby input")[0].send_keys("home 250")
        wait_for(lambda: self.cards() == 1, "one is found")
        self.assertEqual(self.cards(f"[data-match='{self.last}']"), 1)
        self.all("#lobby input")[0].send_keys("x")
        wait_for(lambda: "No match like that." in self.text("#lobby .empty"), "none is, and it says so")

    def test_the_address_chooses(self):
        self.visit_lobby("?status=live&competition=cup+1")
        wait_for(lambda: self.cards() == 1, "one is live in that competition")
        self.assertEqual(self.text("#lobby .filtered"), "cup 1 · Live All matches")
        self.click("#lobby .filtered a")
        wait_for(lambda: self.cards() == 103, "all of them are back")
        self.click("#lobby [data-group='in-play'] h3 a")
        wait_for(lambda: self.cards("[data-status='live']") == 1, "a competition chooses itself")

    def test_the_keyboard_leads_there_and_back(self):
        self.visit_lobby()
        card = f"#lobby [data-match='{self.live}'] a"
        self.all(card)[0].send_keys(Keys.ENTER)
        wait_for(lambda: self.has_focus("#match"), "the focus is at the match")
        self.driver.back()
        wait_for(lambda: self.has_focus(card), "and again at its card")

    def test_a_fan_reads_no_sql(self):
        empty = self.live
        for path, words in ((f"/match/{empty}", "No commentary yet."), (f"/match/{self.last}", "Starts:")):
            self.visit(path)
            wait_for(lambda: words in self.text("#timeline"), f"{words!r} at {path}")
            self.assertNotRegex(self.text("body"), "(?i)select|insert|commentary\\.|database|sql")
        self.visit("/dev")
        self.assertIn("commentary.post", self.text("main"))

    def test_the_network_goes_and_comes(self):
        self.need_chromium("lose its network")
        self.visit(f"/match/{self.live}")
        state = lambda: self.driver.execute_script("return document.getElementById('connection').dataset.state")
        wait_for(lambda: state() == "live", "it is connected")
        self.assertEqual(self.text("#connection-text"), "Connected")
        self.driver.execute_cdp_cmd("Network.enable", {})
        conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": True, **conditions})
        wait_for(lambda: state() == "away", "the page says at once that the network is away")
        self.assertEqual(self.text("#connection-text"), "No network")
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **conditions})
        wait_for(lambda: state() == "live", "it is connected again")

    def visit_with(self, source, path):
        """The page, with a script that runs before those of the page."""
        with self.beginning_with(source):
            self.visit(path)

    def is_live(self):
        return self.driver.execute_script(STATE) == "live"

    def post(self, text, **members):
        given = "".join(f", {name} => '{value}'" for name, value in members.items())
        self.stack.sql(f"SELECT commentary.post({self.busy}, '{text}'{given})")

    def test_a_page_that_was_left_holds_no_connection(self):
        """And goes on when it is shown again, as from the back/forward cache."""
        self.visit(f"/match/{self.busy}")
        wait_for(self.is_live, "it is connected")
        self.assertEqual(self.driver.execute_script("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));"
                                                    + STATE), "offline")
        self.driver.execute_script("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        wait_for(self.is_live, "it is connected again")
        self.driver.get("about:blank")
        self.post("while it was away")
        self.driver.back()
        self.await_text("while it was away")

    def test_a_browser_that_keeps_nothing_shows_it_all_the_same(self):
        self.visit_with(NOTHING_KEPT, f"/match/{self.busy}?lang=de")
        wait_for(self.is_live, "it is connected")
        self.post("kept nowhere")
        self.await_text("kept nowhere")
        before = self.driver.execute_script("return document.documentElement.dataset.theme")
        self.click("#theme")
        self.assertNotEqual(self.driver.execute_script("return document.documentElement.dataset.theme"), before)

    def test_a_device_with_a_wrong_clock_shows_the_right_ages(self):
        for shift in (-3 * HOUR_MS, 3 * HOUR_MS):
            self.visit_with(WRONG_CLOCK.replace("SHIFT", str(shift)), f"/match/{self.busy}")
            wait_for(self.is_live, "it is connected")
            self.post(f"by a clock of {shift}")
            self.await_text(f"by a clock of {shift}")
            age = self.driver.execute_script("return document.querySelector('#timeline [data-seq] time').textContent")
            self.assertRegex(age, "^(now|[0-9]+ min)$")

    def test_alerts_that_are_refused_disturb_nothing(self):
        self.visit_with(REFUSED, f"/match/{self.busy}")
        wait_for(self.is_live, "it is connected")
        self.click("#alerts")
        self.post("In without a sound", kind="goal")
        self.await_text("In without a sound")

    def emulate(self, media="", **features):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()]})

    def test_paper_is_light_and_a_page_enlarged_fourfold_can_be_read(self):
        self.need_chromium("print, and be as large as it is told to")
        self.addCleanup(self.emulate)
        self.addCleanup(self.driver.execute_cdp_cmd, "Emulation.clearDeviceMetricsOverride", {})
        self.visit(f"/match/{self.busy}")
        wait_for(self.is_live, "it is connected")
        colour = "return getComputedStyle(document.body).color"
        self.emulate(prefers_color_scheme="light")
        light = self.driver.execute_script(colour)
        self.emulate(prefers_color_scheme="dark")
        wait_for(lambda: self.driver.execute_script(colour) != light, "it is dark")
        self.emulate("print", prefers_color_scheme="dark")
        self.assertEqual(self.driver.execute_script(colour), light)
        self.emulate()
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": 320, "height": 256, "deviceScaleFactor": 4, "mobile": False})
        self.assertEqual(self.driver.execute_script(
            "return [document.documentElement.scrollWidth <= innerWidth,"
            " getComputedStyle(document.querySelector('.pinned')).position]"), [True, "static"])

    def test_it_says_how_many_are_watching(self):
        self.visit(f"/match/{self.live}")
        words = lambda: self.driver.execute_script("return document.querySelector('#audience:not([hidden])')?.textContent ?? ''")
        state = lambda: self.driver.execute_script("return document.getElementById('connection').dataset.state")
        wait_for(lambda: state() == "live", "it is connected")
        self.driver.execute_script("""
            window.others = [1, 2].map(() => {
                const socket = new WebSocket(arguments[0]);
                socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', match: arguments[1] }));
                return socket;
            });""", f"{self.stack.ws_url}/ws", self.live)

        def asked_again():
            self.driver.execute_script("document.dispatchEvent(new Event('visibilitychange'))")
            time.sleep(0.5)     # a relay sends away who asks much more often
            # The page of the test before may be there still: browsers keep some pages alive when one leaves.
            return re.fullmatch("[3-9] watching", words())

        wait_for(asked_again, "three are")

    def test_the_theme_is_chosen_and_kept(self):
        self.visit_lobby()
        theme = lambda: self.driver.execute_script(
            "return [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]")
        self.assertEqual(theme()[0], "light")
        light = theme()[1]
        self.click("#theme")
        self.assertEqual(theme()[0], "dark")
        self.assertNotEqual(theme()[1], light)
        self.visit_lobby()
        wait_for(lambda: theme()[0] == "dark", "it is kept")
        self.driver.execute_script("localStorage.clear()")

    def test_it_speaks_the_language_of_its_reader(self):
        self.visit("/?lang=de")
        wait_for(lambda: "Laufend" in self.text("#lobby h2"), "the lobby is in German")
        self.assertEqual(self.driver.execute_script("return document.documentElement.lang"), "de")
        self.driver.execute_script("const choice = document.getElementById('language'); choice.value = 'ar';"
                                   "history.replaceState(null, '', '/'); choice.dispatchEvent(new Event('change'))")
        wait_for(lambda: "\u062c\u0627\u0631\u064a\u0629" in self.text("#lobby h2"), "and in Arabic, as chosen")
        self.assertEqual(self.driver.execute_script("return document.documentElement.dir"), "rtl")
        self.driver.execute_script("localStorage.clear()")

    def test_it_can_be_installed(self):
        with urllib.request.urlopen(f"{self.stack.url}/manifest.webmanifest") as answer:
            self.assertEqual(answer.headers["content-type"], "application/manifest+json")
        self.need_chromium("say what it thinks of the manifest")
        self.visit_lobby()
        manifest = self.driver.execute_cdp_cmd("Page.getAppManifest", {})
        self.assertEqual(manifest["errors"], [])
        self.assertEqual(self.driver.execute_cdp_cmd("Page.getInstallabilityErrors", {})["installabilityErrors"], [])
        sizes = self.driver.execute_async_script("""
            const done = arguments[0];
            fetch('/manifest.webmanifest').then((answer) => answer.json()).then(({ icons }) => Promise.all(icons.map(
                async ({ src, sizes, type }) => {
                    const image = new Image();
                    image.src = src;
                    await image.decode();
                    return [type === 'image/png' ? `${image.naturalWidth}x${image.naturalHeight}` : 'any', sizes];
                }))).then(done, (error) => done(String(error)));""")
        self.assertEqual(sizes, [["any", "any"], ["192x192"] * 2, ["512x512"] * 2, ["512x512"] * 2])


if __name__ == "__main__":
    run(PageFan)
