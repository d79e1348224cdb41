import assert from 'node:assert/strict';
import test from 'node:test';

import { Commentary } from '../../commentary.js';

const match = (number) => ({ match: number, status: 'finished', home: `H${number}`, away: `A${number}` });

/* A client of a relay that answers so; asked: what it was asked for. */
function clientOf(status, document) {
    const asked = [];
    const client = new Commentary('wss://relay.example/live/ws', { WebSocket: class {}, token: 'secret',
        fetch: async (url, { headers, signal }) => {
            signal.throwIfAborted();
            asked.push([url, headers]);
            return { status, json: async () => document };
        } });
    return { client, asked };
}

test('a page of matches is read over HTTP, from the same relay and with the token', async () => {
    const { client, asked } = clientOf(200, { matches: [match(8)], next: 8 });
    assert.deepEqual(await client.matches({ before: 9, status: ['finished', 'cancelled'], competition: 'A+B & C', limit: 1 }),
        { matches: [match(8)], next: 8 });
    assert.deepEqual(asked, [['https://relay.example/live/matches?before=9&status=finished%2Ccancelled'
        + '&competition=A%2BB+%26+C&limit=1', { Authorization: 'Bearer secret' }]]);
    await client.matches({ status: 'live' });
    assert.equal(asked[1][0], 'https://relay.example/live/matches?status=live&limit=100');
});

test('all matches are asked for so that no relay answers with its scoreboard', async () => {
    const { client, asked } = clientOf(200, { matches: [], next: null });
    await client.matches();
    assert.equal(asked[0][0], 'https://relay.example/live/matches?limit=100');
    assert.deepEqual(await clientOf(200, { matches: [match(8)] }).client.matches(), { matches: [match(8)], next: null });
});

test('a relay without such pages says so, and one that refuses says why', async () => {
    const { client } = clientOf(200, { match: 'lobby', epoch: 'e', head: 3, state: [match(1)] });
    await assert.rejects(client.matches({ before: 9 }), { name: 'CommentaryError', code: 'unsupported' });
    await assert.rejects(clientOf(501, { code: 'unsupported', message: 'too old' }).client.matches({ before: 9 }),
        { name: 'CommentaryError', code: 'unsupported', message: 'too old' });
    await assert.rejects(client.matches({ signal: AbortSignal.abort(new Error('enough')) }), { message: 'enough' });
    for (const wrong of [{ before: 0 }, { before: '9' }, { limit: 0 }, { limit: 101 }, { status: [] }, { status: 7 },
        { competition: '' }])
        await assert.rejects(client.matches(wrong), { name: 'TypeError' }, JSON.stringify(wrong));
});

test('an answer that is not of a relay is an error that says so', async () => {
    for (const [status, body, message] of [[502, '<html>Bad Gateway</html>', 'HTTP 502'], [503, '', 'HTTP 503'], [504, 'null', 'HTTP 504'],
        [200, '<!doctype html><title>Log in</title>', /is the address right/], [200, '', /is the address right/], [200, 'null', /is the address right/],
        [200, '"hello"', /is the address right/]]) {
        const client = new Commentary('wss://relay.example/ws', { WebSocket: class {}, fetch: async () => new Response(body, { status }) });
        await assert.rejects(client.matches(), { name: 'CommentaryError', code: 'http', message }, body);
        await assert.rejects(client.history(7, { before: 9 }), { name: 'CommentaryError', code: 'http', message, match: 7 }, body);
    }
});

test('a read that is given up while its answer comes rejects with the reason', async () => {
    const stopper = new AbortController();
    const client = new Commentary('wss://relay.example/ws', { WebSocket: class {}, fetch: async (url, { signal }) => new Response(
        new ReadableStream({ start: (body) => signal.addEventListener('abort', () => body.error(signal.reason)) })) });
    const reading = client.matches({ signal: stopper.signal });
    setTimeout(() => stopper.abort(new Error('enough')));
    await assert.rejects(reading, { message: 'enough' });
});
