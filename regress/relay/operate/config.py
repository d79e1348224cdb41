#!/usr/bin/python3
"""The config file, --check-config and the log, as an operator meets them."""
import json

from support.base.case import Case, run
from support.base.stack import run_relay

SECRET = "sesame"


class Config(Case):
    def check(self, *options, **variables):
        return run_relay("--check-config", "--config", self.stack.relay_conf, *options, **variables)

    def test_a_relay_runs_by_its_file(self):
        self.stack.configure("# all that this relay needs", f"listen = 127.0.0.1:{self.stack.relay_port}",
                             f"database = {self.stack.conninfo}", "log-level = debug")
        self.stack.start_relay_with("--config", self.stack.relay_conf)
        self.assertEqual(self.stack.stop_relay(), 0)

    def test_a_log_in_json_is_an_object_a_line(self):
        self.stack.start_relay("--log-format", "json", "--log-level", "debug")
        self.assertEqual(self.stack.stop_relay(), 0)
        lines = [json.loads(line) for line in self.stack.relay_said().split("\n") if line.startswith("{")]
        self.assertIn("the feed is live", [line["msg"] for line in lines])
        self.assertLessEqual({"ts", "level", "msg"}, set.intersection(*map(set, lines)))

    def test_what_is_in_force_is_shown_but_no_secret(self):
        self.stack.configure(f"database = host=db password={SECRET}", "drain = 7s", "heartbeat = 1s")
        done = self.check("--ping-interval", "9s", COMMENTARY_HEARTBEAT="2s")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for line in ("drain = 7000ms", "heartbeat = 2000ms", "ping-interval = 9000ms",
                     "# database: set, and not shown"):
            self.assertIn(line, done.stdout.splitlines())
        self.assertNotIn(SECRET, done.stdout)

    def test_a_wrong_line_is_told_with_its_place(self):
        self.stack.configure("drain = 7s", "drian = 7s")
        done = self.check()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(f"{self.stack.relay_conf}:2: no such option: drian", done.stderr)

    def test_a_wrong_address_is_told(self):
        self.stack.configure("drain = 7s")
        for option in "--listen", "--metrics-listen":
            for address in "127.0.0.1:65536", "127.0.0.1:99999999999", "127.0.0.1", "[::1]", "127.0.0.1:80 # here", "127.0.0.1:http", ":-1":
                done = self.check(option, address)
                self.assertEqual((done.returncode, done.stdout), (2, ""), address)
                self.assertIn(f'{option}: "{address}" is not an address', done.stderr)
            for address in "127.0.0.1:65535", "[::]:0", ":8080":
                self.assertEqual(self.check(option, address).returncode, 0, address)
        done = self.check("--metrics-listen", "127.0.0.1:65534", "--workers", "3")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--metrics-listen: there are no ports for 3 workers", done.stderr)

    def test_a_file_of_an_editor_on_windows(self):
        with open(self.stack.relay_conf, "wb") as file:
            file.write(b"\xef\xbb\xbfdrain = 7s\r\nheartbeat = 1s\r\n")
        self.assertIn("drain = 7000ms\n", self.check().stdout)

    def test_a_wrong_connection_string_is_told_and_not_shown(self):
        self.stack.configure(f"database = password=open {SECRET}")
        done = self.check()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("database", done.stderr)
        self.assertNotIn(SECRET, done.stderr)


if __name__ == "__main__":
    run(Config)
