/* Which matches are followed: changed in any order, at any time, rightly or wrongly. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { Commentary, LOBBY, MAX_MATCHES } from '../../commentary.js';
import { Relay, line, subscribed, until } from '../socket.mjs';

const unsubscribed = { type: 'unsubscribed', match: 7 };

/* A client that is connected, follows nothing yet and records what it is given of match 7. */
function client(t, options = {}) {
    const relay = new Relay();
    const commentary = new Commentary('ws://relay/ws', { WebSocket: relay.WebSocket, baseMs: 1,
        capMs: 4, ...options });
    const seen = { seqs: [], starts: 0, errors: [], states: [] };
    commentary.on('subscribed', ({ recovered }) => {
        seen.starts += 1;
        if (!recovered)
            seen.seqs = [];
    });
    commentary.on('entry', ({ match, entry }) => match === 7 && seen.seqs.push(entry.seq));
    commentary.on('error', ({ code, match }) => seen.errors.push([code, match]));
    commentary.on('state', ({ state }) => seen.states.push(state));
    commentary.connect();
    t.after(() => commentary.close());
    relay.welcome();
    return { relay, commentary, seen };
}

function refused(code, match) {
    return { type: 'error', code, message: 'because', match };
}

/* Lines first … last of match 7. */
function lines(first, last) {
    return Array.from({ length: last - first + 1 }, (_, i) => line(first + i));
}

test('followed twice before the first answer: the second one counts', (t) => {
    const { relay, commentary, seen } = client(t);
    commentary.follow(7, { history: 5 });
    commentary.follow(7, { since: { epoch: 'a', seq: 5 } });
    relay.say(subscribed(10), ...lines(6, 10), unsubscribed, subscribed(10, { recovered: true }),
        ...lines(6, 11));
    assert.deepEqual(seen.seqs, [6, 7, 8, 9, 10, 11]);
    assert.equal(seen.starts, 1);
});

test('followed twice, with more history the second time', (t) => {
    const { relay, commentary, seen } = client(t);
    commentary.follow(7);
    commentary.follow(7, { history: 5 });
    relay.say(subscribed(10), unsubscribed, subscribed(10), ...lines(6, 11));
    assert.deepEqual(seen.seqs, [6, 7, 8, 9, 10, 11]);
    assert.equal(seen.starts, 1);
});

test('unfollowed and followed again before the first answer', (t) => {
    const { relay, commentary, seen } = client(t);
    commentary.follow(7);
    commentary.unfollow(7);
    commentary.follow(7, { history: 2 });
    relay.say(subscribed(10), line(11), unsubscribed, subscribed(11), ...lines(10, 12));
    assert.deepEqual(seen.seqs, [10, 11, 12]);
});

test('the relay may answer the first one only after the unsubscribe, or with an error', (t) => {
    const { relay, commentary, seen } = client(t);
    commentary.follow(7, { history: 1 });
    commentary.follow(7, { history: 2 });
    commentary.follow(7, { history: 3 });
    relay.say(refused('unknown_match', 7), refused('not_subscribed', 7),
        unsubscribed, subscribed(3), ...lines(1, 4));
    assert.deepEqual(seen.seqs, [1, 2, 3, 4]);
    assert.deepEqual(seen.errors, []);
});

test('a token that covers less may end it while it is begun again', (t) => {
    const { relay, commentary, seen } = client(t);
    commentary.follow(7);
    relay.say(subscribed(0));
    commentary.follow(7);
    relay.say(refused('forbidden', 7), unsubscribed, refused('not_subscribed', 7));
    assert.deepEqual(seen.errors, []);
    assert.notEqual(commentary.position(7), null);
    relay.say(refused('forbidden', 7));
    assert.deepEqual(seen.errors, [['forbidden', 7]]);
    assert.equal(commentary.position(7), null);
});

