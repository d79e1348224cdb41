#!/usr/bin/python3
"""--origins: pages of other sites are refused, and no other client."""
from support.base.case import Case, run
from support.base.stack import run_relay
from support.viewer import handshake


class Origins(Case):
    relay_options = ("--origins", "https://example.org, http://dev.example.org:3000")

    def answer(self, *origins):
        """The HTTP status of a handshake with these Origin headers."""
        return handshake.status(self.stack.relay_port, *(f"Origin: {origin}" for origin in origins))

    def test_a_page_of_the_list_may_connect(self):
        self.assertEqual(self.answer("https://example.org"), 101)
        self.assertEqual(self.answer("http://dev.example.org:3000"), 101)

    def test_the_page_of_the_relay_may_connect(self):
        self.assertEqual(self.answer(self.stack.url), 101)

    def test_a_program_that_is_no_browser_may_connect(self):
        self.assertEqual(self.answer(), 101)

    def test_any_other_page_is_refused(self):
        for origin in ("https://elsewhere.example", "http://example.org", "https://example.org.evil.example",
                       "null", "https://example.org/" + "x" * 500):
            self.assertEqual(self.answer(origin), 403, origin)

    def test_two_origins_are_refused(self):
        self.assertEqual(self.answer("https://example.org", "https://elsewhere.example"), 403)

    def test_a_wrong_list_is_told(self):
        done = run_relay("--check-config", "--origins", "https://example.org dev.example.org")
        self.assertEqual(done.returncode, 2)
        self.assertIn('"dev.example.org" is not an origin', done.stderr)


if __name__ == "__main__":
    run(Origins)
