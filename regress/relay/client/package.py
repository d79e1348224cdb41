#!/usr/bin/python3
"""The npm package of the client: it packs, installs, and follows a match in each of its forms; its types are
checked by tsc."""
import json
import os
import shutil
import unittest

from support.base.case import Case, run
from support.base.signing import SigningKey
from support.browser.npm_package import MISSING, MODULES, WEB, Folder, are_installed

FOLLOW = """
const client = new Commentary(process.argv[2], { token: () => process.argv[4] });
client.connect();
const match = client.subscribe(Number(process.argv[3]), { history: 10, signal: AbortSignal.timeout(180000) });
match.ready().then(async () => {
    for await (const entry of match)
        if (entry.message === 'the last one')
            break;
    console.log(client.transport, match.entries.map(({ message }) => message).join('|'));
    client.close();
}).catch((error) => {
    console.error(error);
    process.exit(1);
});
"""
# Each takes Commentary from the package that was installed.
FORMS = {
    "module.mjs": "import { Commentary } from 'commentary-client';",
    "common.cjs": "const { Commentary } = require('commentary-client');",
    "global.cjs": "require('vm').runInThisContext(require('fs').readFileSync(require.resolve("
                  "'commentary-client/global'), 'utf8'));\nconst { Commentary } = LiveCommentaryClient;",
    "server.mjs": "import 'commentary-client/live-commentary';\nimport { Commentary } from 'commentary-client';",
}
TYPED = """
import { Commentary, CommentaryError, inOrder, LOBBY, Timeline, type Entry, type MatchesPage } from 'commentary-client';
import type { LiveCommentary } from 'commentary-client/live-commentary';

const client = new Commentary(new URL('wss://relay.example/ws'), { transports: ['events'],
    token: async () => 'x', debug: (what, detail) => console.log(what, detail) });
client.on('state', ({ state, retryInMs }) => console.log(state, retryInMs));
client.follow(LOBBY);
const match = client.subscribe(7, { history: 50, filter: (entry) => entry.kind === 'goal' });
const undo: () => void = match.on('entry', ({ entry }: { entry: Entry }) => console.log(entry.seq));
match.on('error', (error: CommentaryError) => console.log(error.code, error.match));
export async function read(signal: AbortSignal): Promise<string[]> {
    await match.ready({ signal });
    for await (const entry of match)
        if (entry.type === 'commentary')
            console.log(entry.message);
    return match.entries.map(({ message }) => message ?? '');
}
export async function readOlder(signal: AbortSignal): Promise<boolean> {
    const timeline = new Timeline({ limit: 5, remembers: true });
    const { entries, isWhole, epoch, head } = await client.history(7, { before: 58, limit: 20, signal });
    const hasRoom: boolean = timeline.prepend(entries);
    for (const { late, retracted, reason, was } of inOrder(timeline.entries, 'football'))
        console.log(late, retracted, reason?.length, was?.message);
    console.log(epoch.length, head + 1, hasRoom);
    timeline.reset();
    return isWhole || await match.history({ limit: 20, signal });
}
export async function readMatches(signal: AbortSignal): Promise<number[]> {
    const { matches, next } = await client.matches({ status: ['finished', 'abandoned'], competition: 'Coast Cup', limit: 50, signal });
    const before: number | undefined = next ?? undefined;
    const others: MatchesPage = await client.matches({ status: 'live', before });
    return [...matches, ...others.matches].map(({ match }) => match);
}
export function show(view: LiveCommentary): void { view.token = () => 'x'; }
undo();
// @ts-expect-error a match is no text
client.follow('7');
// @ts-expect-error before which line?
client.history(7, { limit: 20 });
// @ts-expect-error there is no such status
client.matches({ status: 'over' });
// @ts-expect-error there is no such event
match.on('goal', () => {});
"""