test('unfollowed: what comes late is neither shown nor told', (t) => {
    const { relay, commentary, seen } = client(t);
    commentary.follow(7);
    commentary.unfollow(7);
    relay.say(refused('unknown_match', 7), refused('not_subscribed', 7), subscribed(3), line(4));
    assert.deepEqual([seen.seqs, seen.errors, seen.starts], [[], [], 0]);
    assert.equal(commentary.position(7), null);
});

test('a connection that is lost in between begins with what is wanted now', async (t) => {
    const { relay, commentary, seen } = client(t);
    commentary.follow(7, { history: 1 });
    commentary.follow(8);
    relay.say(subscribed(1), line(1));
    commentary.follow(7, { history: 2 });
    commentary.unfollow(8);
    relay.drop();
    await until(() => relay.sockets.length === 2);
    relay.welcome();
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7, history: 2 }]);
    relay.say(subscribed(2), ...lines(1, 2));
    assert.deepEqual(seen.seqs, [1, 2]);
});

test('unsubscribed unasked: is subscribed to again where it stood', async (t) => {
    const { relay, commentary } = client(t);
    commentary.follow(7);
    relay.say(subscribed(3));
    relay.heard();
    relay.say(unsubscribed);
    await until(() => relay.socket.sent.length === 1);
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7, since: { epoch: 'a', seq: 3 } }]);
});

/* Two parts of a page that share the client: what both hold is begun again for both. */
test('followed by two: each shows each line once', (t) => {
    const { relay, commentary, seen } = client(t);
    commentary.follow(7, { history: 3 });
    relay.say(subscribed(3), ...lines(1, 4));
    commentary.follow(7, { history: 3 });
    relay.say(line(5), unsubscribed, subscribed(5), ...lines(3, 6));
    assert.deepEqual(seen.seqs, [3, 4, 5, 6]);
});

test('history and since together: since is asked for first', (t) => {
    const { relay, commentary } = client(t);
    commentary.follow(7, { history: 5, since: { epoch: 'a', seq: 2 } });
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7,
        since: { epoch: 'a', seq: 2 }, history: 5 }]);
});

test('a position without a place yet is no place to resume', (t) => {
    const { relay, commentary } = client(t);
    commentary.follow(8);
    commentary.follow(7, { since: commentary.position(8), history: null });
    assert.deepEqual(relay.heard()[1], { type: 'subscribe', match: 7 });
});

for (const [match, said] of [
    ['5', 'the string "5": pass Number("5")'], ['', 'the string ""'], ['Lobby', 'the string "Lobby"'],
    [5n, 'the bigint 5n: pass Number(5n)'], [2n ** 60n, `the bigint ${2n ** 60n}n`],
    [NaN, 'NaN'], [undefined, 'undefined'], [null, 'null'], [0, '0'], [-5, '-5'], [7.5, '7.5'],
    [2 ** 53, '9007199254740992'], [Infinity, 'Infinity'], [true, 'true'], [[7], 'an array'],
    [{ match: 7 }, 'an object'], [Symbol('7'), 'a symbol'], [() => 7, 'a function'],
    ['x'.repeat(5000), `the string "${'x'.repeat(40)}…"`],
]) {
    test(`a match cannot be ${said.slice(0, 40)}`, (t) => {
        const { relay, commentary, seen } = client(t);
        commentary.follow(7);
        relay.say(subscribed(0));
        relay.heard();
        for (const call of [() => commentary.follow(match), () => commentary.unfollow(match)]) {
            assert.throws(call, (error) => error instanceof TypeError
                && error.message === 'a match is a whole number from 1 to 2 ** 53 - 1, or \'lobby\','
                    + ` and not ${said}`);
        }
        assert.equal(commentary.position(match), null);
        relay.say(line(1));
        assert.deepEqual([relay.heard(), seen.seqs], [[], [1]]);
    });
}

