import assert from 'node:assert/strict';
import test from 'node:test';
import { Commentary } from '../../commentary.js';
import { Relay, line, subscribed, until } from '../socket.mjs';

const welcome = { type: 'welcome', protocol: 'commentary.v1', live: true, auth_within_ms: 10000 };

/* A client of a relay that wants a token; tokens are handed out in turn. */
function client(t, options = {}) {
    const relay = new Relay();
    const commentary = new Commentary('ws://relay/ws', { WebSocket: relay.WebSocket, baseMs: 1,
        capMs: 4, tokenRetryMs: 1, ...options });
    const seen = { states: [], errors: [], seqs: [] };
    commentary.on('state', ({ state }) => seen.states.push(state));
    commentary.on('error', ({ code }) => seen.errors.push(code));
    commentary.on('entry', ({ entry }) => seen.seqs.push(entry.seq));
    commentary.follow(7);
    commentary.connect();
    t.after(() => commentary.close());
    return { relay, commentary, seen };
}

function inTurn(...tokens) {
    return () => tokens.shift();
}

test('shows a token when the relay asks for one, and subscribes once it is good', async (t) => {
    const { relay, seen } = client(t, { token: async () => 'one' });
    relay.say(welcome);
    await until(() => relay.socket.sent.length === 1);
    assert.deepEqual(relay.heard(), [{ type: 'auth', token: 'one' }]);
    assert.deepEqual(seen.states, ['connecting']);
    relay.say({ type: 'authorised', expires_in_ms: 3600000 });
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7 }]);
    assert.deepEqual(seen.states, ['connecting', 'live']);
    relay.say(subscribed(0), line(1));
    assert.deepEqual(seen.seqs, [1]);
});

test('shows none where everything is public', (t) => {
    const { relay } = client(t, { token: () => assert.fail('asked for a token') });
    relay.welcome();
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7 }]);
});

test('what is followed before the token is good waits for it', async (t) => {
    const { relay, commentary } = client(t, { token: () => 'one' });
    relay.say(welcome);
    commentary.follow(8);
    await until(() => relay.socket.sent.length === 1);
    relay.heard();
    relay.say({ type: 'authorised', expires_in_ms: 3600000 });
    assert.deepEqual(relay.heard().map(({ match }) => match), [7, 8]);
});

test('shows another token before the first one expires, and goes on as it was', async (t) => {
    const { relay, seen } = client(t, { token: inTurn('one', 'two') });
    relay.say(welcome);
    await until(() => relay.socket.sent.length === 1);
    relay.say({ type: 'authorised', expires_in_ms: 1250 }, subscribed(0), line(1));
    relay.heard();
    await until(() => relay.socket.sent.length === 1);
    assert.deepEqual(relay.heard(), [{ type: 'auth', token: 'two' }]);
    relay.say({ type: 'authorised', expires_in_ms: 3600000 }, line(2));
    assert.deepEqual(relay.heard(), []);
    assert.deepEqual(seen.seqs, [1, 2]);
});

test('a token that cannot be renewed is asked for again while the last one is good', async (t) => {
    let asked = 0;
    const { relay, seen } = client(t, { token: () => {
        if (++asked === 2)
            throw new Error('no network');
        return `token ${asked}`;
    } });
    relay.say(welcome);
    await until(() => relay.socket.sent.length === 1);
    relay.say({ type: 'authorised', expires_in_ms: 1250 });
    await until(() => asked === 3);
    await until(() => relay.socket.sent.at(-1).token === 'token 3');
    assert.deepEqual(seen.errors, ['token']);
    assert.equal(relay.sockets.length, 1);
});

test('without a token it goes offline, says why, and tries again', async (t) => {
    const { relay, seen } = client(t);
    relay.say(welcome);
    await until(() => seen.states.includes('offline'));
    assert.deepEqual(seen.errors, ['token']);
    await until(() => relay.sockets.length === 2);
});

test('a token that is a string is shown, and ends', async (t) => {
    const fixed = client(t, { token: 'fixed' });
    const renewing = client(t, { token: inTurn('one', 'two') });
    for (const { relay } of [fixed, renewing]) {
        relay.say(welcome);
        await until(() => relay.socket.sent.length === 1);
    }
    assert.deepEqual(fixed.relay.heard(), [{ type: 'auth', token: 'fixed' }]);
    for (const { relay } of [fixed, renewing])
        relay.say({ type: 'authorised', expires_in_ms: 1250 });
    await until(() => renewing.relay.socket.sent.at(-1).token === 'two');
    assert.deepEqual(fixed.relay.heard(), [{ type: 'subscribe', match: 7 }]);
});

test('a token that comes after the connection was lost is not shown', async (t) => {
    let give;
    const { relay } = client(t, { token: () => new Promise((resolve) => {
        give = resolve;
    }) });
    relay.say(welcome);
    relay.drop();
    await until(() => relay.sockets.length === 2);
    give('late');
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(relay.sockets.flatMap(({ sent }) => sent), []);
});

test('a match that the token does not cover is no longer followed', async (t) => {
    const { relay, commentary, seen } = client(t, { token: () => 'one' });
    relay.say(welcome);
    await until(() => relay.socket.sent.length === 1);
    relay.say({ type: 'authorised', expires_in_ms: 3600000 }, subscribed(0),
        { type: 'error', code: 'forbidden', message: '', match: 7 },
        { type: 'unsubscribed', match: 7 });
    assert.deepEqual(seen.errors, ['forbidden']);
    assert.equal(commentary.position(7), null);
});
