/* Several subscriptions to one match: the relay is told once, and each has what it wants. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Commentary, LOBBY } from '../../commentary.js';
import { Relay, line, subscribed, until } from '../socket.mjs';

/* answer(before, limit): the entries with which the relay answers over HTTP; asked: what it was asked for. */
function connected(answer = () => assert.fail('nothing has to be read')) {
    const relay = new Relay(), asked = [];
    const fetch = async (address) => {
        const url = new URL(address);
        asked.push(url.pathname + url.search);
        return { status: 200, json: async () => ({ epoch: 'a', head: 0, entries:
            await answer(Number(url.searchParams.get('before')), Number(url.searchParams.get('limit'))) }) };
    };
    const client = new Commentary('ws://relay/ws', { WebSocket: relay.WebSocket, fetch, baseMs: 1, capMs: 1 });
    client.connect();
    return { relay, client, asked };
}

/* What a subscription is told, shortly. */
function record(subscription) {
    const heard = [];
    subscription.on('subscribed', ({ recovered, head }) => heard.push(recovered ? 'resumed' : `began at ${head}`));
    subscription.on('entry', ({ entry, isHistory }) => heard.push(isHistory ? -entry.seq : entry.seq));
    subscription.on('error', ({ code }) => heard.push(code));
    subscription.on('end', () => heard.push('end'));
    return heard;
}

const state = (home_score, match = 7) => ({ match, home: 'A', away: 'B', status: 'live', home_score });
const lines = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => line(from + i));
const settle = () => new Promise((resolve) => setTimeout(resolve));

test('a header and a feed share what the relay is asked for once', () => {
    const { relay, client } = connected();
    const header = client.subscribe(7), feed = client.subscribe(7, { history: 50 });
    const heard = { header: record(header), feed: record(feed) };
    relay.welcome();
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7, history: 50 }]);
    relay.say({ ...subscribed(2), state: state(0) }, line(1), line(2), line(3),
        { type: 'match', match: 7, seq: 4, state: state(1) });
    assert.deepEqual(heard, { header: ['began at 2', 3, 4], feed: ['began at 2', -1, -2, 3, 4] });
    assert.deepEqual([header.state, feed.state], [state(1), state(1)]);
    assert.equal(header.entries.length, 1);
    header.unsubscribe();
    relay.say(line(5));
    assert.deepEqual(relay.heard(), []);
    assert.deepEqual(heard, { header: ['began at 2', 3, 4, 'end'], feed: ['began at 2', -1, -2, 3, 4, 5] });
    feed.unsubscribe();
    assert.deepEqual(relay.heard(), [{ type: 'unsubscribe', match: 7 }]);
    client.close();
});

test('one that comes later begins with what is in memory', async () => {
    const { relay, client } = connected();
    client.subscribe(7, { history: 5 });
    relay.welcome();
    relay.say({ ...subscribed(3), state: state(0) }, ...lines(1, 3), { type: 'match', match: 7, seq: 4, state: state(1) });
    relay.heard();
    const later = client.subscribe(7, { history: 2 }), latest = client.subscribe(7);
    const heard = [record(later), record(latest)];
    await Promise.all([later.ready(), latest.ready()]);
    relay.say(line(5));
    assert.deepEqual(heard, [['began at 4', -2, -3, -4, 5], ['began at 4', 5]]);
    assert.deepEqual([later.state, latest.state], [state(1), state(1)]);
    assert.deepEqual(relay.heard(), [], 'the relay hears nothing of it');
    const seen = [];
    for await (const { seq } of client.subscribe(7, { history: 2 }))
        if (seen.push(seq) === 2)
            break;
    assert.deepEqual(seen, [3, 4], 'lines 3 and 5, and what stands between them');
    client.close();
});

test('what memory lacks is read, and what comes meanwhile is neither missed nor doubled', async () => {
    let letThrough;
    const { relay, client, asked } = connected((before, limit) => new Promise((resolve) => {
        letThrough = () => resolve(lines(before - limit, before - 1));
    }));
    client.subscribe(7);
    relay.welcome();
    relay.say(subscribed(20), line(21));
    const later = client.subscribe(7, { history: 4 }), heard = record(later);
    assert.equal(later.position.seq, null, 'it has no place yet');
    await until(() => letThrough);
    relay.say(line(22));
    letThrough();
    await later.ready();
    relay.say(line(23));
    assert.deepEqual(asked, ['/matches/7/commentary?before=21&limit=3']);
    assert.deepEqual(heard, ['began at 22', -19, -20, -21, -22, 23]);
    assert.deepEqual(later.position, { epoch: 'a', seq: 23, head: 20, isCaughtUp: true });
    client.close();
});