test('history and since are checked as well', (t) => {
    const { relay, commentary } = client(t);
    for (const history of [-1, 1.5, NaN, '5', Infinity, [], true, 5n])
        assert.throws(() => commentary.follow(7, { history }), /^TypeError: history is a whole number/);
    for (const since of [5, 'a:5', {}, [], { seq: 5 }, { epoch: '', seq: 5 }, { epoch: 'a' },
        { epoch: 'a', seq: -1 }, { epoch: 'a', seq: '5' }, { epoch: 'a', seq: 2 ** 53 },
        { epoch: 'x'.repeat(65), seq: 5 }, { epoch: 7, seq: 5 }, true, 5n])
        assert.throws(() => commentary.follow(7, { since }), /^TypeError: since is \{ epoch, seq \}/);
    assert.deepEqual([relay.heard(), commentary.position(7)], [[], null]);
});

/* Of a relay that is stricter than we are, or knows better. */
for (const code of ['bad_request', 'unknown_match', 'forbidden', 'too_many_matches']) {
    test(`${code}: that match is left, the other one goes on`, async (t) => {
        const { relay, commentary, seen } = client(t);
        commentary.follow(8);
        commentary.follow(7);
        relay.say(refused(code, 8), subscribed(0), line(1));
        assert.deepEqual([seen.seqs, seen.errors], [[1], [[code, 8]]]);
        relay.drop();
        await until(() => relay.sockets.length === 2);
        relay.welcome();
        assert.deepEqual(relay.heard().map(({ match }) => match), [7]);
    });
}

test('already_subscribed begins that match again, and ends no other one', async (t) => {
    const { relay, commentary, seen } = client(t);
    commentary.follow(8);
    commentary.follow(7);
    relay.say(subscribed(0), refused('already_subscribed', 8), line(1));
    await until(() => relay.socket.sent.length === 4);
    assert.deepEqual(relay.heard().slice(2).map(({ type, match }) => [type, match]),
        [['unsubscribe', 8], ['subscribe', 8]]);
    assert.deepEqual([seen.seqs, relay.sockets.length], [[1], 1]);
});

test('an error without a match, or of one that is not followed, changes nothing', (t) => {
    const { relay, commentary, seen } = client(t);
    commentary.follow(7);
    relay.say(subscribed(0), refused('bad_request'), refused('unknown_match', 9), line(1));
    assert.deepEqual([seen.seqs, seen.errors.length], [[1], 2]);
});

test('a listener may follow again at once', (t) => {
    const { relay, commentary } = client(t);
    let left = 3;
    commentary.on('error', ({ match }) => left-- > 0 && commentary.follow(match));
    commentary.follow(7);
    for (let i = 0; i < 4; i += 1)
        relay.say(refused('forbidden', 7), unsubscribed);
    assert.equal(relay.heard().length, 4);
    assert.equal(commentary.position(7), null);
});

test('as many matches as the relay allows, and one more when one was left', (t) => {
    const { relay, commentary } = client(t);
    commentary.follow(LOBBY);
    for (let match = 1; match < MAX_MATCHES; match += 1)
        commentary.follow(match);
    commentary.follow(7);
    assert.throws(() => commentary.follow(500), RangeError);
    relay.heard();
    commentary.unfollow(7);
    commentary.follow(500);
    assert.notEqual(commentary.position(500), null);
});

test('what changes faster than the relay takes it is said once, as it is at last', async (t) => {
    const beganMs = performance.now();
    const { relay, commentary } = client(t);
    for (let i = 0; i < 10000; i += 1) {
        commentary.follow(7, { history: i % 100 });
        commentary.follow(100 + i % 100);
        commentary.unfollow(100 + i % 100);
    }
    commentary.follow(7, { history: 42 });
    assert.ok(relay.socket.sent.length <= 128 + 40 * (performance.now() - beganMs) / 1000);
    const held = new Map();
    await until(() => {
        for (const { type, match, history } of relay.heard()) {
            assert.equal(held.has(match), type === 'unsubscribe');
            if (type === 'subscribe')
                held.set(match, history);
            else
                held.delete(match);
        }
        return held.size === 1 && held.get(7) === 42;
    });
});
