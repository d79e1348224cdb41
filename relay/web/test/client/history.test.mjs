import assert from 'node:assert/strict';
import test from 'node:test';
import { Commentary, Timeline } from '../../commentary.js';

const correction = (op, seq, ref_seq, members) => ({ type: 'commentary', match: 7, seq, op, ref_seq, ...members });
const line = (seq) => ({ type: 'commentary', match: 7, seq, op: 'insert', message: `line ${seq}` });
const messages = (timeline) => timeline.entries.map(({ seq, message }) => `${seq} ${message}`);

/* A client of a relay that answers so; asked: what it was asked for. */
function clientOf(status, document, options = {}) {
    const asked = [];
    const client = new Commentary('wss://relay.example/live/ws', { WebSocket: class {}, ...options,
        fetch: async (url, { headers }) => {
            asked.push([url, headers]);
            return { status, json: async () => document };
        } });
    return { client, asked };
}

/* The same of a relay that wants this token. */
function clientOfOneThatWants(wanted, document, options) {
    const asked = [];
    const client = new Commentary('wss://relay.example/live/ws', { WebSocket: class {}, ...options,
        fetch: async (url, { headers: { Authorization } }) => {
            asked.push(Authorization);
            return Authorization === `Bearer ${wanted}` ? { status: 200, json: async () => document }
                : { status: 401, json: async () => ({ code: 'unauthorised', message: 'no' }) };
        } });
    return { client, asked };
}

test('older lines are read over HTTP, from the same relay and with the token', async () => {
    const { client, asked } = clientOf(200, { epoch: 'e', head: 9, entries: [line(1), line(2)] },
        { token: 'secret' });
    const older = await client.history(7, { before: 3, limit: 50 });
    assert.deepEqual(asked, [['https://relay.example/live/matches/7/commentary?before=3&limit=50',
        { Authorization: 'Bearer secret' }]]);
    assert.deepEqual(older, { epoch: 'e', head: 9, entries: [line(1), line(2)], isWhole: true });
});

test('nothing before it is the end, and an entry that is not the first is not', async () => {
    assert.equal((await clientOf(200, { entries: [] }).client.history(7, { before: 1 })).isWhole, true);
    assert.equal((await clientOf(200, { entries: [line(2)] }).client.history(7, { before: 3 })).isWhole, false);
});

test('what the relay refuses, and what is asked for wrongly, is told', async () => {
    const { client } = clientOf(404, { code: 'unknown_match', message: 'there is no match of that number' });
    await assert.rejects(client.history(7, { before: 3 }), { name: 'CommentaryError', code: 'unknown_match', match: 7 });
    await assert.rejects(client.history(7), { name: 'TypeError' });
    await assert.rejects(client.history('7', { before: 3 }), { name: 'TypeError' });
    await assert.rejects(client.history(7, { before: 3, limit: -1 }), { name: 'TypeError' });
});

test('a signal and a relay that does not answer end it', async () => {
    const never = (url, { signal }) => new Promise((_, reject) => {
        if (signal.aborted)
            reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason));
    });
    const client = new Commentary('ws://relay.example/ws', { WebSocket: class {}, fetch: never, answerMs: 20 });
    await assert.rejects(client.history(7, { before: 3 }), { code: 'http' });
    await assert.rejects(client.history(7, { before: 3, signal: AbortSignal.abort('enough') }),
        (reason) => reason === 'enough');
});

test('older entries go before those held, with corrections that came first', () => {
    const timeline = new Timeline();
    timeline.apply(line(50));
    timeline.apply(correction('amend', 51, 10, { message: 'amended later' }));
    timeline.apply(correction('retract', 52, 11));
    timeline.apply(correction('amend', 53, 50, { message: 'line 50 put right' }));
    assert.equal(timeline.prepend([line(10), line(11), line(12),
        correction('amend', 13, 10, { message: 'amended first', minute: 4 }),
        correction('amend', 14, 5, { message: 'of a line that is still older' })]), true);
    assert.deepEqual(messages(timeline), ['10 amended later', '12 line 12', '50 line 50 put right']);
    assert.equal(timeline.get(10).minute, 4);
    timeline.apply(correction('amend', 54, 5, { minute: 3 }));
    assert.equal(timeline.prepend([line(4), line(5)]), true);
    assert.deepEqual(messages(timeline).slice(0, 2), ['4 line 4', '5 of a line that is still older']);
    assert.equal(timeline.get(5).minute, 3);
});

test('a reinstated entry stays as it is when its line comes', () => {
    const timeline = new Timeline();
    timeline.apply(line(50));
    timeline.apply(correction('retract', 51, 10));
    timeline.apply(correction('reinstate', 52, 10, { message: 'back' }));
    assert.equal(timeline.prepend([line(9), line(10), line(11)]), true);
    assert.deepEqual(messages(timeline), ['9 line 9', '10 back', '11 line 11', '50 line 50']);
});

test('a timeline that is full takes no older entries, nor one that has forgotten some', () => {
    const timeline = new Timeline({ limit: 3 });
    timeline.apply(line(50));
    assert.equal(timeline.prepend([line(47), line(48), line(49)]), false);
    assert.equal(timeline.prepend([line(48), line(49)]), true);
    timeline.apply(line(51));
    assert.equal(timeline.prepend([]), false);
    timeline.reset();
    assert.equal(timeline.prepend([line(1)]), true);
});

test('5,000 lines are read page by page', () => {
    const timeline = new Timeline({ limit: 6000 });
    timeline.apply(line(5001));
    for (let first = 4501; first >= 1; first -= 500)
        assert.equal(timeline.prepend(Array.from({ length: 500 }, (_, i) => line(first + i))), true);
    assert.equal(timeline.size, 5001);
    assert.deepEqual(timeline.entries.map(({ seq }) => seq), Array.from({ length: 5001 }, (_, i) => i + 1));
});

test('older lines ask nobody for a token: it is the one that the relay has taken, or none', async () => {
    for (const wants of [true, false]) {
        let calls = 0, socket;
        const { client, asked } = clientOf(200, { entries: [line(1)] }, { token: () => `token ${++calls}`,
            WebSocket: class { readyState = 1; constructor() { socket = this; } send() {} close() {} } });
        const say = (message) => socket.onmessage({ data: JSON.stringify(message) });
        client.connect();
        say({ type: 'welcome', live: true, ...wants ? { auth_within_ms: 1000 } : {} });
        await new Promise((resolve) => setTimeout(resolve));
        if (wants)
            say({ type: 'authorised' });
        await client.history(7, { before: 3 });
        assert.deepEqual(asked[0][1], wants ? { Authorization: 'Bearer token 1' } : {});
        assert.equal(calls, wants ? 1 : 0);
        client.close();
    }
});

test('before a relay is connected to, a function is asked for a token when the relay wants one', async () => {
    const { client, asked } = clientOfOneThatWants('secret', { entries: [line(1)] }, { token: async () => 'secret' });
    assert.equal((await client.history(7, { before: 3 })).entries.length, 1);
    assert.deepEqual(asked, [undefined, 'Bearer secret']);
    await assert.rejects(clientOfOneThatWants('secret', {}, { token: () => 'another' }).client.history(7, { before: 3 }),
        { code: 'unauthorised' });
    await assert.rejects(clientOfOneThatWants('secret', {}, {}).client.history(7, { before: 3 }), { code: 'unauthorised' });
    await clientOf(200, { entries: [] }, { token: () => assert.fail('asked for a token') }).client.history(7, { before: 3 });
});
