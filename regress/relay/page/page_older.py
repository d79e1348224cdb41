#!/usr/bin/python3
"""The lobby and the matches that it does not tell of: the page reads them when they are asked for, shows and
searches all of them, and says what it cannot read."""
import urllib.request

from support.base.case import run
from support.base.stack import wait_for
from support.browser.page import Keys
from support.browser.pictures import Pictures

OVER, LISTED = 430, 100         # matches that are over; of these the scoreboard has so many
SHIELD = "Founders Shield"      # only the first 20 matches have it
ABANDONED = 3                   # only old ones are

MATCHES = f"""
INSERT INTO commentary.match (sport, home, away, status, starts_at, competition, home_score, away_score)
SELECT 'football', CASE i WHEN 5 THEN 'Oldtimers' ELSE 'Home ' || i END, 'Away ' || i,
    CASE WHEN i > {OVER} THEN 'live' WHEN i IN (40, 90, 150) THEN 'abandoned' ELSE 'finished' END,
    timestamptz '2025-03-01 15:00+00' + i / 6 * interval '1 day',
    CASE WHEN i <= 20 THEN '{SHIELD}' ELSE (ARRAY['Coast Cup', 'Harbour League', 'Valley Trophy'])[i % 3 + 1] END,
    i % 4, i % 3
FROM generate_series(1, {OVER} + 3) AS i;
"""

# Asks for pages of matches by `answer`, where that is set.
ANSWERED = """
    const load = window.fetch;
    window.asked = [];
    window.fetch = (address, ...rest) => {
        if (!String(address).includes('/matches?'))
            return load(address, ...rest);
        asked.push(String(address));
        return window.answer ? Promise.resolve(answer(new URL(address).searchParams)) : load(address, ...rest);
    };
"""
REFUSED = ("window.answer = () => new Response(JSON.stringify({ type: 'error', code: arguments[0], message: '-' }),"
           " { status: arguments[1] })")
# As relays did before there were such pages.
SCOREBOARD = "window.answer = () => Response.json({ match: 'lobby', epoch: 'e', head: 1, state: [] })"
NONSENSE = "window.answer = () => new Response('<title>Busy</title>')"
# A relay that has matches without end.
ENDLESS = """
    window.answer = (wish) => {
        const before = Number(wish.get('before') ?? 1e6);
        return Response.json({ next: before - 100, matches: Array.from({ length: 100 }, (_, i) => ({ match: before - 1 - i,
            status: 'finished', home: 'Rovers', away: 'City', starts_at: '2001-03-01T15:00:00Z' })) });
    };
"""


