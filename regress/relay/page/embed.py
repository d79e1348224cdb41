#!/usr/bin/python3
"""Pages of other sites: what they may load from the relay, in a real browser and under a strict policy."""
import urllib.request

from support.base.case import run
from support.base.signing import SigningKey
from support.base.stack import LONG_S, wait_for
from support.browser.page import Page
from support.browser.site import Site
from support.fault.blocking_proxy import BlockingProxy

SCRIPT = """
const { Commentary, Timeline } = await import('{relay}/commentary.js').catch((error) => {
    document.title = 'refused';
    throw error;
});
const timeline = new Timeline();
const commentary = new Commentary('ws://{host}/ws/');
commentary.on('entry', ({ entry }) => {
    timeline.apply(entry);
    document.title = timeline.entries.map(({ message }) => message).join(' ');
});
commentary.follow(MATCH, { history: 5 });
commentary.connect();
"""


ELEMENT = ('<!doctype html><title>-</title>'
           '<script type="module" src="{relay}/live-commentary.js"></script>'
           '<live-commentary match="{match}"></live-commentary>')
FRAME = '<!doctype html><title>-</title><iframe src="{relay}/embed/{match}?history=5" title="Live"></iframe>'
# A page that has a token for its element, or for its frame.
WITH_TOKEN = '<!doctype html><title>-</title>{body}<script type="module" src="token.js"></script>'
GIVE_TOKEN = """
const relay = '{relay}', token = () => fetch('/token').then((answer) => answer.text());
const view = document.querySelector('live-commentary');
if (view) {
    view.token = token;                 // before the module that knows the element
    await import(relay + '/live-commentary.js');
}
addEventListener('message', async ({ origin, source, data }) => {
    if (origin === relay && data.type === 'commentary-token-wanted')
        source.postMessage({ type: 'commentary-token', token: await token() }, relay);
});
"""


