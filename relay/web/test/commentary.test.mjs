import assert from 'node:assert/strict';
import test from 'node:test';
import { Commentary, LOBBY, MAX_MATCHES } from '../commentary.js';
import { Relay, line, subscribed, until } from './socket.mjs';

/* A client that is connected, follows match 7 and records what it is given. */
function client(t, options = {}, follow = { history: 10 }) {
    const relay = new Relay();
    const commentary = new Commentary('ws://relay/ws', { WebSocket: relay.WebSocket, baseMs: 1,
        capMs: 4, ...options });
    const seen = { seqs: [], states: [], errors: [], starts: [], history: [] };
    commentary.on('entry', ({ entry, isHistory }) => {
        seen.seqs.push(entry.seq);
        seen.history.push(isHistory);
    });
    commentary.on('state', (event) => seen.states.push(event.state));
    commentary.on('error', (event) => seen.errors.push(event.code));
    commentary.on('subscribed', (event) => seen.starts.push(event.recovered));
    commentary.follow(7, follow);
    commentary.connect();
    t.after(() => commentary.close());
    relay.welcome();
    return { relay, commentary, seen };
}

test('connects with the subprotocol and subscribes with history', (t) => {
    const { relay } = client(t);
    assert.equal(relay.socket.protocol, 'commentary.v1');
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7, history: 10 }]);
});

test('tells history from news', (t) => {
    const { relay, seen } = client(t);
    relay.say(subscribed(2), line(1), line(2), line(3));
    assert.deepEqual(seen.seqs, [1, 2, 3]);
    assert.deepEqual(seen.history, [true, true, false]);
});

test('a double is dropped', (t) => {
    const { relay, seen } = client(t);
    relay.say(subscribed(1), line(1), line(2), line(2), line(1), line(3));
    assert.deepEqual(seen.seqs, [1, 2, 3]);
});

test('a gap: subscribes again from where it stands, and shows each entry once', async (t) => {
    const { relay, seen } = client(t);
    relay.say(subscribed(1), line(1));
    relay.heard();
    relay.say(line(3), line(4));
    await until(() => relay.socket.sent.length === 2);
    assert.deepEqual(relay.heard(), [{ type: 'unsubscribe', match: 7 },
        { type: 'subscribe', match: 7, since: { epoch: 'a', seq: 1 }, history: 10 }]);
    relay.say(line(5), { type: 'unsubscribed', match: 7 }, subscribed(5, { recovered: true }));
    relay.say(line(2), line(3), line(4), line(5), line(6));
    assert.deepEqual(seen.seqs, [1, 2, 3, 4, 5, 6]);
});

test('after a gap, what was on its way does not pass for an answer', async (t) => {
    const { relay, seen } = client(t);
    relay.say(subscribed(1), line(1));
    relay.heard();
    relay.say(line(3), subscribed(9, { epoch: 'b' }), line(9));
    assert.deepEqual(seen.seqs, [1]);
    await until(() => relay.socket.sent.some(({ type }) => type === 'subscribe'));
});

test('a lost connection is resumed from the last seq', async (t) => {
    const { relay, seen } = client(t);
    relay.say(subscribed(0), line(1), line(2));
    relay.drop();
    await until(() => relay.sockets.length === 2);
    relay.welcome();
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7, since: { epoch: 'a', seq: 2 },
        history: 10 }]);
    relay.say(subscribed(3, { recovered: true }), line(3));
    assert.deepEqual(seen.seqs, [1, 2, 3]);
    assert.deepEqual(seen.states, ['connecting', 'live', 'offline', 'connecting', 'live']);
});

test('a lost socket is let go of at once, whatever it says later', (t) => {
    const { relay } = client(t);
    relay.drop();
    assert.equal(relay.sockets[0].onmessage, null);
    assert.equal(relay.sockets[0].onclose, null);
});