class PageOlder(Pictures):
    relay_options = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack.sql(MATCHES)
        cls.stack.sql("SELECT commentary.flush()")
        rows = cls.stack.sql("SELECT match_id, home FROM commentary.match").split("\n")
        cls.by_home = {home: int(match) for match, home in (row.split("|") for row in rows)}
        cls.over = {match for home, match in cls.by_home.items() if home not in [f"Home {OVER + i}" for i in (1, 2, 3)]}

    def setUp(self):
        """A phone, whatever the last test had."""
        if self.browser == "chromium":
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.set_window_size(520, 900)

    def visit(self, path="/"):
        self.driver.get("about:blank")
        self.driver.get(f"{self.stack.url}{path}")
        wait_for(lambda: self.script("return document.getElementById('lobby').dataset.state") == "ready", "the lobby is there")

    def visit_answered(self, path="/"):
        with self.beginning_with(ANSWERED):
            self.visit(path)

    def script(self, source, *arguments):
        return self.driver.execute_script(source, *arguments)

    def text(self, selector):
        return self.script("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join(' | ')", selector)

    def shown(self, group="over"):
        """The numbers of the matches of that group, from the top."""
        return self.script("return [...document.querySelectorAll(`[data-group=${arguments[0]}] [data-match]`)]"
                           ".filter((e) => e.offsetParent).map((e) => +e.dataset.match)", group)

    def focused(self):
        """The match whose card has the focus, or what else has."""
        return self.script("const e = document.activeElement; return +e.parentElement?.dataset.match || e.className || e.tagName")

    def has_button(self):
        return self.script("return !document.querySelector('.older .more').hidden")

    def is_idle(self):
        return self.script("return !document.querySelector('.older .more').hasAttribute('aria-disabled')")

    def said(self):
        return self.text(".older [role=status]")

    def press(self):
        """With the keyboard; returns when the page has read on."""
        self.script("const b = document.querySelector('.older .more'); b.focus(); b.scrollIntoView()")
        self.driver.switch_to.active_element.send_keys(Keys.ENTER)
        wait_for(self.is_idle, "it has read on")

    def read_all(self):
        while self.has_button():
            self.press()

    def test_all_are_read_on_to_the_end(self):
        self.visit()
        wait_for(lambda: len(self.shown()) == LISTED, "those of the scoreboard are there")
        self.assertEqual(self.text(".older .more"), "Show more matches")
        while self.has_button():
            before = self.shown()
            self.press()
            after = self.shown()
            new = [match for match in after if match not in before]
            self.assertEqual(self.focused(), new[0], "the focus is at the first that is new")
            self.assertEqual(self.said(), f"Older matches added: {len(new)}")
            self.assertEqual([match for match in after if match in before], before, "what was there keeps its order")
        self.assertEqual(sorted(after), sorted(self.over))
        self.assertEqual(len(self.shown("in-play")), 3)
        headings = self.script("return [...document.querySelectorAll('[data-group=over] h3')].map(e => e.innerText)")
        self.assertEqual(len(headings), len(set(headings)), "a day and a competition have one heading")
        self.assertTrue(any("2025" in heading and SHIELD in heading for heading in headings), headings)

    def test_the_address_chooses_among_all(self):
        for query, count, words in ((f"?competition={SHIELD.replace(' ', '+')}", 20, SHIELD),
                                    ("?status=abandoned", ABANDONED, "Abandoned"),
                                    ("?status=abandoned,live&competition=Coast+Cup", 3, "Coast Cup · Abandoned · Live"),
                                    ("?q=oldtimers", 1, "")):
            self.visit(f"/{query}")
            wait_for(lambda: len(self.shown()) + len(self.shown("in-play")) == count, f"{query} has all")  # pylint: disable=cell-var-from-loop
            wait_for(self.is_idle, "it has read on")
            self.read_all()
            self.assertEqual(len(self.shown()) + len(self.shown("in-play")), count)
            self.assertEqual(self.text(".filtered bdi").replace(" | ", " · "), words)
        self.visit("/?competition=no+such+cup")
        wait_for(lambda: "No match like that." in self.text("#lobby > .empty"), "there is none, and it says so")
        self.assertIn("No older matches.", self.said())
        self.visit("/?status=live")
        self.assertEqual((len(self.shown("in-play")), self.has_button()), (3, False))

    def test_a_search_finds_what_is_old(self):
        self.visit()
        field = self.all("#lobby input")[0]
        field.send_keys("oldtim")
        wait_for(lambda: self.shown() == [self.by_home["Oldtimers"]], "it is found")
        self.assertEqual(self.script("return document.activeElement.type"), "search", "the focus stays where somebody types")
        field.send_keys("xyz")
        wait_for(lambda: "No match like that." in self.text("#lobby > .empty"), "there is none, and it says so")
        field.clear()
        field.send_keys("away 42")
        wait_for(lambda: len(self.shown()) == 11, "those of the scoreboard are found: 342, and 420 to 429")
        self.assertEqual(self.text(".older .more"), "Search older matches")
        field.send_keys(Keys.ENTER)
        wait_for(lambda: self.by_home["Home 242"] in self.shown(), "with Enter an older one is")
        self.read_all()
        self.assertEqual({self.by_home["Home 42"], self.by_home["Home 142"]} - set(self.shown()), set())

    def test_what_comes_meanwhile_is_neither_lost_nor_doubled(self):
        self.visit()
        self.press()
        first = self.shown()
        live, old = self.by_home[f"Home {OVER + 1}"], first[-1]
        self.script("document.querySelector(`[data-match='${arguments[0]}'] a`).focus()", old)
        self.stack.sql(f"UPDATE commentary.match SET home_score = 77 WHERE match_id = {old}")
        wait_for(lambda: "77" in self.text(f"[data-match='{old}']"), "an old match is shown as it is now")
        self.assertEqual(self.focused(), old)
        self.script("document.querySelector(`[data-match='${arguments[0]}'] a`).focus()", live)
        self.stack.stop_relay()
        self.stack.sql(f"UPDATE commentary.match SET status = 'finished' WHERE match_id = {live}")
        self.stack.start_relay()
        wait_for(lambda: live in self.shown(), "it is over now")
        self.assertEqual(self.focused(), live, "the focus goes with it")
        self.assertEqual(sorted(self.shown()), sorted([*first, live]))
        self.read_all()
        self.assertEqual(sorted(self.shown()), sorted([*self.over, live]))
        self.stack.sql(f"UPDATE commentary.match SET status = 'live' WHERE match_id = {live}")
        wait_for(lambda: live in self.shown("in-play"), "it goes on again")

    def test_a_lost_network_is_said_and_reading_goes_on(self):
        self.need_chromium("lose its network")
        self.visit()
        self.press()
        count = len(self.shown())
        self.driver.execute_cdp_cmd("Network.enable", {})
        conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": True, **conditions})
        self.press()
        wait_for(lambda: self.said() == "Older matches could not be loaded.", "it says so")
        self.assertEqual((self.text(".older .more"), self.focused(), len(self.shown())), ("Try again", "more", count))
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **conditions})
        self.read_all()
        self.assertEqual(sorted(self.shown()), sorted(self.over))

    def test_what_a_relay_refuses_is_said(self):
        self.visit_answered()
        for refusal in ((REFUSED, "unavailable", 503), (REFUSED, "http", 429), (NONSENSE,)):
            self.script(*refusal)
            self.press()
            self.assertEqual((self.said(), self.text(".older .more")), ("Older matches could not be loaded.", "Try again"), refusal)
        self.script("window.answer = null")
        self.press()
        self.assertEqual(len(self.shown()), 2 * LISTED)
        for refusal in ((REFUSED, "unsupported", 501), (SCOREBOARD,)):
            self.visit_answered()
            self.script(*refusal)
            self.press()
            self.assertIn("Older matches cannot be listed here.", self.text(".older"), refusal)
            self.assertEqual((self.has_button(), len(self.shown())), (False, LISTED), refusal)

    def test_going_back_finds_the_list_as_it_was(self):
        self.visit()
        self.press()
        shown = self.shown()
        card = f"#lobby [data-match='{shown[-1]}'] a"
        self.all(card)[0].send_keys(Keys.ENTER)
        wait_for(lambda: self.script("return document.activeElement.id") == "match", "the focus is at the match")
        self.driver.back()
        wait_for(lambda: self.focused() == shown[-1], "and again at its card")
        self.assertEqual(self.shown(), shown)
        self.script("document.querySelector('[data-group=over] h3 a').click()")
        wait_for(lambda: self.script("return new URL(location).searchParams.has('competition')"), "a competition is chosen")
        wait_for(lambda: 0 < len(self.shown()) < len(shown), "and shown")
        self.driver.back()
        wait_for(lambda: self.shown() == shown, "all are there again")
        self.driver.forward()
        wait_for(lambda: 0 < len(self.shown()) < len(shown), "and the competition")

    def test_beside_a_match_the_list_stays_as_it_was_chosen(self):
        self.driver.set_window_size(1280, 900)
        self.visit(f"/?competition={SHIELD.replace(' ', '+')}")
        wait_for(lambda: len(self.shown()) == 20, "it has all")
        self.all(f"#lobby [data-match='{self.by_home['Oldtimers']}'] a")[0].send_keys(Keys.ENTER)
        wait_for(lambda: "Oldtimers" in self.text("#scoreboard"), "the match is on show")
        self.assertEqual((self.focused(), len(self.shown())), (self.by_home["Oldtimers"], 20))
        self.click("#lobby .filtered a")
        wait_for(lambda: len(self.shown()) == LISTED, "until all are asked for")

    def test_no_more_are_kept_than_so_many(self):
        self.visit_answered()
        self.script(ENDLESS)
        self.read_all()
        self.assertEqual(len(self.shown()), LISTED + 2000)
        self.assertIn("To find matches still older, search, or choose a competition.", self.text(".older"))
        self.assertEqual(self.script("return asked.length"), 20)

    def test_a_document_is_the_same_whatever_is_asked_for(self):
        """Without JavaScript there is nothing to read on with."""
        documents = set()
        for query in "", "?status=abandoned", "?competition=x&q=y":
            with urllib.request.urlopen(f"{self.stack.url}/{query}") as answer:
                documents.add(answer.read())
        self.assertEqual(len(documents), 1)
        self.assertNotIn(b"older", documents.pop())

    def test_how_it_looks(self):
        self.need_chromium("have the size of a phone")
        self.visit()
        self.press()
        self.look("older", place=".older")
        self.visit("/?lang=fr&status=abandoned")
        wait_for(lambda: len(self.shown()) == ABANDONED, "it has all")
        wait_for(self.is_idle, "it has read on")
        self.look("older-french", widths=(320,), checked=((320, "light"),), place=".older")
        self.visit(f"/?lang=ar&competition={SHIELD.replace(' ', '+')}&status=finished")
        wait_for(lambda: len(self.shown()) == 20, "it has all")
        self.look("older-arabic", widths=(320,), checked=((320, "light"),))
        self.visit_answered("/?lang=de")
        self.script(*(REFUSED, "unavailable", 503))
        self.press()
        self.look("older-german", widths=(320,), checked=((320, "dark"),), place=".older")

    def test_it_speaks_the_language_of_its_reader(self):
        for language, words in (("de", ("Mehr Spiele zeigen", "Beendet")), ("es", ("Mostrar más partidos", "Terminado")),
                                ("fr", ("Afficher plus de matchs", "Terminé")), ("ar", ("عرض المزيد من المباريات", "انتهت"))):
            self.visit(f"/?lang={language}&status=finished")
            self.assertEqual((self.text(".older .more"), self.text(".filtered bdi")), words)

    def test_on_the_smallest_phone_the_top_is_in_one_line_and_nothing_is_cut(self):
        self.need_chromium("have the size of a phone")
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": 320, "height": 900, "deviceScaleFactor": 1, "mobile": True})
        self.visit()
        wait_for(lambda: self.script("return document.getElementById('connection').dataset.state") == "live", "it is connected")
        middles, is_cut = self.script("""
            const middle = (e) => { const { top, bottom } = e.getBoundingClientRect(); return (top + bottom) / 2; };
            const select = document.getElementById('language'), wide = select.cloneNode(true);
            wide.style.maxWidth = 'none';
            select.after(wide);
            const isCut = wide.offsetWidth > select.offsetWidth;
            wide.remove();
            return [['.brand', '#theme', '#language', '#connection'].map((e) => middle(document.querySelector(e))), isCut];""")
        self.assertLess(max(middles) - min(middles), 4, middles)
        self.assertFalse(is_cut, "the name of the language is cut")


if __name__ == "__main__":
    run(PageOlder)
