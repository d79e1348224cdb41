#!/usr/bin/python3
"""What the page weighs: how much comes over a slow line before the first entry is seen, packed and kept."""
import gzip
import http.client
import os
import pathlib
import re

from support.base.case import run
from support.browser.page import Page
from support.browser.page_costs import BYTES_A_SECOND, RTT_MS, first_entry
from support.base.stack import LONG_S, wait_for

WEB = pathlib.Path(__file__).resolve().parents[3] / "relay/web"

# Of all that is loaded before the page follows its match, as it comes over the line.
REQUESTS_MAX, BYTES_MAX = 8, 45000


class PageWeight(Page):
    relay_options = ()

    def setUp(self):
        self.match = self.stack.create_match("live")
        self.stack.insert_lines(self.match, 50, pad=100)

    def ask(self, path, **headers):
        """(status, headers, body as it came)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.relay_port, timeout=LONG_S)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body

    def names(self):
        """Of the script and the style sheet that the page loads."""
        return re.findall(r'(?:href|src)="\./([^"]+\.(?:js|css))"', self.ask("/")[2].decode())

    def need_bundles(self):
        if "page.js" in self.names():
            self.skipTest("the relay was built without esbuild")

    def test_the_first_entry_comes_soon_over_a_slow_line(self):
        self.need_bundles()
        self.need_chromium("be slow")
        seen_ms, loaded = first_entry(self.driver, f"{self.stack.url}/match/{self.match}")
        print(f"# measured: first entry after {seen_ms:.0f} ms at {RTT_MS} ms and {BYTES_A_SECOND * 8 // 1000} kbit/s:"
              f" {len(loaded)} requests, {sum(size for _, size in loaded)} bytes", flush=True)
        self.assertLessEqual(len(loaded), REQUESTS_MAX, loaded)
        self.assertLessEqual(sum(size for _, size in loaded), BYTES_MAX, loaded)

    def test_hashed_files_are_kept_and_others_are_asked_for(self):
        self.need_bundles()
        for name in self.names():
            self.assertRegex(name, r"-[0-9a-f]{16}\.(js|css)$")
            self.assertIn("immutable", self.ask(f"/{name}")[1]["Cache-Control"])
        for path in "/", "/commentary.js", "/client/cursor.js":
            _, headers, _ = self.ask(path)
            self.assertEqual(headers["Cache-Control"], "no-cache", path)
            status, _, body = self.ask(path, If_None_Match=headers["ETag"])
            self.assertEqual((status, body), (304, b""), path)

    def test_files_and_documents_come_packed_for_whoever_takes_it(self):
        pages = ["/", "/commentary.js", f"/match/{self.match}", f"/matches/{self.match}/commentary?limit=50"]
        for path in pages:
            _, plain, body = self.ask(path)
            self.assertIsNone(plain["Content-Encoding"], path)
            self.assertIn("accept-encoding", ", ".join(plain.get_all("Vary") or []), path)
            status, headers, packed = self.ask(path, Accept_Encoding="gzip")
            self.assertEqual((status, headers["Content-Encoding"]), (200, "gzip"), path)
            self.assertEqual(gzip.decompress(packed), body, path)
            self.assertEqual(len(packed), int(headers["Content-Length"]), path)
            self.assertEqual(headers["ETag"], plain["ETag"], path)
            self.assertIsNone(self.ask(path, Accept_Encoding="gzip;q=0")[1]["Content-Encoding"], path)
        small = self.ask("/livez", Accept_Encoding="gzip")
        self.assertIsNone(small[1]["Content-Encoding"])

    def test_each_module_is_served_under_its_own_path(self):
        """Bundles replace some of those at the top; no folder has the name of a route."""
        names = sorted(file.relative_to(WEB).as_posix() for file in WEB.rglob("*.js"))
        names = [name for name in names if not name.startswith(("dist/", "node_modules/"))]
        self.assertGreater(len(names), 60)
        for name in names:
            status, headers, body = self.ask(f"/{name}")
            self.assertEqual((status, headers["Content-Type"]), (200, "text/javascript; charset=utf-8"), name)
            self.assertEqual(headers["Cross-Origin-Resource-Policy"], "cross-origin", name)
            if "/" in name:
                self.assertEqual(body, (WEB / name).read_bytes(), name)
        for name in "test/socket.mjs", "client", "client/", "client/../package.json", "package.json":
            self.assertEqual(self.ask(f"/{name}")[0], 404, name)

    def test_the_page_runs_from_its_sources(self):
        """As it does where the relay was built without esbuild: the browser loads each module of each folder."""
        self.stack.stop_relay()
        self.stack.start_relay("--web", str(WEB))
        try:
            self.driver.get(f"{self.stack.url}/match/{self.match}")
            wait_for(lambda: self.all("#timeline[data-state=ready] [data-seq]"), "the page shows the lines")
            self.driver.get(f"{self.stack.url}/embed/{self.match}")
            wait_for(lambda: self.driver.execute_script(
                "return document.querySelector('live-commentary')?.shadowRoot?.querySelectorAll('li').length"),
                "the frame shows the lines")
            exported = self.driver.execute_async_script(
                "const [url, done] = arguments; import(url).then((client) => done(Object.keys(client)), (error) => done(`${error}`))",
                f"{self.stack.url}/commentary.js")
            self.assertIn("Commentary", exported)
        finally:
            self.stack.stop_relay()
            self.stack.start_relay()

    def test_a_folder_is_served_as_it_is(self):
        self.stack.stop_relay()
        folder = f"{self.stack.dir}/web"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/index.html", "w", encoding="utf-8") as file:
            file.write('<!doctype html><script type="module" src="./page.js"></script>')
        self.stack.start_relay("--web", folder)
        try:
            _, headers, body = self.ask("/", Accept_Encoding="gzip, br")
            self.assertIn(b'"./page.js"', body)
            self.assertEqual(headers["Cache-Control"], "no-cache")
        finally:
            self.stack.stop_relay()
            self.stack.start_relay()


if __name__ == "__main__":
    run(PageWeight)