test('an unasked second subscribed (the epoch changed) starts afresh', async (t) => {
    const { relay, seen } = client(t);
    relay.say(subscribed(2), line(1), line(2));
    relay.say(subscribed(1, { epoch: 'b' }), line(1), line(2));
    assert.deepEqual(seen.starts, [false, false]);
    assert.deepEqual(seen.seqs, [1, 2, 1, 2]);
    relay.drop();
    await until(() => relay.sockets.length === 2);
    relay.welcome();
    assert.deepEqual(relay.heard()[0].since, { epoch: 'b', seq: 2 });
});

test('a resume that is not honoured starts afresh', (t) => {
    const { relay, commentary, seen } = client(t, {},
        { since: { epoch: 'old', seq: 90 }, history: 2 });
    assert.deepEqual(relay.heard()[0].since, { epoch: 'old', seq: 90 });
    relay.say(subscribed(5), line(4), line(5));
    assert.deepEqual(seen.seqs, [4, 5]);
    assert.deepEqual(commentary.position(7), { epoch: 'a', seq: 5, head: 5, isCaughtUp: true });
});

test('comes back when bye said so', async (t) => {
    const { relay, commentary } = client(t, { baseMs: 60000, capMs: 60000, random: () => 0 });
    const waits = [];
    commentary.on('state', ({ retryInMs }) => retryInMs !== undefined && waits.push(retryInMs));
    relay.say({ type: 'bye', retry_after_ms: 25 });
    relay.drop(1001);
    assert.deepEqual(waits, [25]);
    await until(() => relay.sockets.length === 2);
    relay.drop();
    assert.deepEqual(waits, [25, 0]);
});

test('waits long after a close that says: mend the client', (t) => {
    const { relay, commentary } = client(t, { capMs: 60000, random: () => 0 });
    const waits = [];
    commentary.on('state', ({ retryInMs }) => waits.push(retryInMs));
    relay.drop(4400);
    assert.deepEqual(waits, [30000]);
});

test('an endless row of failed connections waits longer and longer', async (t) => {
    const { relay, commentary } = client(t, { baseMs: 1, capMs: 16, random: () => 1 });
    const waits = [];
    commentary.on('state', ({ retryInMs }) => retryInMs !== undefined && waits.push(retryInMs));
    for (let count = 1; count <= 6; count += 1) {
        await until(() => relay.sockets.length === count);
        relay.drop();
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 16]);
});

test('after a steady connection the wait is short again', async (t) => {
    const { relay, commentary } = client(t, { baseMs: 1, capMs: 16, random: () => 1, steadyMs: 0 });
    const waits = [];
    commentary.on('state', ({ retryInMs }) => retryInMs !== undefined && waits.push(retryInMs));
    for (let count = 1; count <= 3; count += 1) {
        await until(() => relay.sockets.length === count);
        relay.welcome();
        relay.drop();
    }
    assert.deepEqual(waits, [1, 1, 1]);
});

test('a silent connection is asked for a sign of life, then given up', async (t) => {
    const { relay, seen } = client(t, { quietMs: 20, answerMs: 20, baseMs: 60000, capMs: 60000 });
    relay.heard();
    await until(() => relay.socket.sent.length > 0);
    assert.deepEqual(relay.heard(), [{ type: 'ping' }]);
    relay.say({ type: 'pong' });
    assert.equal(seen.states.at(-1), 'live');
    await until(() => seen.states.at(-1) === 'offline');
    assert.deepEqual(relay.sockets[0].sent, [{ type: 'ping' }]);
    assert.equal(relay.sockets[0].readyState, 3);
});

test('a server that never says welcome is given up', async (t) => {
    const relay = new Relay();
    const commentary = new Commentary('ws://relay/ws',
        { WebSocket: relay.WebSocket, answerMs: 10 });
    t.after(() => commentary.close());
    commentary.connect();
    await until(() => commentary.state === 'offline');
});