SERVER_SIDE = """
import { renderToString } from 'react-dom/server';
import { Commentary } from 'commentary-client';
import 'commentary-client/live-commentary';
import { Match } from './Match.jsx';
console.log(renderToString(<Match client={new Commentary('wss://relay.example/ws')} id={7} />));
"""
# Signals that abort by themselves, and listeners that a test of the site has.
SITE_TEST = """
const { test } = require('node:test');
const assert = require('node:assert');
const { Commentary, CommentaryError } = require('commentary-client');
const { LiveCommentary, socketAddress } = require('commentary-client/live-commentary');
const [url, match, token] = process.env.FOLLOWS.split(' ');

test('a time that is over', async (context) => {
    const client = new Commentary('ws://127.0.0.1:1/ws');       // nobody listens there
    context.after(() => client.close());
    client.connect();
    await assert.rejects(client.ready({ signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
    const subscription = client.subscribe(7, { signal: AbortSignal.timeout(100) });
    await assert.rejects(async () => { for await (const _ of subscription); }, { name: 'TimeoutError' });
    assert.ok(subscription.isEnded);
});

test('who stops it ends it without an error', async (context) => {
    const client = new Commentary(url, { token });
    context.after(() => client.close());
    client.connect();
    const stop = new AbortController();
    const seen = [];
    for await (const { type, message } of client.subscribe(Number(match), { history: 10, signal: stop.signal })) {
        if (type === 'commentary')
            seen.push(message);
        if (message === 'the last one')
            stop.abort();
    }
    assert.deepEqual(seen, ['one', 'two', 'the last one']);
    await assert.rejects(client.subscribe(999999).ready(), (error) => error instanceof CommentaryError
        && error.code === 'unknown_match');
});

test('the element is harmless without a document', () => {
    assert.equal(typeof LiveCommentary, 'function');
    assert.equal(socketAddress('https://relay.example/live'), 'wss://relay.example/live/ws');
});
"""
# As a site tests its components, in a page that jsdom pretends.
JEST = """
require('commentary-client/live-commentary');
const { Commentary } = require('commentary-client');
const [url, match, token] = process.env.FOLLOWS.split(' ');

test('the element says what it lacks', async () => {
    document.body.innerHTML = '<live-commentary match="7"></live-commentary>';
    const said = await new Promise((resolve) => document.addEventListener('commentary-error', resolve, { once: true })
        || document.querySelector('live-commentary').setAttribute('match', '8'));
    expect(said.detail.message).toMatch('the attribute src is missing');
    document.body.replaceChildren();
});

test('the client follows a match', async () => {
    const client = new Commentary(url, { token });
    client.connect();
    const seen = [];
    for await (const { type, message } of client.subscribe(Number(match), { history: 10 })) {
        if (type === 'commentary')
            seen.push(message);
        if (message === 'the last one')
            break;
    }
    client.close();
    expect(seen).toEqual(['one', 'two', 'the last one']);
}, 180000);
"""
ROLLUP = """
const { rollup } = require('rollup');
const { nodeResolve } = require('@rollup/plugin-node-resolve');
rollup({ input: 'site.mjs', plugins: [nodeResolve()], onwarn(warning) { throw new Error(warning.message); } })
    .then((bundle) => bundle.write({ dir: '.', entryFileNames: 'rollup.mjs', format: 'es' }));
"""
TSC_OPTIONS = {     # how old and new projects find modules
    "node10": ("--module commonjs --moduleResolution node", "typed.ts"),
    "node16": ("--module node16 --moduleResolution node16", "typed.mts typed.cts"),
    "bundler": ("--module es2022 --moduleResolution bundler", "typed.ts"),
}


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)}")
class Package(Case):
    relay_options = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = Folder(cls)
        cls.match = cls.stack.create_match("live")
        for message in "one", "two", "the last one":
            cls.stack.sql(f"SELECT commentary.post({cls.match}, '{message}')")
        cls.url = f"{cls.stack.ws_url}/ws"

    def assert_follows(self, name):
        said = self.folder.run("node", name, self.url, str(self.match), SigningKey().token())
        self.assertTrue(said.rstrip().endswith("one|two|the last one"), (name, said))

    def test_each_form_follows_a_match(self):
        for name, first in FORMS.items():
            self.folder.write(name, first + FOLLOW)
            self.assert_follows(name)

    def test_bundlers_take_it(self):
        self.folder.write("site.mjs", FORMS["server.mjs"] + FOLLOW)
        for form in "esm", "cjs", "iife":
            with self.subTest(f"esbuild, {form}"):
                self.folder.run("esbuild", "site.mjs", "--bundle", "--log-level=warning", f"--format={form}",
                                f"--outfile=esbuild.{'mjs' if form == 'esm' else 'cjs'}")
                self.assert_follows(f"esbuild.{'mjs' if form == 'esm' else 'cjs'}")
        if are_installed("rollup", "@rollup/plugin-node-resolve"):
            self.folder.write("rollup.cjs", ROLLUP)
            self.folder.run("node", "rollup.cjs")
            self.assert_follows("rollup.mjs")

    def test_a_site_tests_with_it(self):
        self.folder.write("site.test.cjs", SITE_TEST)
        self.folder.run("node", "--test", "site.test.cjs", FOLLOWS=f"{self.url} {self.match} {SigningKey().token()}")

    @unittest.skipUnless(are_installed("jest", "jest-environment-jsdom"), "jest is not installed: npm, or the registry, is missing")
    def test_a_site_tests_with_jest(self):
        self.folder.write("site.jest.js", JEST)
        self.folder.write("jest.json", json.dumps({
            "testEnvironment": f"{MODULES}/jest-environment-jsdom", "testMatch": ["**/site.jest.js"], "transform": {},
            "testEnvironmentOptions": {"url": self.stack.url}, "cacheDirectory": f"{self.folder.dir}/jest"}))
        self.folder.run("node", f"{MODULES}/jest/bin/jest.js", "--config", "jest.json", "--runInBand", "--no-watchman",
                        FOLLOWS=f"{self.url} {self.match} {SigningKey().token()}")

    @unittest.skipUnless(are_installed("react", "react-dom"), "react is not installed: npm, or the registry, is missing")
    def test_a_server_renders_with_it(self):
        shutil.copy(f"{WEB}/../examples/Match.jsx", f"{self.folder.dir}/site/Match.jsx")
        self.folder.write("server.jsx", SERVER_SIDE)
        self.folder.run("esbuild", "server.jsx", "--bundle", "--log-level=warning", "--platform=node", "--jsx=automatic",
                        "--outfile=server.cjs")
        self.assertIn("<ol reversed", self.folder.run("node", "server.cjs"))

    def test_only_what_it_needs_is_in_it(self):
        held = set(os.listdir(f"{self.folder.dir}/site/node_modules/commentary-client/dist"))
        self.assertEqual(held, {"commentary.js", "commentary.cjs", "commentary.global.js", "live-commentary.js",
                                "commentary.d.ts", "commentary.d.cts", "commentary.global.d.ts", "live-commentary.cjs",
                                "live-commentary.d.ts", "live-commentary.d.cts",
                                *(f"language-{name}.js" for name in ("ar", "de", "es", "fr"))})

    @unittest.skipUnless(are_installed("typescript"), "typescript is not installed: npm, or the registry, is missing")
    def test_its_types_are_right(self):
        for name in "typed.mts", "typed.ts":
            self.folder.write(name, TYPED)
        self.folder.write("typed.cts", TYPED)
        for name, (options, files) in TSC_OPTIONS.items():
            with self.subTest(name):
                self.folder.run("node", f"{MODULES}/typescript/bin/tsc", "--noEmit", "--strict", "--target", "es2022",
                                "--lib", "es2022,dom,dom.iterable", "--skipDefaultLibCheck", *options.split(), *files.split())


if __name__ == "__main__":
    run(Package)
