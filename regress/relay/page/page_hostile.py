#!/usr/bin/python3
"""The page and texts that the extension would refuse today: older logs may hold them.

A script in the page stands for the relay's end of the WebSocket, so that any text gets there.
"""
import json

from support.base.case import run
from support.base.stack import wait_for
from support.browser.page import Page

MATCH = 7
MARKUP = "<img src=x onerror='pwned=1'><script>pwned=1</script><b>bold</b>&lt;&amp;</p><iframe src=//x>"
HOSTILE = {
    "markup": MARKUP,
    "override": "\u202eesrever \u202d\u202a\u2067\u2066 never closed",
    "closes what it did not open": "\u202c\u2069\u2069\u2069\u202c after \u202e",
    "right to left": "\u05d4\u05e4\u05d5\u05e2\u05dc 3 - 2 \u0645\u0631\u062d\u0628\u0627",
    "controls": "\x01\x07\x1b[31m\x7f\x80\x85\x9b\x9f end",
    "lines": "one\r\ntwo\u2028three\u2029four\u0085five",
    "invisible": "\u200b\u200d\ufeff\u2060\u00ad\U000e0041",
    "long": "W" * 8000,
    "marks": "a" + "\u0301\u0316" * 2000,
    "address": "javascript:pwned=1",
    "member of every object": "__proto__",
}

# Answers a subscribe as the relay does; window.wire.say(message) says more.
WIRE = """
window.WebSocket = class {
    readyState = 1;
    constructor() {
        window.wire = this;
        setTimeout(() => this.say({type: 'welcome', protocol: 'commentary.v1', live: true}));
    }
    say(message) { this.onmessage({data: JSON.stringify(message)}); }
    send(text) {
        const {type, match} = JSON.parse(text);
        const {state, entries} = %s;
        if (type !== 'subscribe')
            return;
        const isLobby = match === 'lobby';
        this.say({type: 'subscribed', match, epoch: 'e', head: isLobby ? 1 : entries.length,
            recovered: false, state: isLobby ? [state] : state});
        for (const entry of isLobby ? [] : entries)
            this.say(entry);
    }
    close() {}
};
"""

# Of each text in the page that holds a given character: how its element treats directions.
BIDI = """
const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode())
    if (/[\\u202a-\\u202e\\u2066-\\u2069\\u0590-\\u07ff]/.test(walk.currentNode.data))
        found.push(getComputedStyle(walk.currentNode.parentElement).unicodeBidi);
return found;
"""


def entry(seq, text):
    return {"type": "commentary", "match": MATCH, "seq": seq, "op": "insert", "kind": "free_kick",
            "period": 1, "minute": 12, "actor": text, "team": text, "message": text,
            "metadata": {text: text}}


class PageHostile(Page):
    relay_options = ()

    def show(self, text, width=1000):
        state = {"match": MATCH, "sport": text, "home": text, "away": text, "status": "live",
                 "home_score": 2, "away_score": 1}
        script = WIRE % json.dumps({"state": state, "entries": [entry(1, text), entry(2, text)]})
        self.driver.set_window_size(width, 900)
        self.driver.get("about:blank")
        with self.beginning_with(script):
            self.open(f"match={MATCH}")
            wait_for(lambda: len(self.shown()) == 2, "the page shows the entries")
        self.driver.execute_script("wire.say(arguments[0])", entry(3, text))  # it is announced
        wait_for(lambda: len(self.shown()) == 3, "the page shows what is new")

    def texts(self, selector):
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector)

    def test_every_text_is_shown_as_it_is(self):
        for name, text in HOSTILE.items():
            with self.subTest(name):
                self.show(text)
                for selector in ("[data-seq] .message", "[data-seq] .actor", "[data-seq] .team"):
                    self.assertEqual(self.texts(selector), [text] * 3, selector)
                self.assertEqual(self.texts("#scoreboard .name"), [text] * 2)
                self.assertEqual(self.texts("#lobby .name"), [text] * 2)
                self.assertEqual(self.texts("#announcer p"), [f"12' Free kick. {text}"])

    def test_nothing_of_it_runs_or_becomes_an_element(self):
        for name in ("markup", "address"):
            self.show(HOSTILE[name])
            self.assertEqual(self.texts("body script, body img, body iframe, b:not(.kind)"), [])
            self.assertTrue(self.driver.execute_script("return window.pwned === undefined"))

    def test_its_direction_stays_its_own(self):
        for name in ("override", "closes what it did not open", "right to left"):
            with self.subTest(name):
                self.show(HOSTILE[name])
                found = self.driver.execute_script(BIDI)
                self.assertGreaterEqual(len(found), 14)
                self.assertEqual({"isolate"}, set(found))
                self.assertNotRegex(self.driver.title.replace("\u2068", "", 2).replace("\u2069", "", 2),
                                    "[\u202a-\u202e\u2066-\u2069]")
                self.assertIn(" 2 – 1 ", self.driver.title)

    def test_it_takes_no_room_from_the_others(self):
        for width in (400, 1000):
            for name in ("long", "marks", "lines"):
                with self.subTest(name, width=width):
                    self.show(HOSTILE[name], width)
                    overflow, board, window = self.driver.execute_script(
                        "const page = document.documentElement;"
                        "return [page.scrollWidth - page.clientWidth,"
                        " document.querySelector('#scoreboard').offsetHeight, innerHeight]")
                    self.assertLessEqual(overflow, 0)
                    self.assertLess(board, window / 3)
                    self.assertLess(len(self.driver.title), 300)


if __name__ == "__main__":
    run(PageHostile)
