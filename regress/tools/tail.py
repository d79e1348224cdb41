#!/usr/bin/python3
"""commentary-tail, as somebody runs it who wants to read a match in a terminal."""
import http.server
import json
import subprocess
import tempfile
import threading

from terminal.tool import Terminal, environment, path, run_tool

from support.base.case import Case, run
from support.base.port import free_port
from support.base.signing import SigningKey
from support.base.stack import wait_for

HOSTILE = "\x9b31m\u202egoal\u2066"


class Following:
    """A tail that goes on, writing into files."""

    def __init__(self, folder, *arguments):
        self.files = [f"{folder}/out", f"{folder}/err"]
        with open(self.files[0], "w", encoding="utf-8") as out, open(self.files[1], "w", encoding="utf-8") as err:
            self.process = subprocess.Popen([path("tail"), *arguments], stdout=out, stderr=err,
                                            stdin=subprocess.DEVNULL, env=environment({}))

    def said(self, which=0):
        with open(self.files[which], encoding="utf-8") as file:
            return file.read()

    def wait_for(self, wanted, which=0):
        wait_for(lambda: wanted in self.said(which), f"tail says {wanted!r}", 120)

    def stop(self):
        self.process.terminate()
        self.process.wait(120)


class Tail(Case):
    relay_options = ()

    @property
    def url(self):
        return f"--url={self.stack.url}/"

    def tail(self, *arguments, **variables):
        return run_tool("tail", self.url, *map(str, arguments), **variables)

    def test_it_shows_the_last_lines_and_ends(self):
        match = self.stack.create_match("live")
        self.stack.insert_lines(match, 20)
        code, out, err = self.tail("-n", 3, match)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out.splitlines(), ["Home Away  live", "#19  line 18", "#20  line 19", "#21  line 20"])
        self.assertEqual(self.tail("--lines=0", match)[:2], (0, "Home Away  live\n"))
        code, out, err = self.tail("--since", 19, match)
        self.assertEqual(err, "")
        self.assertEqual((code, out.splitlines()[1:]), (0, ["#20  line 19", "#21  line 20"]))
        self.assertEqual(len(self.tail("--since=0", match)[1].splitlines()), 22, "all of it")
        epoch = self.stack.sql("SELECT commentary.epoch()")
        self.assertEqual(self.tail(f"--since={epoch}:20", match)[1].splitlines()[1:], ["#21  line 20"])

    def test_a_line_has_all_that_a_reader_wants(self):
        match = self.stack.create_match("live")
        self.stack.sql(f"INSERT INTO commentary.feed (match_id, minute, stoppage, kind, actor, team, message, home_score,"
                       f" away_score) VALUES ({match}, 45, 2, 'goal', 'Kane', 'Home', 'From the spot.', 1, 0)")
        self.stack.sql(f"SELECT commentary.amend({match}, 2, actor => 'Saka')")
        self.stack.sql(f"SELECT commentary.retract({match}, 2, 'Offside.')")
        lines = self.tail(match)[1].splitlines()
        for wanted in ("#2 45+2' goal  Kane (Home)  From the spot.  1–0", "corrects #2: actor Saka",
                       "takes back #2: Offside."):
            self.assertTrue(any(wanted in line for line in lines), f"{wanted} in {lines}")

    def test_json_is_what_the_relay_sends(self):
        match = self.stack.create_match("live")
        self.stack.sql(f"SELECT commentary.post({match}, 'a ‮ line')")
        code, out, _ = self.tail("--json", "--since=0", match)
        messages = [json.loads(line) for line in out.splitlines()]
        self.assertEqual((code, messages[0]["type"]), (0, "subscribed"))
        self.assertEqual(messages[1:], [json.loads(body) for body in self.stack.bodies(match)])
        self.assertNotIn("\u202e", out)
        self.assertIn("\\u202e", out)

    def test_text_of_others_cannot_steer_the_terminal(self):
        match = self.stack.create_match("live")
        self.stack.sql(f"SELECT commentary.post({match}, E'two\\nlines \u202e turned', actor => 'A')")
        _, out, _ = self.tail("--color=never", match)
        self.assertIn("two lines \ufffd turned", out)
        self.assertFalse(set(out) & {"\x1b", "\x9b", "\u202e"})

    def test_colours_are_for_terminals_that_want_them(self):
        match = self.stack.create_match("live")
        self.stack.sql(f"SELECT commentary.post({match}, 'In!', kind => 'goal')")
        for variables, options, coloured in (({}, (), True), ({"NO_COLOR": "1"}, (), False), ({"TERM": "dumb"}, (), False),
                                             ({"NO_COLOR": "1"}, ("--color=always",), True)):
            terminal = Terminal("tail", self.url, *options, str(match), **variables)
            self.assertEqual(terminal.end(), 0)
            self.assertEqual("\x1b[1;32mgoal\x1b[0m" in terminal.seen, coloured, (variables, options, terminal.seen))
        self.assertNotIn("\x1b", self.tail(match)[1], "a pipe is no terminal")

    def test_several_matches_and_the_lobby(self):
        one, two = self.stack.create_matches(2, "live")
        for match in one, two:
            self.stack.sql(f"SELECT commentary.post({match}, 'in match {match}')")
        code, out, _ = self.tail(one, two, one)
        self.assertEqual(code, 0)
        for match in one, two:
            self.assertEqual(out.count(f"[{match}] #2  in match {match}\n"), 1, out)
        self.assertIn("Home Away  live", self.tail("lobby")[1])

    def test_it_says_why_it_cannot(self):
        match = self.stack.create_match("live")
        code, _, err = self.tail(999999, match)
        self.assertEqual(code, 3)
        self.assertIn("match 999999: there is no match of that number (HTTP 404)", err)
        code, _, err = run_tool("tail", f"--url=http://127.0.0.1:{free_port()}", "--timeout=1", str(match))
        self.assertEqual(code, 1)
        self.assertIn("no connection to http://127.0.0.1:", err)
        for wrong in ([], ["x"], ["-1"], ["7", "--lines=501"], ["7", "--since=now"], ["7", "--color=red"], ["--what", "7"],
                      ["7", "--url=ftp://x"], ["7", "--token-file=/nowhere"]):
            code, _, err = run_tool("tail", *wrong)
            self.assertEqual((code, bool(err)), (2, True), wrong)
        self.assertEqual(run_tool("tail", "--help")[0], 0)

    def test_the_address_of_the_page_is_that_of_its_match(self):
        match, other = self.stack.create_matches(2, "live")
        self.stack.sql(f"SELECT commentary.post({match}, 'this one'), commentary.post({other}, 'the other')")
        for page in f"/#match={match}&token=x", f"/?match={match}", f"/match/{match}":
            code, out, err = run_tool("tail", "--url", self.stack.url + page)
            self.assertEqual((code, err, "this one" in out), (0, "", True), page)
        out = run_tool("tail", "--url", f"{self.stack.url}/match/{match}", str(other))[1]
        self.assertTrue("the other" in out and "this one" not in out, out)
        code, _, err = run_tool("tail", "--url", f"{self.stack.url}/?history=5")
        self.assertEqual((code, "which match?" in err), (2, True), err)

    def test_a_server_that_is_no_relay_is_named_as_such(self):
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<h1>Scores</h1>")

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for options in [], ["--since=0"]:
                with tempfile.TemporaryDirectory() as folder:
                    tail = Following(folder, "--follow", f"--url=http://127.0.0.1:{server.server_port}", "7", *options)
                    tail.wait_for("is no relay: see --url; trying again", 1)
                    tail.stop()
            server.shutdown()

    def test_it_goes_on_through_a_restart_of_the_relay(self):
        match = self.stack.create_match("live")
        with tempfile.TemporaryDirectory() as folder:
            tail = Following(folder, self.url, "-f", "--since=0", str(match))
            self.stack.sql(f"SELECT commentary.post({match}, 'before')")
            tail.wait_for("before")
            self.stack.stop_relay()
            self.stack.sql(f"SELECT commentary.post({match}, 'while it was away')")
            tail.wait_for("no connection to", 1)
            self.stack.start_relay()
            tail.wait_for("while it was away")
            self.stack.sql(f"SELECT commentary.post({match}, 'after')")
            tail.wait_for("after")
            tail.wait_for("connected again", 1)
            tail.stop()
            self.assertEqual([line.split("  ")[1] for line in tail.said().splitlines() if "#1 " not in line][1:],
                             ["before", "while it was away", "after"])

    def test_it_ends_with_the_match(self):
        match = self.stack.create_match("live")
        with tempfile.TemporaryDirectory() as folder:
            tail = Following(folder, self.url, "--until-end", str(match))
            tail.wait_for("live")
            self.stack.sql(f"BEGIN; SELECT commentary.post({match}, 'the last word');"
                           f" UPDATE commentary.match SET status = 'finished' WHERE match_id = {match}; COMMIT")
            self.assertEqual(tail.process.wait(120), 0)
            self.assertIn("the last word", tail.said())


class WithToken(Case):
    def test_a_relay_that_wants_a_token_gets_it(self):
        with tempfile.TemporaryDirectory() as folder:
            key = SigningKey()
            with open(f"{folder}/key", "wb") as file:
                file.write(key.public_pem)
            self.stack.start_relay("--token-key", f"{folder}/key")
            match, other = self.stack.create_matches(2, "live")
            with open(f"{folder}/token", "w", encoding="ascii") as file:
                file.write(key.token([match]) + "\n")
            options = (f"--url={self.stack.url}", f"--token-file={folder}/token")
            self.assertEqual(run_tool("tail", *options, str(match))[:2], (0, "Home Away  live\n#1 Home Away  live\n"))
            self.assertEqual(run_tool("tail", *options, str(other))[0], 3, "not covered")
            self.assertEqual(run_tool("tail", options[0], str(match))[0], 3, "without a token")
            self.assertEqual(run_tool("tail", options[0], str(match), COMMENTARY_TOKEN=key.token([match]))[0], 0)


if __name__ == "__main__":
    run(Tail, WithToken)