test('where nothing can be read it begins with less, and says so', async () => {
    const { relay, client } = connected(() => {
        throw new Error('blocked');
    });
    client.subscribe(7);
    relay.welcome();
    relay.say(subscribed(20), line(21));
    const later = client.subscribe(7, { history: 4 }), heard = record(later);
    await later.ready();
    assert.deepEqual(heard, ['began at 21', -21, 'http']);
    assert.equal(later.isEnded, false);
    client.close();
});

test('while the relay is away it waits, and reads then', async () => {
    let isAway = true;
    const { relay, client } = connected((before, limit) => {
        if (isAway)
            throw new Error('away');
        return lines(before - limit, before - 1);
    });
    client.subscribe(7);
    relay.welcome();
    relay.say(subscribed(20));
    relay.drop();
    const later = client.subscribe(7, { history: 2 }), heard = record(later);
    await settle();
    assert.deepEqual(heard, []);
    isAway = false;
    await until(() => relay.sockets.length > 1);
    relay.welcome();
    relay.say(subscribed(21, { recovered: true }), line(21));
    await later.ready();
    assert.deepEqual(heard, ['began at 21', -20, -21]);
    client.close();
});

test('all of them resume, and all begin afresh, each as it began', async () => {
    const { relay, client } = connected();
    const heard = [{ history: 3 }, {}, { history: 1 }].map((options) => record(client.subscribe(7, options)));
    relay.welcome();
    relay.say(subscribed(3), ...lines(1, 3), line(4));
    assert.deepEqual(heard, [['began at 3', -1, -2, -3, 4], ['began at 3', 4], ['began at 3', -3, 4]]);
    relay.drop();
    await until(() => relay.sockets.length > 1);
    relay.welcome();
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7, since: { epoch: 'a', seq: 4 }, history: 3 }]);
    heard.forEach((each) => each.splice(0));
    relay.say(subscribed(5, { recovered: true }), line(5));
    assert.deepEqual(heard, [['resumed', -5], ['resumed', -5], ['resumed', -5]]);
    heard.forEach((each) => each.splice(0));
    relay.say(subscribed(3, { epoch: 'b' }), ...lines(1, 3), line(4));
    assert.deepEqual(heard, [['began at 3', -1, -2, -3, 4], ['began at 3', 4], ['began at 3', -3, 4]]);
    client.close();
});

test('one resumes where it was, if the others are in the same epoch', async () => {
    const { relay, client } = connected((before, limit) => lines(Math.max(1, before - limit), before - 1));
    client.subscribe(7, { history: 1 });
    relay.welcome();
    relay.say(subscribed(1200), line(1200), line(1201));
    const resume = (epoch, seq) => record(client.subscribe(7, { since: { epoch, seq }, history: 1 }));
    const heard = [resume('a', 1200), resume('a', 1198), resume('a', 1), resume('other', 1200)];
    await until(() => heard.every(({ length }) => length > 0));
    relay.say(line(1202));
    assert.deepEqual(heard, [['resumed', -1201, 1202], ['resumed', -1199, -1200, -1201, 1202],
        ['began at 1201', -1201, 1202], ['began at 1201', -1201, 1202]]);
    client.close();
});

test('what ends the match ends all of them, and follow() stands beside them', () => {
    const { relay, client } = connected();
    client.follow(7, { history: 2 });
    relay.welcome();
    const one = client.subscribe(7, { history: 2 }), two = client.subscribe(7, { history: 2 });
    one.unsubscribe();
    two.unsubscribe();
    assert.notEqual(client.position(7), null, 'follow() goes on without subscriptions');
    const three = client.subscribe(7, { history: 2 }), four = client.subscribe(7, { history: 2 });
    client.unfollow(7);
    assert.notEqual(client.position(7), null, 'and they without it');
    for (const { type } of relay.heard())       /* as often as it was asked */
        relay.say(type === 'unsubscribe' ? { type: 'unsubscribed', match: 7 } : subscribed(0));
    relay.say({ type: 'error', code: 'unknown_match', message: 'none', match: 7 });
    assert.deepEqual([three, four].map(({ error }) => error.code), ['unknown_match', 'unknown_match']);
    assert.equal(client.position(7), null);
    assert.equal(client.subscribe(7).isEnded, false);
    client.close();
});

