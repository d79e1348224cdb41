/* Subscriptions: events of their own, ready(), signals, iteration, filters, errors. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Commentary, CommentaryError } from '../../commentary.js';
import { Relay, line, subscribed } from '../socket.mjs';

function connected(options = {}) {
    const relay = new Relay();
    const client = new Commentary('ws://relay/ws', { WebSocket: relay.WebSocket, ...options });
    client.connect();
    relay.welcome();
    return { relay, client };
}

test('a subscription hears of its match alone', () => {
    const { relay, client } = connected();
    const heard = [];
    const seven = client.subscribe(7, { history: 5 });
    const eight = client.subscribe(8);
    seven.on('entry', ({ entry }) => heard.push(entry.seq));
    eight.on('entry', () => assert.fail('of another match'));
    relay.say(subscribed(2), line(1), line(2), { ...subscribed(0), match: 8 });
    assert.deepEqual(heard, [1, 2]);
    assert.deepEqual(seven.entries.map(({ seq }) => seq), [1, 2]);
    assert.deepEqual(eight.entries, []);
    seven.unsubscribe();
    assert.equal(client.position(7), null);
    assert.equal(client.subscribe(7).isEnded, false);
    client.close();
});

test('ready() waits for the relay, and rejects with what ends it', async () => {
    const { relay, client } = connected();
    await client.ready();
    const seven = client.subscribe(7), eight = client.subscribe(8);
    const waits = [seven.ready(), eight.ready()];
    relay.say(subscribed(0), { type: 'error', code: 'unknown_match', message: 'none', match: 8 });
    await waits[0];
    await seven.ready();
    await assert.rejects(waits[1], (error) => error instanceof CommentaryError
        && error.code === 'unknown_match' && error.match === 8);
    await assert.rejects(eight.ready());
    assert.equal(eight.isEnded, true);
    client.close();
    const stop = new AbortController();     /* AbortSignal.timeout() would not keep the program alive */
    setTimeout(() => stop.abort(), 5);
    await assert.rejects(client.ready({ signal: stop.signal }));
});

test('a signal ends it, and what waits for it', async () => {
    const { client } = connected();
    const stop = new AbortController();
    const seven = client.subscribe(7, { signal: stop.signal });
    const ready = seven.ready();
    let ended = 0;
    seven.on('end', () => ended++);
    stop.abort();
    await assert.rejects(ready, { name: 'AbortError' });
    assert.equal(ended, 1);
    assert.equal(client.position(7), null);
    assert.equal(client.subscribe(7, { signal: stop.signal }).isEnded, true);
    client.close();
});

test('it is iterated, until it ends', async () => {
    const { relay, client } = connected();
    const seven = client.subscribe(7, { history: 5 });
    const seen = [];
    const reading = (async () => {
        for await (const { seq } of seven) {
            seen.push(seq);
            if (seq === 3)
                seven.unsubscribe();
        }
    })();
    relay.say(subscribed(2), line(1), line(2), line(3));
    await reading;
    assert.deepEqual(seen, [1, 2, 3]);
    client.close();
});

test('an iteration begins with what is there', async () => {
    const { relay, client } = connected();
    const seven = client.subscribe(7, { history: 5 });
    relay.say(subscribed(2), line(1), line(2));
    const seen = [];
    setTimeout(() => relay.say(line(3)));
    for await (const { seq } of seven)
        if (seen.push(seq) === 3)
            break;
    assert.deepEqual(seen, [1, 2, 3]);
    client.close();
});

test('an iteration that nobody reads ends before it fills the memory', async () => {
    const { relay, client } = connected();
    const seven = client.subscribe(7);
    const reader = seven[Symbol.asyncIterator]();
    const first = reader.next();
    relay.say(subscribed(0), ...Array.from({ length: 1200 }, (_, i) => line(i + 1)));
    assert.equal((await first).value.seq, 1);
    await assert.rejects(async () => {
        for (;;)
            await reader.next();
    }, { code: 'overflow' });
    client.close();
});

test('a filter keeps key events, or what a function says', () => {
    const { relay, client } = connected();
    const seven = client.subscribe(7, { filter: 'key', history: 5 });
    const eight = client.subscribe(8, { filter: ({ minute }) => minute > 5, history: 5 });
    relay.say(subscribed(2), line(1), line(2, { kind: 'goal' }),
        { type: 'commentary', match: 7, seq: 3, op: 'amend', ref_seq: 2, message: 'Own goal' });
    relay.say({ ...subscribed(2), match: 8 }, line(1, { match: 8, minute: 3 }), line(2, { match: 8, minute: 9 }));
    assert.deepEqual(seven.entries.map(({ message }) => message), ['Own goal']);
    assert.deepEqual(eight.entries.map(({ seq }) => seq), [2]);
    assert.throws(() => client.subscribe(9, { filter: 'goals' }), TypeError);
    client.close();
});

test('the debug log says what goes on, and no token', () => {
    const log = [];
    const { relay, client } = connected({ token: 'secret', debug: (...line) => log.push(line) });
    relay.say({ type: 'welcome', live: true, auth_within_ms: 1000 });
    return Promise.resolve().then(() => {
        assert.ok(log.some(([what]) => what === 'received'));
        assert.ok(!JSON.stringify(log).includes('secret'));
        client.close();
    });
});

test('a subscription in another language follows the match that has it', () => {
    const { relay, client } = connected();
    const heard = [];
    const one = client.subscribe(7, { language: 'de', history: 5 });
    one.on('subscribed', ({ match }) => heard.push(match));
    one.on('entry', ({ entry }) => heard.push(entry.message));
    relay.heard();
    const state = (match, lang, ...others) => ({ match, lang, alternates: others.map(([id, name]) => ({ id, lang: name })) });
    relay.say({ ...subscribed(0), state: state(7, 'en', [8, 'de-AT'], [9, 'fr']) });
    assert.deepEqual(relay.heard().map(({ type, match, history }) => [type, match, history]),
        [['unsubscribe', 7, undefined], ['subscribe', 8, 5]]);
    relay.say({ ...subscribed(1), match: 8, state: state(8, 'de-AT', [7, 'en'], [10, 'de']) },
        { ...line(1), match: 8, message: 'Anpfiff' });
    assert.deepEqual(heard, [8, 'Anpfiff'], 'and it stays there');
    assert.equal(one.match, 8);
    const two = client.subscribe(8);
    one.unsubscribe();
    assert.deepEqual(relay.heard(), [], 'which another one follows, too');
    two.unsubscribe();
    assert.deepEqual(relay.heard().map(({ type, match }) => [type, match]), [['unsubscribe', 8]]);
    client.close();
});

test('without the match in that language it is the one that was asked for', () => {
    const { relay, client } = connected();
    const one = client.subscribe(7, { language: 'de' });
    for (const language of ['', 7, 'de_AT', {}])
        assert.throws(() => client.subscribe(8, { language }), TypeError);
    relay.say({ ...subscribed(0), state: { match: 7, alternates: [{ id: 9, lang: 'fr' }, { id: 'x', lang: 'de' }, null] } },
        line(1));
    assert.equal(one.match, 7);
    assert.equal(one.entries.length, 1);
    client.close();
});