test('wake ends the wait for the next attempt', (t) => {
    const { relay, commentary } = client(t, { baseMs: 60000, capMs: 60000, random: () => 1 });
    relay.drop();
    commentary.wake();
    assert.equal(relay.sockets.length, 2);
});

test('stale and live are told', (t) => {
    const { relay, seen } = client(t);
    relay.say({ type: 'stale', since_ms: 5 }, { type: 'live' });
    assert.deepEqual(seen.states, ['connecting', 'live', 'stale', 'live']);
});

test('unavailable: asks again after live', (t) => {
    const { relay } = client(t, { baseMs: 60000, capMs: 60000, random: () => 1 });
    relay.say({ type: 'stale', since_ms: 5 });
    relay.heard();
    relay.say({ type: 'error', code: 'unavailable', message: 'later', match: 7 }, { type: 'live' });
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7, history: 10 }]);
});

test('an unknown match is told, and no longer followed', async (t) => {
    const { relay, commentary, seen } = client(t);
    relay.say({ type: 'error', code: 'unknown_match', message: 'no match 7', match: 7 });
    assert.deepEqual(seen.errors, ['unknown_match']);
    assert.equal(commentary.position(7), null);
    relay.drop();
    await until(() => relay.sockets.length === 2);
    relay.welcome();
    assert.deepEqual(relay.heard(), []);
});

test('unfollow unsubscribes, and what is on its way is not shown', (t) => {
    const { relay, commentary, seen } = client(t);
    relay.say(subscribed(0), line(1));
    relay.heard();
    commentary.unfollow(7);
    relay.say(line(2));
    assert.deepEqual(relay.heard(), [{ type: 'unsubscribe', match: 7 }]);
    assert.deepEqual(seen.seqs, [1]);
});

test('to follow again begins afresh, with more history', (t) => {
    const { relay, commentary, seen } = client(t);
    relay.say(subscribed(1), line(1));
    relay.heard();
    commentary.follow(7, { history: 9999 });
    assert.deepEqual(relay.heard(), [{ type: 'unsubscribe', match: 7 },
        { type: 'subscribe', match: 7, history: 500 }]);
    relay.say(line(2), { type: 'unsubscribed', match: 7 }, subscribed(2), line(1), line(2));
    assert.deepEqual(seen.seqs, [1, 1, 2]);
    assert.deepEqual(relay.heard(), []);
});

test('the lobby is a topic like any other', (t) => {
    const { relay, commentary } = client(t);
    relay.heard();
    commentary.follow(LOBBY);
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 'lobby' }]);
});

test('follows no more matches than the protocol allows', (t) => {
    const { commentary } = client(t);
    for (let match = 100; match < 100 + MAX_MATCHES - 1; match += 1)
        commentary.follow(match);
    assert.throws(() => commentary.follow(1), RangeError);
});

test('what is not commentary.v1 ends the connection', (t) => {
    const { relay, seen } = client(t);
    relay.socket.onmessage({ data: '<html>' });
    assert.equal(seen.states.at(-1), 'offline');
});

test('close is final', async (t) => {
    const { relay, commentary, seen } = client(t);
    commentary.close();
    assert.equal(seen.states.at(-1), 'closed');
    assert.equal(relay.socket.onmessage, null);
    assert.equal(relay.socket.readyState, 3);
});

test('how many are watching is told to whoever asks', () => {
    const relay = new Relay();
    const client = new Commentary('ws://relay/ws', { WebSocket: relay.WebSocket });
    const heard = [];
    client.on('viewers', (event) => heard.push(event));
    client.connect();
    relay.welcome();
    relay.heard();
    client.countViewers(7);
    assert.deepEqual(relay.heard(), [{ type: 'ping', viewers: 7 }]);
    assert.throws(() => client.countViewers('7'), TypeError);
    relay.say({ type: 'pong', match: 7, viewers: 12 }, { type: 'pong' }, { type: 'pong', match: 7, viewers: 'many' });
    assert.deepEqual(heard, [{ match: 7, viewers: 12 }]);
    client.close();
});