class Embed(Page):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        host = f"127.0.0.1:{cls.stack.relay_port}"
        policy = (f"default-src 'none'; script-src 'self' {cls.stack.url}; frame-src {cls.stack.url};"
                  f" connect-src 'self' {cls.stack.url} ws://{host}; require-trusted-types-for 'script'")
        cls.match = cls.stack.create_match("live")
        script = SCRIPT.replace("{relay}", cls.stack.url).replace("{host}", host)
        cls.pages = {
            "/module": ("text/html", "<!doctype html><title>-</title><script type=module src=module.js></script>"),
            "/element": ("text/html", cls.fill(ELEMENT)),
            "/frame": ("text/html", cls.fill(FRAME)),
            "/element-token": ("text/html", cls.fill(WITH_TOKEN.replace("{body}", ELEMENT.split("</script>")[1]))),
            "/frame-token": ("text/html", cls.fill(WITH_TOKEN.replace("{body}", FRAME.split("</title>")[1]))),
            "/7.svg": ("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="18"/>'),
            "/token.js": ("text/javascript", cls.fill(GIVE_TOKEN)),
            "/module.js": ("text/javascript", script.replace("MATCH", str(cls.match))),
        }
        cls.site = Site(cls.pages, policy)      # its origin is on the relay's list
        cls.other = Site(cls.pages, policy)     # this one's is not
        for site in cls.site, cls.other:
            cls.addClassCleanup(site.close)
        cls.options = ("--origins", f"https://example.org {cls.site.origin}", "--images", cls.site.origin)
        cls.stack.start_relay(*cls.options)
        cls.stack.sql(f"SELECT commentary.post({cls.match}, 'for everybody')")

    @classmethod
    def fill(cls, text):
        return text.replace("{relay}", cls.stack.url).replace("{match}", str(cls.match))

    def require_tokens(self):
        """Of the relay; the page of the site gives a good one."""
        key = SigningKey()
        file_name = f"{self.stack.dir}/token-key"
        with open(file_name, "wb") as file:
            file.write(key.public_pem)
        self.pages["/token"] = ("text/plain", key.token([self.match]))
        self.stack.stop_relay()
        self.stack.start_relay(*self.options, "--token-key", file_name)
        self.addCleanup(self.stack.start_relay, *self.options)
        self.addCleanup(self.stack.stop_relay)

    def in_element(self):
        """What the element shows, in the page or frame that has the focus of the driver."""
        return self.driver.execute_script(
            "const view = document.querySelector('live-commentary');"
            "return view?.shadowRoot ? [...view.shadowRoot.querySelectorAll('[data-seq] .message')]"
            ".map((node) => node.textContent) : []")

    def await_element(self, text):
        wait_for(lambda: text in self.in_element(), f"the element shows {text!r}")

    def open_frame(self, url):
        self.driver.switch_to.default_content()
        self.driver.get(url)
        self.driver.switch_to.frame(self.all("iframe")[0])
        self.addCleanup(self.driver.switch_to.default_content)

    def post(self, text, kind="comment"):
        self.stack.sql(f"SELECT commentary.post({self.match}, '{text}', kind => '{kind}')")

    def await_title(self, text):
        wait_for(lambda: text in self.driver.title, f"the page says {text!r}")

    def ask(self, path, origin=None, method="GET", **headers):
        """The headers of the answer."""
        request = urllib.request.Request(f"{self.stack.url}{path}", method=method, headers=headers)
        if origin:
            request.add_header("Origin", origin)
        with urllib.request.urlopen(request, timeout=LONG_S) as answer:
            return answer.headers

    def test_a_page_of_the_list_imports_the_client(self):
        self.driver.get(f"{self.site.origin}/module")
        self.await_title("for everybody")

    def test_a_network_without_websockets_shows_what_is_public(self):
        """By itself, and in the frame of a site that has no token to give."""
        with BlockingProxy.beside(self.stack.relay_port, {"/ws": "refused"}) as proxy:
            relay = f"http://127.0.0.1:{proxy.port}"
            self.driver.get(f"{relay}/embed/{self.match}?history=50")
            self.await_element("for everybody")
            self.pages["/frame-blocked"] = ("text/html", self.fill(FRAME).replace(self.stack.url, relay))
            self.addCleanup(setattr, self.site, "policy", self.site.policy)
            self.site.policy = self.site.policy.replace("frame-src", f"frame-src {relay}")
            self.open_frame(f"{self.site.origin}/frame-blocked")
            self.await_element("for everybody")
            self.driver.switch_to.default_content()
            self.driver.get("about:blank")

    def test_one_line_shows_a_match(self):
        self.driver.get(f"{self.site.origin}/element")
        self.await_element("for everybody")
        self.post("<b>as it happens</b>", "goal")
        self.await_element("<b>as it happens</b>")
        # It looks as it should under this policy, and can be themed from outside.
        look = lambda: self.driver.execute_script(
            "const view = document.querySelector('live-commentary'), line = view.shadowRoot.querySelector('li');"
            "return [getComputedStyle(line).display, getComputedStyle(view).color, line.part.value]")
        self.assertEqual(look()[0], "grid")
        self.assertIn("entry", look()[2])
        self.driver.execute_script(
            "document.querySelector('live-commentary').style.setProperty('--commentary-color', 'rgb(1, 2, 3)')")
        self.assertEqual(look()[1], "rgb(1, 2, 3)")
        self.driver.execute_script("document.querySelector('live-commentary').setAttribute('key-events', '')")
        wait_for(lambda: "for everybody" not in self.in_element() and "<b>as it happens</b>" in self.in_element(),
                 "only key events are left")
        self.driver.execute_script("document.querySelector('live-commentary').setAttribute('match', '0')")
        wait_for(lambda: not self.in_element(), "there is no match 0")

    def post_images(self):
        """A match with a line that has an image, one with an image from elsewhere, and a card."""
        match = self.stack.create_match("live")
        for message, metadata in (
                ("shown", f'{{"image": {{"url": "{self.site.origin}/7.svg", "alt": "The goal"}}}}'),
                ("not shown", f'{{"image": "{self.other.origin}/7.svg"}}'),
                ("a card", f'{{"card": {{"url": "https://news.example/7", "title": "Report", "image": "{self.site.origin}/7.svg"}}}}'),
                ("no card", '{"card": {"url": "javascript:alert(1)", "title": "Report"}, "image": "data:image/png;base64,AA"}')):
            self.stack.sql(f"SELECT commentary.post({match}, '{message}', metadata => '{metadata}')")
        self.stack.sql("SELECT commentary.flush()")
        return match

    def test_images_come_from_the_origins_of_the_list(self):
        match = self.post_images()
        self.driver.get(f"{self.stack.url}/match/{match}")
        images = lambda: self.driver.execute_script(
            "return [...document.querySelectorAll('#timeline img')].map((image) => [image.src, image.alt, image.loading,"
            " image.complete && image.naturalWidth > 0 && Math.abs(image.offsetWidth * 9 - image.offsetHeight * 16) < 32])")
        url = f"{self.site.origin}/7.svg"
        self.await_text("no card")
        wait_for(lambda: sorted(images()) == [[url, "", "lazy", True], [url, "The goal", "lazy", True]], "two images are there")
        self.assertEqual(self.driver.execute_script("return [...document.querySelectorAll('#timeline a.linked')].map(a => a.href)"),
                         ["https://news.example/7"])
        self.assertFalse([path for path in self.other.asked if path == "/7.svg"])
        policy = self.ask(f"/match/{match}")["Content-Security-Policy"]
        self.assertTrue(policy.endswith(f"; img-src 'self' {self.site.origin}"), policy)
        self.driver.execute_script("const image = new Image(); image.src = arguments[0] + '/7.svg';"
                                   "window.refused = new Promise((done) => { image.onerror = () => done(true); image.onload = () => done(false); })",
                                   self.other.origin)
        self.assertTrue(self.driver.execute_async_script("window.refused.then(arguments[0])"), "the browser holds to the policy")
        self.driver.get(f"{self.stack.url}/embed/{match}")
        in_frame = lambda: self.driver.execute_script(
            "return [...document.querySelector('live-commentary')?.shadowRoot?.querySelectorAll('img') ?? []].map(image => image.src)")
        wait_for(lambda: in_frame() == [url, url], "the frame shows them, too")

    def test_it_speaks_other_languages(self):
        """Each element its own, also under this policy; and the commentary that the match has in it."""
        german = int(self.stack.sql(f"SELECT commentary.create_match(lang => 'de', translation_of => {self.match})"))
        self.stack.sql(f"SELECT commentary.post({german}, 'Tor!', kind => 'goal')")
        self.driver.get(f"{self.site.origin}/element")
        self.await_element("for everybody")
        self.driver.execute_script("document.body.insertAdjacentElement('beforeend',"
                                   " document.createElement('live-commentary')).setAttribute('match', arguments[0]);"
                                   "document.querySelectorAll('live-commentary')[1].lang = 'ar';"
                                   "document.querySelector('live-commentary').setAttribute('lang', 'de')", str(self.match))
        self.await_element("Tor!")
        texts = lambda: self.driver.execute_script(
            "return [...document.querySelectorAll('live-commentary')].map((view) => [view.shadowRoot.querySelector('section').getAttribute('aria-label'),"
            " view.shadowRoot.querySelector('.kind')?.textContent ?? '', getComputedStyle(view.shadowRoot.querySelector('ol')).direction])")
        wait_for(lambda: texts()[0] == ["Live-Kommentar", "Tor", "ltr"], "one is in German")
        wait_for(lambda: texts()[1][0] == "\u062a\u0639\u0644\u064a\u0642 \u0645\u0628\u0627\u0634\u0631"
                 and texts()[1][2] == "rtl", "the other is in Arabic")

    # Counts the sockets of what comes from now on.
    COUNTED = ("window.sockets = []; window.WebSocket = class extends WebSocket {"
               " constructor(...values) { super(...values); sockets.push(this); } };")
    OPEN = "return [sockets.length, sockets.filter(({ readyState }) => readyState < 2).length]"

    def test_elements_come_move_change_and_go(self):
        """Two on a page, one of them in the shadow of another component."""
        other = int(self.stack.sql("SELECT commentary.create_match('Rovers', 'City', status => 'live')"))
        self.stack.sql(f"SELECT commentary.post({other}, 'of the other match')")
        self.driver.get(f"{self.site.origin}/element")
        self.await_element("for everybody")
        self.driver.execute_script(
            self.COUNTED + "const host = document.createElement('div'), view = document.createElement('live-commentary');"
            "view.setAttribute('match', arguments[0]); host.attachShadow({ mode: 'open' }).append(view);"
            "document.body.append(host); window.second = view;"
            "window.shown = () => [...view.shadowRoot.querySelectorAll('.message')].map((e) => e.textContent)", str(self.match))
        shown = lambda: self.driver.execute_script("return shown()")
        opened = lambda: self.driver.execute_script(self.OPEN)
        wait_for(lambda: "for everybody" in shown(), "the one in the shadow shows the match, too")
        self.assertEqual(opened(), [1, 1])
        self.driver.execute_script("document.body.prepend(second)")
        self.post("after the move")
        wait_for(lambda: "after the move" in shown(), "it goes on")
        self.assertEqual(opened(), [1, 1], "on the same connection")
        self.driver.execute_script("second.setAttribute('match', arguments[0]); second.setAttribute('history', '5')", str(other))
        wait_for(lambda: shown() == ["of the other match"], "it shows the other match")
        self.assertEqual(opened(), [2, 1], "the first connection is closed, and one was opened")
        self.driver.execute_script("second.remove()")
        wait_for(lambda: opened() == [2, 0], "its connection is closed")
        self.assertIn("after the move", self.in_element(), "the first element does not mind")

    def test_a_fresh_start_keeps_the_rows(self):
        self.driver.get(f"{self.site.origin}/element")
        self.await_element("for everybody")
        self.driver.execute_script("window.row = document.querySelector('live-commentary').shadowRoot.querySelector('[data-seq]')")
        self.stack.stop_relay()
        self.stack.sql("SELECT commentary.begin_epoch(afresh => true)")
        self.stack.start_relay(*self.options)
        self.post("in another epoch")
        self.await_element("in another epoch")
        self.assertTrue(self.driver.execute_script("return window.row.isConnected"), "it was built anew")

    def test_one_line_frames_a_match(self):
        self.open_frame(f"{self.site.origin}/frame")
        self.await_element("for everybody")
        for path in "/", "/index.html", "/embed.html":
            self.assertRegex(self.ask(path)["Content-Security-Policy"], "frame-ancestors 'self'(;|$)", path)

    def test_a_page_of_another_site_has_no_frame(self):
        self.open_frame(f"{self.other.origin}/frame")
        self.assertEqual(self.all("script[src*='embed'], live-commentary"), [])     # the browser's own words
        self.open_frame(f"{self.site.origin}/frame")
        self.assertNotEqual(self.all("script[src*='embed']"), [])

    def test_a_token_reaches_element_and_frame(self):
        self.require_tokens()
        self.driver.get(f"{self.site.origin}/element-token")
        self.await_element("for everybody")
        self.open_frame(f"{self.site.origin}/frame-token")
        self.await_element("for everybody")
        self.assertFalse(any("token=" in path for path in self.site.asked))

    def test_a_token_from_elsewhere_is_not_taken(self):
        """Nor is one in an attribute or an address."""
        self.require_tokens()
        token = self.pages["/token"][1]
        self.open_frame(f"{self.site.origin}/frame")        # this page gives none
        wait_for(lambda: self.driver.execute_script("return document.querySelector('live-commentary') !== null"),
                 "the frame is there")
        self.driver.execute_script("postMessage({ type: 'commentary-token', token: arguments[0] }, '*')", token)
        for attribute, value in ("token", token), ("src", f"{self.stack.url}/?token={token}"):
            self.driver.execute_script(
                "document.querySelector('live-commentary').setAttribute(...arguments)", attribute, value)
            wait_for(lambda: "token is no" in self.driver.execute_script(
                "return document.querySelector('live-commentary').shadowRoot.textContent"), f"{attribute} is refused")
            self.driver.execute_script("document.querySelector('live-commentary').removeAttribute('token')")
        self.assertEqual(self.in_element(), [])

    def test_a_page_of_another_site_does_not(self):
        self.driver.get(f"{self.other.origin}/module")
        self.await_title("refused")

    def test_modules_say_who_may_read_them(self):
        for path in "/commentary.js", "/client/cursor.js":
            headers = self.ask(path, self.site.origin)
            self.assertEqual(headers["Access-Control-Allow-Origin"], self.site.origin, path)
            self.assertEqual(headers["Cross-Origin-Resource-Policy"], "cross-origin", path)
            self.assertIn("origin", headers.get_all("Vary"), path)
            headers = self.ask(path, self.other.origin)
            self.assertIsNone(headers["Access-Control-Allow-Origin"], path)
            self.assertIn("origin", headers.get_all("Vary"), path)
        for path in "/", "/style.css":
            self.assertIsNone(self.ask(path, self.site.origin)["Cross-Origin-Resource-Policy"], path)

    def test_what_libraries_send_is_allowed(self):
        """A browser asks first; then the answer can be read."""
        self.driver.get(f"{self.site.origin}/module")
        for path, kind in ((f"/matches/{self.match}", "json"), (f"/matches/{self.match}/events", "stream")):
            status = self.driver.execute_async_script(
                "const [url, done] = arguments; const stop = new AbortController();"
                "fetch(url, { cache: 'no-store', signal: stop.signal, headers: { 'Cache-Control': 'no-cache',"
                " 'Last-Event-ID': 'x:0', 'X-Requested-With': 'XMLHttpRequest', 'Content-Type': 'application/json',"
                " 'Authorization': 'Bearer x', 'traceparent': '00-0-0-00' } })"
                ".then((answer) => { done(answer.status); stop.abort(); }, (error) => done(String(error)))",
                f"{self.stack.url}{path}")
            self.assertEqual(status, 200, kind)


if __name__ == "__main__":
    run(Embed)
