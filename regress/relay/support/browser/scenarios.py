"""What a viewer and another site's page do, in any browser: each page_in_*.py runs this in one of them.

The scenarios are few, since one more browser costs time. The other tests of the page run in any of them, too:
make check SUITE=relay T=page_ BROWSER=firefox.
"""
from support.base.stack import wait_for
from support.browser.page import Keys, Page  # first, as it skips the file where there is no selenium
from support.browser.browsers import HEIGHT, WIDTH  # pylint: disable=wrong-import-order
from support.browser.site import Site
from support.fault.blocking_proxy import BlockingProxy

ELEMENT = ('<!doctype html><title>-</title><script type="module" src="{relay}/live-commentary.js"></script>'
           '<live-commentary match="{match}"></live-commentary>')
FRAME = '<!doctype html><title>-</title><iframe src="{relay}/embed/{match}" title="Live"></iframe>'
POLICY = ("default-src 'none'; script-src {relay}; frame-src {relay}; connect-src {connect};"
          " require-trusted-types-for 'script'")


class Scenarios(Page):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.match = int(cls.stack.sql("SELECT commentary.create_match('Rovers', 'City', status => 'live')"))
        url = cls.stack.url
        # The policy of the second one blocks WebSockets, as some networks do, and that of the last one
        # streams of events as well.
        cls.sites = {way: cls.site(url, connect) for way, connect in (
            ("websocket", f"{url} {cls.stack.ws_url}"), ("events", url), ("polling", f"{url}/matches {url}/matches/"))}
        origins = " ".join(site.origin for site in cls.sites.values())
        cls.options = ("--origins", f"https://example.org {origins}")
        cls.stack.start_relay(*cls.options)

    @classmethod
    def site(cls, relay, connect):
        fill = lambda text: text.replace("{relay}", relay).replace("{match}", str(cls.match))
        site = Site({"/element": ("text/html", fill(ELEMENT)), "/frame": ("text/html", fill(FRAME))},
                    fill(POLICY).replace("{connect}", connect))
        cls.addClassCleanup(site.close)
        return site

    def setUp(self):
        """As somebody who has not chosen a language or a theme."""
        self.driver.get(f"{self.stack.url}/livez")
        self.driver.execute_script("localStorage.clear()")

    def visit(self, path):
        self.driver.get("about:blank")
        self.driver.get(f"{self.stack.url}{path}")

    def post(self, message, **members):
        """Returns its seq."""
        arguments = "".join(f", {name} => $t${value}$t$" if isinstance(value, str) else f", {name} => {value}"
                            for name, value in members.items())
        self.stack.sql(f"SELECT commentary.post({self.match}, $t${message}$t${arguments})")
        self.stack.sql("SELECT commentary.flush()")
        return self.stack.head(self.match)

    def text(self, selector):
        """Of all such elements; "" when the page is about to leave, for which Firefox answers with nothing."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim()).join(' | ')",
            selector) or ""

    def has_focus(self, selector):
        return self.driver.execute_script("return document.activeElement.matches(arguments[0])", selector)

    def press(self, key):
        """Presses a key where the focus is."""
        self.driver.switch_to.active_element.send_keys(key)

    def await_lobby(self):
        wait_for(lambda: self.all(f"#lobby [data-match='{self.match}'] a"), "the match is in the lobby")

    def await_live(self):
        wait_for(lambda: self.driver.execute_script(
            "return document.getElementById('connection').dataset.state") == "live", "the page is connected")

    def in_element(self):
        return self.driver.execute_script(
            "const view = document.querySelector('live-commentary');"
            "return view?.shadowRoot ? [...view.shadowRoot.querySelectorAll('[data-seq] .message')]"
            ".map((node) => node.textContent) : []")

    def test_the_keyboard_leads_to_a_match_and_back(self):
        """In a window with room for only one of them; in a wider one the focus stays in the lobby."""
        self.driver.set_window_size(600, HEIGHT)
        self.addCleanup(self.driver.set_window_size, WIDTH, HEIGHT)
        self.visit("/")
        self.await_lobby()
        card = f"#lobby [data-match='{self.match}'] a"
        self.all(card)[0].send_keys(Keys.ENTER)
        wait_for(lambda: self.has_focus("#match"), "the focus is at the match")
        self.assertIn(f"/match/{self.match}", self.driver.current_url)
        self.driver.back()
        wait_for(lambda: self.has_focus(card), "and again at its card")

    def test_matches_that_the_lobby_does_not_tell_of_are_read(self):
        self.stack.sql("INSERT INTO commentary.match (home, away, status) SELECT 'Home ' || i, 'Away ' || i, 'finished'"
                       " FROM generate_series(1, 130) AS i")
        self.stack.sql("SELECT commentary.flush()")
        self.visit("/")
        over = lambda: len(self.all("#lobby [data-status='finished']"))
        wait_for(lambda: over() == 100, "the last that are over are there")
        self.driver.execute_script("document.querySelector('.older .more').focus()")
        self.press(Keys.ENTER)
        wait_for(lambda: over() == 130, "and the older ones")
        wait_for(lambda: self.has_focus("[data-status='finished'] a"), "the focus is at the first of them")
        self.assertEqual(self.text(".older [role=status]"), "Older matches added: 30")

    def test_the_first_tab_skips_to_what_matters(self):
        self.visit(f"/match/{self.match}")
        self.await_live()
        self.press(Keys.TAB)
        wait_for(lambda: self.has_focus(".skip"), "the link that skips has the focus")
        self.press(Keys.ENTER)
        wait_for(lambda: not self.has_focus(".skip"), "it has skipped")

    def test_lines_come_and_are_corrected(self):
        self.visit(f"/match/{self.match}")
        self.await_live()
        goal = self.post("What a <b>goal</b>!", kind="goal", minute=12, actor="A. Keeper", team="Rovers")
        self.await_text("What a <b>goal</b>!")
        wait_for(lambda: "A. Keeper" in self.text("#moments"), "the scorer is below the score")
        self.stack.sql(f"UPDATE commentary.match SET home_score = 1, away_score = 0 WHERE match_id = {self.match}")
        wait_for(lambda: self.text("#scoreboard .score.home, #scoreboard .home.score") or "1" in self.text("#scoreboard"),
                 "the score is there")
        self.stack.sql(f"SELECT commentary.amend({self.match}, {goal}, message => 'What a header!')")
        self.await_text("What a header!")
        self.assertEqual(self.text(f"#seq-{goal} .correction"), "Corrected")
        self.stack.sql(f"SELECT commentary.retract({self.match}, {goal}, 'Offside')")
        wait_for(lambda: self.text(f"#seq-{goal} .withdrawn") == "Withdrawn: Offside", "it is withdrawn, and says why")
        wait_for(lambda: "A. Keeper" not in self.text("#moments"), "the scorer is gone")

    def test_after_a_restart_of_the_relay_nothing_is_missed(self):
        self.visit(f"/match/{self.match}")
        self.await_live()
        self.post("before the restart")
        self.await_text("before the restart")
        self.stack.stop_relay()
        self.post("during the restart")
        self.stack.start_relay(*self.options)
        self.post("after the restart")
        self.await_text("after the restart")
        texts = [entry for _, entry in self.shown()]
        for text in "before the restart", "during the restart", "after the restart":
            self.assertEqual(sum(text in entry for entry in texts), 1, text)

    def test_it_speaks_the_language_of_its_reader(self):
        self.visit("/?lang=de")
        wait_for(lambda: "Laufend" in self.text("#lobby h2"), "the lobby is in German")
        self.driver.execute_script("history.replaceState(null, '', '/')")
        self.driver.execute_script("const choice = document.getElementById('language'); choice.value = 'ar';"
                                   "choice.dispatchEvent(new Event('change'))")
        wait_for(lambda: "\u062c\u0627\u0631\u064a\u0629" in self.text("#lobby h2"), "and in Arabic, as chosen")
        look = self.driver.execute_script(
            "return [document.documentElement.dir, getComputedStyle(document.body).direction,"
            " document.documentElement.scrollWidth <= innerWidth]")
        self.assertEqual(look, ["rtl", "rtl", True])

    def test_the_theme_is_chosen_and_kept(self):
        self.visit("/")
        self.await_lobby()
        theme = lambda: self.driver.execute_script(
            "return [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]")
        before = theme()
        self.click("#theme")
        wait_for(lambda: theme()[0] != before[0] and theme()[1] != before[1], "the other theme is shown")
        chosen = theme()[0]
        self.visit("/")
        wait_for(lambda: theme()[0] == chosen, "it is kept")

    def test_another_site_shows_the_match_whatever_its_network_blocks(self):
        self.post("for everybody")
        for way, site in self.sites.items():
            with self.subTest(way):
                self.driver.get(f"{site.origin}/element")
                wait_for(lambda: "for everybody" in self.in_element(), f"what was there is shown by {way}")
                self.post(f"<i>live by {way}</i>")
                wait_for(lambda: f"<i>live by {way}</i>" in self.in_element(), f"what comes is shown by {way}")
                asked = self.driver.execute_script(
                    "return performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)")
                self.assertEqual("/matches" in asked, way != "websocket", asked)      # where plain HTTP begins
                self.assertEqual(f"/matches/{self.match}/commentary" in asked, way == "polling", asked)

    def test_a_network_without_websockets_shows_the_page_and_wants_no_token(self):
        self.post("for everybody")
        with BlockingProxy.beside(self.stack.relay_port, {"/ws": "refused"}) as proxy:
            self.driver.get(f"http://127.0.0.1:{proxy.port}/match/{self.match}")
            self.await_text("for everybody")
            self.post("live by a stream")
            self.await_text("live by a stream")
            self.assertFalse(self.all("#token-form")[0].is_displayed())
            self.driver.get("about:blank")      # it lets go of the stream

    def test_another_site_frames_the_match(self):
        self.post("in a frame")
        self.driver.get(f"{self.sites['websocket'].origin}/frame")
        self.addCleanup(self.driver.switch_to.default_content)
        self.driver.switch_to.frame(self.all("iframe")[0])
        wait_for(lambda: "in a frame" in self.in_element(), "the frame shows it")
