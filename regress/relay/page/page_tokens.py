#!/usr/bin/python3
"""The page of a relay with --token-key, in a real browser: nothing is seen without a token, and the page
asks for one; from its address, from the form, and when the last one has expired."""
from support.base.case import run
from support.base.signing import SigningKey
from support.base.stack import wait_for
from support.browser.page import Page
from support.fault.blocking_proxy import BlockingProxy

LEEWAY_S = 10
HERE, THERE = "for those who may", "for those who may elsewhere"


class PageTokens(Page):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = SigningKey()
        file_name = f"{cls.stack.dir}/token-key"
        with open(file_name, "wb") as file:
            file.write(cls.key.public_pem)
        cls.match, cls.other = cls.stack.create_matches(2, "live")
        cls.post(cls.match, HERE)
        cls.post(cls.other, THERE)
        cls.stack.start_relay("--token-key", file_name, "--log-level", "debug")

    def setUp(self):
        """As a tab that has not been here."""
        self.driver.get(f"{self.stack.url}/livez")
        self.driver.execute_script("sessionStorage.clear()")

    @classmethod
    def post(cls, match, message):
        cls.stack.sql(f"SELECT commentary.post({match}, '{message}')")

    def show(self, match, token=None):
        self.open(f"match={match}" + (f"&token={token}" if token else ""))

    def go(self, fragment):
        """As a link that is opened where the page is already."""
        self.driver.execute_script("location.hash = arguments[0]", fragment)

    def await_reason(self, reason):
        """Why the form is there; None: it is not."""
        wait_for(lambda: self.driver.execute_script("return document.getElementById('token').dataset.reason")
                 == reason, f"the form is there because of {reason}")
        self.assertEqual(self.is_shown("#token-form"), reason is not None)
        self.assertEqual(self.one("#token-why").text != "", reason is not None)

    def await_note(self, text):
        wait_for(lambda: text in self.one("#timeline").text, f"the page says {text!r}")

    def one(self, selector):
        return self.all(selector)[0]

    def is_shown(self, selector):
        return self.one(selector).is_displayed()

    def has_focus(self, selector):
        return self.driver.switch_to.active_element == self.one(selector)

    def give(self, text):
        """Pastes it into the form."""
        self.one("#token-input").clear()
        self.one("#token-input").send_keys(text)
        self.click("#token-form button")

    def assert_nothing_is_seen(self):
        self.assertEqual(self.shown(), [])
        self.assertEqual(self.all("#lobby [data-match]"), [])
        self.assertFalse(self.is_shown("#columns"))
        self.assertNotIn(HERE, self.driver.page_source)

    def test_without_a_token_nothing_is_seen_and_the_form_is_there(self):
        self.show(self.match)
        self.await_reason("none")
        self.assertEqual(self.one("label[for='token-input']").text, "Your token")
        self.assertTrue(self.has_focus("#token-input"))
        self.assertEqual(self.one("#connection-text").text, "Waiting for a token")
        wait_for(lambda: not self.is_shown("#columns"), "there is nothing but the form")
        self.assert_nothing_is_seen()

        self.give(self.key.token())
        self.await_text(HERE)
        self.await_reason(None)
        self.assertTrue(self.has_focus("#columns"))
        self.assertEqual(self.one("#token-input").get_attribute("value"), "")
        wait_for(lambda: len(self.all("#lobby [data-match]")) == 2, "the lobby shows both")
        self.post(self.match, "as it happens")
        self.await_text("as it happens")

    def test_where_no_websocket_comes_through(self):
        with BlockingProxy.beside(self.stack.relay_port, {"/ws": "refused"}) as proxy:
            page = f"http://127.0.0.1:{proxy.port}/match/{self.match}"
            self.driver.get(page)
            self.await_reason("none")
            self.assert_nothing_is_seen()
            self.give(SigningKey().token())
            self.await_reason("unauthorised")
            self.give(self.key.token())
            self.await_text(HERE)
            self.await_reason(None)
            self.driver.get(page)
            self.await_text(HERE)
            self.driver.get("about:blank")

    def test_the_tab_keeps_it(self):
        self.show(self.match, self.key.token())
        self.await_text(HERE)
        self.show(self.match)
        self.await_text(HERE)
        self.await_reason(None)

    def test_one_in_the_address_leaves_it_and_reaches_no_log(self):
        token = self.key.token()
        self.show(self.match, token)
        self.await_text(HERE)
        self.assertEqual(self.driver.current_url, f"{self.stack.url}/#match={self.match}")
        log = self.stack.relay_said()
        self.assertIn("level=debug", log)
        for part in token.split("."):
            self.assertNotIn(part, log)

    def test_a_link_with_one_may_be_opened_while_the_form_is_there(self):
        self.show(self.match)
        self.await_reason("none")
        self.go(f"match={self.other}&token={self.key.token()}")
        self.await_text(THERE)
        self.await_reason(None)
        self.assertEqual(self.driver.current_url, f"{self.stack.url}/#match={self.other}")

    def test_a_wrong_one_says_so(self):
        self.show(self.match)
        self.await_reason("none")
        self.give("sesame")
        self.await_reason("malformed")
        for token, reason in ((SigningKey().token(), "unauthorised"),
                              (self.key.token(seconds=-60), "expired"),
                              (self.key.token(matches=[]), "forbidden"),
                              (SigningKey().token(), "unauthorised")):
            self.give(token)
            self.await_reason(reason)
            self.assertEqual(self.one("#token-input").get_attribute("aria-invalid"), "true")
            self.assertTrue(self.has_focus("#token-input"))
            self.assert_nothing_is_seen()
        self.show(self.match)
        self.await_reason("none")       # a token that was refused is not kept
        self.give(self.key.token())
        self.await_text(HERE)
        self.await_reason(None)

    def test_when_it_expires_the_form_is_back_and_nothing_is_missed(self):
        self.show(self.match, self.key.token(seconds=25 - LEEWAY_S))
        self.await_text(HERE)
        self.await_reason("expiring")
        self.post(self.match, "behind the form")
        self.await_text("behind the form")
        self.await_reason("expired")
        self.assertTrue(self.is_shown("#columns"))
        self.post(self.match, "while away")
        self.assertFalse(any("while away" in text for _, text in self.shown()))
        self.give(self.key.token())
        self.await_text("while away")
        self.await_reason(None)
        for text in (HERE, "behind the form", "while away"):
            self.assertEqual(sum(text in entry for _, entry in self.shown()), 1, text)

    def test_what_one_does_not_cover_is_not_seen(self):
        self.show(self.match, self.key.token([self.match]))
        self.await_text(HERE)
        wait_for(lambda: self.one("#lobby").get_attribute("data-state") == "forbidden", "the lobby says so")
        self.go(f"match={self.other}")
        self.await_note("does not cover")
        self.assertNotIn(THERE, self.driver.page_source)

        self.click("#token-another")
        self.await_reason("another")
        self.give(self.key.token([self.other, "lobby"]))
        self.await_text(THERE)
        self.await_reason(None)
        wait_for(lambda: len(self.all("#lobby [data-match]")) == 2, "the lobby shows both")
        self.assertFalse(self.is_shown("#token-another"))

    def test_what_was_seen_with_another_one_goes(self):
        self.show(self.match, self.key.token())
        self.await_text(HERE)
        self.go(f"match={self.match}&token={self.key.token([self.other])}")
        self.await_note("does not cover")
        wait_for(lambda: self.shown() == [], "no entry is left")
        self.assertEqual(self.all("#lobby [data-match]"), [])


if __name__ == "__main__":
    run(PageTokens)
