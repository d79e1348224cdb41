#!/usr/bin/python3
"""The npm package of the client: it packs, installs, and follows a match in each of its forms; its types are
checked by tsc."""
import os
import shutil
import subprocess
import tempfile
import unittest

from support.case import Case, run
from support.signing import SigningKey

WEB = f"{os.path.dirname(os.path.realpath(__file__))}/../../relay/web"
TSC = f"{os.environ.get('COMMENTARY_NODE_MODULES', '')}/typescript/bin/tsc"
MISSING = [program for program in ("node", "npm", "esbuild") if not shutil.which(program)]
DEADLINE_S = 240

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
import { Commentary, CommentaryError, inOrder, LOBBY, Timeline, type Entry } from 'commentary-client';
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
export function show(view: LiveCommentary): void { view.token = () => 'x'; }
undo();
// @ts-expect-error a match is no text
client.follow('7');
// @ts-expect-error before which line?
client.history(7, { limit: 20 });
// @ts-expect-error there is no such event
match.on('goal', () => {});
"""


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)}")
class Package(Case):
    relay_options = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dir = tempfile.mkdtemp(prefix="package-")
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        shutil.copytree(WEB, f"{cls.dir}/web")
        name = cls.command("npm", "pack", "--silent", folder=f"{cls.dir}/web").split()[-1]
        os.mkdir(f"{cls.dir}/site")
        with open(f"{cls.dir}/site/package.json", "w", encoding="utf-8") as file:
            file.write('{"private": true}')
        cls.command("npm", "install", "--offline", "--no-audit", "--no-fund", f"../web/{name}", folder=f"{cls.dir}/site")

    @classmethod
    def command(cls, *arguments, folder=None):
        """What it prints."""
        done = subprocess.run(arguments, cwd=folder or f"{cls.dir}/site", capture_output=True, text=True,
                              check=False, timeout=DEADLINE_S,
                              env=os.environ | {"HOME": cls.dir, "npm_config_update_notifier": "false"})
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def write(self, name, text):
        with open(f"{self.dir}/site/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def test_each_form_follows_a_match(self):
        match = self.stack.create_match("live")
        for message in "one", "two", "the last one":
            self.stack.sql(f"SELECT commentary.post({match}, '{message}')")
        url = f"ws://127.0.0.1:{self.stack.relay_port}/ws"
        for name, first in FORMS.items():
            self.write(name, first + FOLLOW)
            said = self.command("node", name, url, str(match), SigningKey().token())
            self.assertTrue(said.rstrip().endswith("one|two|the last one"), (name, said))

    def test_only_what_it_needs_is_in_it(self):
        held = set(os.listdir(f"{self.dir}/site/node_modules/commentary-client/dist"))
        self.assertEqual(held, {"commentary.js", "commentary.cjs", "commentary.global.js", "live-commentary.js",
                                "commentary.d.ts", "commentary.d.cts", "live-commentary.d.ts"})

    @unittest.skipUnless(os.path.exists(TSC), "typescript is not installed: npm, or the registry, is missing")
    def test_its_types_are_right(self):
        self.write("typed.mts", TYPED)
        self.write("typed.cts", "import { Commentary } from 'commentary-client';\n"
                                "export const state: string = new Commentary('wss://relay.example/ws').state;\n")
        self.command("node", TSC, "--noEmit", "--strict", "--target", "es2022", "--module", "node16",
                     "--moduleResolution", "node16", "--lib", "es2022,dom,dom.iterable", "typed.mts", "typed.cts")


if __name__ == "__main__":
    run(Package)