test('one that subscribes again when all have ended begins anew', () => {
    const { relay, client } = connected();
    client.subscribe(7).on('end', () => client.subscribe(7));
    client.subscribe(7);
    relay.welcome();
    relay.heard();
    relay.say({ type: 'error', code: 'unknown_match', message: 'none', match: 7 });
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7 }]);
    client.close();
});

test('the lobby is shared, too', async () => {
    const { relay, client } = connected();
    client.subscribe(LOBBY);
    relay.welcome();
    relay.say({ ...subscribed(1), match: LOBBY, state: [state(0)] },
        { type: 'match', match: LOBBY, seq: 2, state: state(1) },
        { type: 'match_created', match: LOBBY, seq: 3, state: state(0, 8) });
    const later = client.subscribe(LOBBY, { history: 100 }), heard = record(later);
    await later.ready();
    assert.deepEqual(later.state, [state(1), state(0, 8)]);
    assert.deepEqual(heard, ['began at 3', -2, -3]);
    client.close();
});

/* A relay with a log, whose members come and go as chance has it; seeded, so that a failure can be seen again. */
class Chance {
    #seed;

    constructor(seed) {
        this.#seed = seed;
    }

    below(n) {
        this.#seed = (this.#seed * 1103515245 + 12345) % 2147483648;
        return Math.floor(this.#seed / 65536) % n;
    }
}

function answerAsRelay(relay, log, epoch) {
    for (const { type, since, history = 0 } of relay.heard()) {
        const recovered = since?.epoch === epoch.name;
        const from = recovered ? since.seq + 1 : Math.max(1, log.length - history + 1);
        relay.say(type === 'unsubscribe' ? { type: 'unsubscribed', match: 7 }
            : { ...subscribed(log.length, { epoch: epoch.name, recovered }) });
        if (type === 'subscribe')
            relay.say(...log.slice(from - 1));
    }
}

/* Each seq once and in order since it last began, from where it wanted to, to the end. */
function assertWhole({ heard, history, since }, log, hint) {
    const start = heard.findLastIndex((event) => typeof event === 'string');
    const isResumed = heard[start] === 'resumed';
    const seqs = heard.filter((event) => typeof event === 'number').map(Math.abs);
    const mine = isResumed ? seqs : heard.slice(start + 1).map(Math.abs);
    const head = isResumed ? null : Number(heard[start].slice('began at '.length));
    const first = isResumed ? since?.seq + 1 : Math.max(1, head - history + 1);
    const expected = log.slice((isResumed && !since ? mine[0] : first) - 1).map(({ seq }) => seq);
    assert.deepEqual(mine, expected, hint);
}

test('whatever comes in whatever order, each has every entry once', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
        const chance = new Chance(seed), epoch = { name: 'a' }, log = lines(1, chance.below(30));
        const { relay, client } = connected((before, limit) => log.slice(Math.max(0, before - 1 - limit), before - 1));
        const members = [];
        const join = () => {
            const history = chance.below(2) * chance.below(20);
            const since = chance.below(3) || log.length === 0 ? null : { epoch: 'a', seq: 1 + chance.below(log.length) };
            const subscription = client.subscribe(7, { history, since });
            members.push({ subscription, heard: record(subscription), history, since });
        };
        const leave = () => members.splice(chance.below(members.length), 1)[0]?.subscription.unsubscribe();
        const speak = () => {
            log.push(line(log.length + 1));
            if (client.state === 'live' && client.position(7)?.epoch)
                relay.say(log.at(-1));
        };
        const reconnect = async () => {
            const count = relay.sockets.length;
            relay.drop();
            await until(() => relay.sockets.length > count);
            relay.welcome();
        };
        relay.welcome();
        for (let step = 0; step < 60; step += 1) {
            await [join, leave, speak, speak, speak, settle, step % 20 === 19 ? reconnect : speak][chance.below(7)]();
            if (chance.below(3) === 0)
                answerAsRelay(relay, log, epoch);
        }
        answerAsRelay(relay, log, epoch);
        await until(() => members.every(({ heard }) => heard.length > 0));
        await settle();
        speak();
        for (const [i, member] of members.entries())
            assertWhole(member, log, `seed ${seed}, member ${i}: ${member.heard}`);
        client.close();
    }
});
