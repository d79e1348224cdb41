#!/usr/bin/python3
"""The examples for pages (relay/examples) in a real browser, made of the packages that sites use: React, Vue
and Svelte, plain HTML; and the npm package in workers."""
import os
import shutil
import unittest

from support.base.case import run
from support.base.stack import wait_for
from support.browser.npm_package import MISSING, MODULES, Folder, are_installed
from support.browser.page import Page
from support.browser.site import Site

HERE = os.path.dirname(os.path.realpath(__file__))
EXAMPLES = f"{HERE}/../../../relay/examples"
CLIENT = "import { Commentary } from 'commentary-client';\nconst client = new Commentary('RELAY');\n"
# Each shows the match, and another one when the page calls show().
REACT = CLIENT + """
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Match } from './Match.jsx';
const root = createRoot(document.body);
window.show = (id) => root.render(<StrictMode><Match client={client} id={id} /></StrictMode>);
client.connect();
show(MATCH);
"""
VUE = CLIENT + """
import { createApp, h, ref } from 'vue';
import Match from './Match.vue.js';
const id = ref(MATCH), held = ref(client);      // as a site would: ref() makes proxies of plain objects
window.show = (other) => { id.value = other; };
held.value.connect();
createApp({ render: () => h(Match, { client: held.value, id: id.value }) }).mount(document.body);
"""
SVELTE = CLIENT + """
import { mount } from 'svelte';
import App from './App.svelte.js';
client.connect();
mount(App, { target: document.body, props: { client, first: MATCH } });
"""
APP_SVELTE = """
<script>
    import Match from './Match.svelte.js';
    let { client, first } = $props();
    let id = $state(first);
    window.show = (other) => { id = other; };
</script>
<Match {client} {id} />
"""
# What a server has rendered, and React takes over when the element has drawn itself there.
SERVER = """
import { renderToString } from 'react-dom/server';
import 'commentary-client/live-commentary';
import { App } from './App.jsx';
console.log(renderToString(<App match={MATCH} />));
"""
APP_REACT = """
export const App = ({ match }) => <main><h1>Live</h1><live-commentary match={match} src="SITE" history="20" /></main>;
"""
HYDRATE = """
import 'commentary-client/live-commentary';
import { hydrateRoot } from 'react-dom/client';
import { App } from './App.jsx';
window.said = [];
console.error = (...words) => said.push(words.join(' '));
document.addEventListener('commentary-entry', () => setTimeout(() => {
    const root = hydrateRoot(document.getElementById('root'), <App match={MATCH} />,
        { onRecoverableError: (error) => said.push(String(error)) });
    window.show = (match) => root.render(<App match={match} />);
}), { once: true });
"""
# Two elements in the bundle of a site: one that knows its relay, and one that does not.
ELEMENTS = """
import 'commentary-client/live-commentary';
for (const attributes of [{ match: 'MATCH', lang: 'de', src: 'SITE' }, { match: 'MATCH' }]) {
    const view = document.createElement('live-commentary');
    for (const [name, value] of Object.entries(attributes))
        view.setAttribute(name, value);
    document.body.append(view);
}
"""
WEBPACK = """
require('webpack')({ mode: 'production', entry: './site.js', output: { path: `${process.cwd()}/webpack` } }, (error, stats) => {
    const said = error ?? stats.toString({ all: false, errors: true, warnings: true });
    if (error || stats.hasErrors() || stats.hasWarnings())
        throw new Error(said);
});
"""
# A worker tells its page what comes.
FOLLOW = CLIENT + """
const follow = async (id, tell) => {
    const match = client.subscribe(id, { history: 50 });
    client.connect();
    for await (const { message } of match)
        tell(message);
};
"""
WORKER = FOLLOW + "follow(MATCH, (message) => postMessage(message));\n"
SERVICE_WORKER = FOLLOW + """
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('message', (event) => event.waitUntil(
    follow(event.data, (message) => event.source.postMessage(message))));
"""
OF_WORKER = """
const show = ({ data }) => {
    const line = document.createElement('li');
    line.textContent = data;
    document.body.append(line);
};
"""
PAGES = {
    "worker.main": OF_WORKER + "new Worker('/worker').onmessage = show;\n",
    "service-worker.main": OF_WORKER + """
navigator.serviceWorker.onmessage = show;
navigator.serviceWorker.register('/service-worker').then(() => navigator.serviceWorker.ready)
    .then(({ active }) => active.postMessage(MATCH));
""",
}
PAGE = '<!doctype html><title>-</title><body></body><script type="module" src="/{name}"></script>'


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)}")
class PageExamples(Page):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.matches = cls.stack.create_matches(2, "live")
        cls.folder = Folder(cls)
        for name in "Match.jsx", "Match.vue", "Match.svelte":
            shutil.copy(f"{EXAMPLES}/{name}", f"{cls.folder.dir}/site/{name}")
        policy = (f"default-src 'none'; script-src 'self'; worker-src 'self';"
                  f" connect-src {cls.stack.url} {cls.stack.ws_url}")
        cls.site, cls.plain = Site({}, policy), Site({}, "default-src * 'unsafe-inline'")
        for site in cls.site, cls.plain:
            cls.addClassCleanup(site.close)
        cls.stack.start_relay("--origins", f"{cls.site.origin} {cls.plain.origin}")

    def setUp(self):
        for match in self.matches:
            self.post(f"before, {match}", match)

    def post(self, message, match=None):
        self.stack.sql(f"SELECT commentary.post({match or self.matches[0]}, '{message}')")

    def fill(self, text):
        return text.replace("RELAY", f"{self.stack.ws_url}/ws").replace("MATCH", str(self.matches[0])).replace("SITE", self.stack.url)

    def serve(self, name, text, *options):
        """Makes a script of it."""
        self.site.pages[f"/{name}"] = ("text/javascript", self.folder.bundle(f"{name}.jsx", self.fill(text), *options))

    def compile(self, *names):
        for name in names:
            self.folder.run("node", f"{HERE}/../support/browser/compile.cjs", MODULES, name, f"{name}.js")

    def open_script(self, name):
        self.site.pages[f"/of-{name}"] = ("text/html", PAGE.replace("{name}", name))
        self.driver.get(f"{self.site.origin}/of-{name}")

    def lines(self):
        return self.driver.execute_script("return [...document.querySelectorAll('li')].map((e) => e.innerText.trim())")

    def await_line(self, text):
        wait_for(lambda: text in self.lines(), f"it shows {text!r}")

    def try_page(self):
        """The page shows what was there, what comes, each line once, and a correction."""
        first, _ = self.matches
        self.await_line(f"before, {first}")
        live = f"<b>live</b> by {self.id()}"
        self.post(live)
        self.await_line(live)
        self.stack.sql("SELECT commentary.flush()")
        self.stack.sql(f"SELECT commentary.amend({first}, {self.stack.head(first)}, message => $$mended by {self.id()}$$)")
        self.await_line(f"mended by {self.id()}")
        self.assertEqual(self.lines().count(f"mended by {self.id()}"), 1)
        self.assertNotIn(live, self.lines())

    def try_framework(self, name):
        self.open_script(name)
        self.try_page()
        self.driver.execute_script("show(arguments[0])", self.matches[1])
        self.await_line(f"before, {self.matches[1]}")
        self.assertNotIn(f"before, {self.matches[0]}", self.lines())
        self.driver.execute_script("show(999999)")
        wait_for(lambda: self.all("[role=alert]"), "it says that there is no such match")

    def test_a_plain_page(self):
        with open(f"{EXAMPLES}/page.html", encoding="utf-8") as file:
            text = file.read().replace("https://relay.example", self.stack.url)
        text = text.replace("wss://relay.example", self.stack.ws_url).replace("subscribe(7", f"subscribe({self.matches[0]}")
        self.plain.pages["/page"] = ("text/html", text)
        self.driver.get(f"{self.plain.origin}/page")
        self.try_page()
        wait_for(lambda: self.all("#connection")[0].text == "live", "it says that it is connected")
        wait_for(lambda: "Home" in self.all("#score")[0].text, "and who plays")

    @unittest.skipUnless(are_installed("react", "react-dom"), "react is not installed: npm, or the registry, is missing")
    def test_react(self):
        """Strictly: each effect is run, undone, and run again."""
        self.serve("react", REACT)
        self.try_framework("react")

    @unittest.skipUnless(are_installed("react", "react-dom"), "react is not installed: npm, or the registry, is missing")
    def test_react_takes_over_what_a_server_has_rendered(self):
        self.folder.write("App.jsx", self.fill(APP_REACT))
        self.folder.bundle("server.jsx", self.fill(SERVER), "--platform=node")
        rendered = self.folder.run("node", "out.js").strip()
        self.serve("hydrate", HYDRATE)
        self.site.pages["/of-hydrate"] = ("text/html", '<!doctype html><title>-</title><div id="root">'
                                          f'{rendered}</div><script type="module" src="/hydrate"></script>')
        self.driver.get(f"{self.site.origin}/of-hydrate")
        wait_for(lambda: self.driver.execute_script("return window.show !== undefined"), "React is there")
        self.driver.execute_script("show(arguments[0])", self.matches[1])
        wait_for(lambda: f"before, {self.matches[1]}" in self.in_elements()[0], "it shows another match")
        self.assertEqual(self.driver.execute_script("return said"), [])

    def in_elements(self):
        """What each element says."""
        return self.driver.execute_script("return [...document.querySelectorAll('live-commentary')]"
                                          ".map((view) => view.shadowRoot?.querySelector('section').textContent ?? '')")

    def try_elements(self, folder, page):
        """Serves a folder that a bundler has made."""
        for directory, _, names in os.walk(f"{self.folder.dir}/site/{folder}"):
            for name in names:
                path = os.path.relpath(f"{directory}/{name}", f"{self.folder.dir}/site/{folder}")
                with open(f"{directory}/{name}", encoding="utf-8") as file:
                    self.site.pages[f"/{path}"] = ("text/html" if name.endswith(".html") else "text/javascript", file.read())
        self.stack.sql(f"SELECT commentary.post({self.matches[0]}, 'In!', kind => 'goal')")
        self.driver.get(f"{self.site.origin}/{page}")
        wait_for(lambda: len(self.in_elements()) == 2 and "Tor" in self.in_elements()[0], "it has the words of its language")
        self.assertIn("the attribute src is missing", self.in_elements()[1])

    @unittest.skipUnless(are_installed("webpack"), "webpack is not installed: npm, or the registry, is missing")
    def test_webpack(self):
        self.folder.write("site.js", self.fill(ELEMENTS))
        self.folder.write("webpack.cjs", WEBPACK)
        self.folder.run("node", "webpack.cjs")
        self.site.pages["/of-webpack"] = ("text/html", '<!doctype html><title>-</title><body><script src="/main.js"></script>')
        self.try_elements("webpack", "of-webpack")

    @unittest.skipUnless(are_installed("vite"), "vite is not installed: npm, or the registry, is missing")
    def test_vite(self):
        self.folder.write("site.js", self.fill(ELEMENTS))
        self.folder.write("index.html", '<!doctype html><title>-</title><body><script type="module" src="/site.js"></script>')
        self.folder.run("node", f"{MODULES}/vite/bin/vite.js", "build", "--outDir", "vite", "--logLevel", "warn")
        self.try_elements("vite", "index.html")

    @unittest.skipUnless(are_installed("vue"), "vue is not installed: npm, or the registry, is missing")
    def test_vue(self):
        self.compile("Match.vue")
        self.serve("vue", VUE)
        self.try_framework("vue")

    @unittest.skipUnless(are_installed("svelte"), "svelte is not installed: npm, or the registry, is missing")
    def test_svelte(self):
        self.folder.write("App.svelte", APP_SVELTE)
        self.compile("Match.svelte", "App.svelte")
        self.serve("svelte", SVELTE)
        self.try_framework("svelte")

    def try_worker(self, name, text):
        self.serve(name, text)
        self.serve(f"{name}.main", PAGES[f"{name}.main"])
        self.open_script(f"{name}.main")
        self.await_line(f"before, {self.matches[0]}")
        self.post(f"live in {name}")
        self.await_line(f"live in {name}")

    def test_a_worker(self):
        self.try_worker("worker", WORKER)

    def test_a_service_worker(self):
        self.try_worker("service-worker", SERVICE_WORKER)


if __name__ == "__main__":
    run(PageExamples)
