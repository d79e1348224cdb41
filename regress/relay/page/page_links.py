#!/usr/bin/python3
"""Links to matches: /match/7 says something without JavaScript, to crawlers and to chats, and the page
goes on from there; nothing that others wrote gets out of its place."""
import html.parser
import json
import re
import urllib.error
import urllib.request

from support.base.case import run
from support.base.signing import SigningKey
from support.base.stack import LONG_S, wait_for
from support.browser.page import Page

HOSTILE = "\"><img src=x onerror=alert(1)></title></script><script>window.pwned=1</script><!-- &lt;"


class Elements(html.parser.HTMLParser):
    """The elements of a document, and the texts in them."""

    def __init__(self, document):
        super().__init__()
        self.tags, self.texts, self.metas, self.open = [], {}, {}, []
        self.feed(document)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.open.append(attrs.get("type", tag) if tag == "script" else tag)
        if tag == "meta":
            self.metas[attrs.get("name") or attrs.get("property")] = attrs.get("content")
            self.open.pop()
        elif tag in ("link", "input"):
            self.open.pop()

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data


class PageLinks(Page):
    relay_options = ()

    def get(self, path, **headers):
        request = urllib.request.Request(f"{self.stack.url}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=LONG_S) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read().decode()

    def document(self, match):
        """Its elements, as soon as it tells of the newest entry."""
        head = self.stack.head(match)
        return Elements(wait_for(lambda: next((page for status, _, page in [self.get(f"/match/{match}")]
                                               if f'"head":{head},' in page), None),
                                 f"the document of match {match} is at entry {head}"))

    def create(self, **members):
        given = {"home": "Rovers", "away": "City", "status": "live", **members}
        arguments = ", ".join(f"{name} => $t${value}$t$" for name, value in given.items())
        return int(self.stack.sql(f"SELECT commentary.create_match({arguments})"))

    def post(self, match, message):
        """Returns its seq."""
        self.stack.sql(f"SELECT commentary.post({match}, $t${message}$t$, minute => 12)")
        self.flush()
        return self.stack.head(match)

    def flush(self):
        self.stack.sql("SELECT commentary.flush()")

    def visit(self, path):
        self.driver.get("about:blank")
        self.driver.get(f"{self.stack.url}{path}")

    def test_the_document_says_what_goes_on(self):
        match = self.create(competition="Coast Cup")
        for i in range(25):
            self.post(match, f"line {i}")
        page = self.document(match)
        self.assertEqual(page.texts["title"], "Rovers – City")
        self.assertEqual(page.metas["og:title"], "Rovers – City")
        self.assertEqual(page.metas["description"], "Coast Cup · Live · line 24")
        lines = [attrs["id"] for tag, attrs in page.tags if tag == "li"]
        self.assertEqual(len(lines), 20)
        linked = json.loads(page.texts["application/ld+json"])
        self.assertEqual(linked["@type"], "LiveBlogPosting")
        self.assertEqual(linked["about"]["homeTeam"]["name"], "Rovers")
        self.assertEqual(len(linked["liveBlogUpdate"]), 20)
        first = json.loads(page.texts["application/json"])
        self.assertEqual(first["entries"][-1]["message"], "line 24")
        self.assertEqual(first["state"]["competition"], "Coast Cup")

    def test_a_withdrawn_line_is_not_said(self):
        match = self.create()
        seq = self.post(match, "a goal that was none")
        self.post(match, "it goes on")
        self.stack.sql(f"SELECT commentary.retract({match}, {seq}, 'offside')")
        self.flush()
        page = self.document(match)
        self.assertIn("it goes on", page.texts["span"])
        self.assertNotIn("a goal that was none", page.texts["span"])
        self.assertNotIn("a goal that was none", page.texts["application/ld+json"])

    def test_what_others_wrote_stays_text(self):
        match = self.create(home=HOSTILE, away="\u05d4\u05e4\u05d5\u05e2\u05dc", competition=HOSTILE)
        self.post(match, HOSTILE)
        page = self.document(match)
        self.assertEqual({tag for tag, _ in page.tags} & {"img"}, set())
        scripts = [attrs.get("type") for tag, attrs in page.tags if tag == "script"]
        self.assertEqual(sorted(scripts), ["application/json", "application/ld+json", "module"])
        self.visit(f"/match/{match}")
        self.await_text("window.pwned=1")
        self.assertEqual(self.driver.execute_script(
            "return [window.pwned ?? null, document.querySelectorAll('body img').length]"), [None, 0])

    def test_it_is_shared_and_told_apart(self):
        match = self.create()
        self.post(match, "one")
        self.document(match)
        status, headers, page = self.get(f"/match/{match}?utm_source=x")
        self.assertEqual(status, 200)
        self.assertIn("text/html", headers["content-type"])
        self.assertIn("default-src 'self'", headers["content-security-policy"])
        self.assertNotIn("unsafe", headers["content-security-policy"])
        self.assertNotIn("access-control-allow-origin", headers)
        self.assertEqual(self.get(f"/match/{match}")[2], page)
        self.assertEqual(self.get(f"/match/{match}", **{"If-None-Match": headers["etag"]})[0], 304)
        self.assertNotEqual(self.get(f"/matches/{match}")[1]["etag"], headers["etag"])
        self.post(match, "two")
        self.document(match)
        self.assertEqual(self.get(f"/match/{match}", **{"If-None-Match": headers["etag"]})[0], 200)

    def test_what_there_is_not_has_a_page_as_well(self):
        for path in ("/match/999999", "/match/0", "/match/x", "/match/99999999999999999999"):
            status, headers, page = self.get(path)
            self.assertEqual((status, headers["content-type"]), (404, "text/html; charset=utf-8"), path)
            self.assertIn("No such match", page)
            self.assertRegex(page, r'src="\.\./page(-\w+)?\.js"')
        match = self.create()
        self.assertIn(f"/match/{match}", urllib.request.urlopen(f"{self.stack.url}/match/{match}/").url)

    def test_every_form_of_the_address_opens_the_match(self):
        match, other = self.create(), self.create()
        self.post(match, "here it is")
        self.post(other, "elsewhere")
        for path in (f"/match/{match}", f"/match/{match}?utm_source=x", f"/match/{match}#seq-2",
                     f"/#match={match}", f"/#match={match}&utm_source=x", f"/index.html#match={match}"):
            self.visit(path)
            self.await_text("here it is")
            self.assertFalse(self.all("#first, #first-entries"), "the plain list is gone")

    def test_going_from_match_to_match_loads_nothing_anew(self):
        match = self.create()
        self.post(match, "here it is")
        self.driver.set_window_size(390, 900)
        self.visit("/?x=y")
        self.driver.execute_script("window.isSame = true")
        card = f"#lobby [data-match='{match}'] a"
        wait_for(lambda: self.all(card), "the match is in the lobby")
        self.click(card)
        self.await_text("here it is")
        self.assertEqual(self.driver.current_url, f"{self.stack.url}/match/{match}")
        has_focus = lambda selector: self.driver.execute_script(
            "return document.activeElement.matches(arguments[0])", selector)
        wait_for(lambda: has_focus("#match"), "the focus is at the match")
        self.click(".back")
        wait_for(lambda: has_focus(card), "the focus is at its card")
        self.assertEqual(self.driver.current_url, f"{self.stack.url}/")
        self.driver.back()
        wait_for(lambda: self.driver.execute_script("return document.body.dataset.view") == "match", "back")
        self.assertTrue(self.driver.execute_script("return window.isSame"))
        self.driver.set_window_size(1000, 900)

    def test_a_link_can_be_shared(self):
        match = self.create()
        self.visit(f"/#match={match}&utm_source=x")
        wait_for(lambda: "Rovers" in self.driver.title, "the match is there")
        self.driver.execute_script("navigator.share = (what) => { window.shared = what; return Promise.resolve(); }")
        self.click("#share-button")
        shared = wait_for(lambda: self.driver.execute_script("return window.shared"), "it is shared")
        self.assertEqual(shared["url"], f"{self.stack.url}/match/{match}")
        self.assertIn("Rovers", shared["title"])
        self.driver.execute_script("delete navigator.share; navigator.share = undefined;"
                                   "Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        self.click("#share-button")
        field = self.all("#share-address")[0]
        wait_for(field.is_displayed, "the address is shown")
        self.assertEqual(field.get_attribute("value"), f"{self.stack.url}/match/{match}")

    def test_with_tokens_it_tells_nothing(self):
        match = self.create(home="Secret United")
        self.post(match, "nobody else's business")
        file_name = f"{self.stack.dir}/token-key"
        with open(file_name, "wb") as file:
            file.write(SigningKey().public_pem)
        self.stack.stop_relay()
        self.stack.start_relay("--token-key", file_name)
        pages = {self.get(f"/match/{number}")[::2] for number in (match, 999999)}
        self.stack.stop_relay()
        self.stack.start_relay()
        self.assertEqual(len(pages), 1, "nor whether there is such a match")
        status, page = pages.pop()
        self.assertEqual(status, 200)
        self.assertFalse(re.search("Secret|business|first-entries", page))


if __name__ == "__main__":
    run(PageLinks)
