import assert from 'node:assert/strict';
import test from 'node:test';
import { Access } from '../../page/access.js';
import { Commentary } from '../../commentary.js';
import { tokenWordsOf } from '../../words/words.js';
import { Relay, line, subscribed, until } from '../socket.mjs';

const GOOD = 'good.good.good', OTHER = 'other.other.other';
const WELCOME = { type: 'welcome', protocol: 'commentary.v1', live: true, auth_within_ms: 10000 };
const AUTHORISED = { type: 'authorised', expires_in_ms: 3600000 };

/* What the real form keeps in mind, and each reason that it was shown for. */
class View {
    reason = null;
    shown = [];

    get isOpen() {
        return this.reason !== null;
    }

    show(reason) {
        assert.ok(tokenWordsOf(reason), `there are words for ${reason}`);
        if (reason !== this.reason)
            this.shown.push(reason);
        this.reason = reason;
    }

    hide() {
        this.reason = null;
    }
}

/* A page's access, with a token that is kept and one that the address holds, or neither. */
function page(t, { kept = '', inAddress = null } = {}) {
    const relay = new Relay();
    const client = new Commentary('ws://relay/ws', { WebSocket: relay.WebSocket, baseMs: 1,
        capMs: 4, tokenRetryMs: 1, token: () => access.give() });
    const keeper = {
        token: kept,
        keep: (token) => {
            keeper.token = token;
        },
        forget: () => {
            keeper.token = '';
        },
        takeFromAddress: () => {
            const text = inAddress;
            inAddress = null;
            return text;
        },
    };
    const view = new View(), seqs = [], renewals = [];
    const access = new Access({ keeper, view, client, onToken: () => renewals.push(keeper.token) });
    client.on('entry', ({ entry }) => seqs.push(entry.seq));
    client.follow(7);
    access.readAddress();
    client.connect();
    t.after(() => client.close());
    return { relay, client, keeper, view, access, seqs, renewals };
}

/* The relay asks; resolves with the token that it is shown. */
async function shownTo(relay) {
    relay.say(WELCOME);
    await until(() => relay.socket.sent.length > 0);
    return relay.heard()[0].token;
}

function refuse(relay, code, reason) {
    relay.say({ type: 'error', code: reason, message: 'no' });
    relay.socket.onclose({ code, reason });
}

test('without a token the form is shown, and the relay is left in peace', async (t) => {
    const { relay, client, view, access, renewals } = page(t);
    relay.say(WELCOME);
    await until(() => view.isOpen);
    assert.deepEqual([view.reason, client.state], ['none', 'closed']);
    access.take(` ${GOOD}\n`);
    assert.equal(relay.sockets.length, 2);
    assert.equal(await shownTo(relay), GOOD);
    assert.equal(view.reason, 'checking');
    relay.say(AUTHORISED);
    assert.equal(view.isOpen, false);
    assert.deepEqual(relay.heard(), [{ type: 'subscribe', match: 7 }]);
    assert.deepEqual(renewals, [GOOD]);
});

test('where everything is public there is no form, whatever the address holds', (t) => {
    const { relay, client, view } = page(t, { inAddress: 'sesame' });
    relay.welcome();
    assert.deepEqual([view.isOpen, client.state], [false, 'live']);
});

test('the token of the address goes before the one that is kept', async (t) => {
    const { relay, view, keeper } = page(t, { kept: OTHER, inAddress: GOOD });
    assert.equal(await shownTo(relay), GOOD);
    relay.say(AUTHORISED);
    assert.deepEqual([keeper.token, view.shown], [GOOD, []]);
});

test('an address that holds no token but should is told so', async (t) => {
    const { relay, view } = page(t, { kept: GOOD, inAddress: 'sesame' });
    relay.say(WELCOME);
    await until(() => view.isOpen);
    assert.equal(view.reason, 'malformed');
});

test('what is no token is not sent', async (t) => {
    const { relay, view, access } = page(t);
    relay.say(WELCOME);
    await until(() => view.isOpen);
    access.take('sesame');
    assert.equal(view.reason, 'malformed');
    assert.equal(relay.sockets.length, 1);
    assert.deepEqual(relay.heard(), []);
});

for (const [code, reason] of [[4401, 'unauthorised'], [4401, 'expired'], [4403, 'forbidden']]) {
    test(`a token that is refused as ${reason} is forgotten, and asked for`, async (t) => {
        const { relay, client, keeper, view, access } = page(t, { kept: OTHER });
        assert.equal(await shownTo(relay), OTHER);
        refuse(relay, code, reason);
        assert.deepEqual([view.reason, client.state, keeper.token], [reason, 'closed', '']);
        access.take(GOOD);
        assert.equal(await shownTo(relay), GOOD);
        relay.say(AUTHORISED);
        assert.deepEqual([view.isOpen, client.state], [false, 'live']);
    });
}

test('when it expires the form is back, and with another one it goes on', async (t) => {
    const { relay, view, access, seqs } = page(t, { kept: OTHER });
    await shownTo(relay);
    relay.say(AUTHORISED, subscribed(0), line(1));
    relay.socket.onclose({ code: 4401, reason: 'expired' });
    assert.equal(view.reason, 'expired');
    access.take(GOOD);
    await shownTo(relay);
    relay.say(AUTHORISED);
    assert.deepEqual(relay.heard(),
        [{ type: 'subscribe', match: 7, since: { epoch: 'a', seq: 1 } }]);
    relay.say(subscribed(2, { recovered: true }), line(2));
    assert.deepEqual(seqs, [1, 2]);
});

test('before it expires the form is there, and the match goes on behind it', async (t) => {
    const { relay, client, view, access, seqs } = page(t, { kept: OTHER });
    await shownTo(relay);
    relay.say({ type: 'authorised', expires_in_ms: 1250 }, subscribed(0), line(1));
    await until(() => view.isOpen);
    assert.deepEqual([view.reason, client.state], ['expiring', 'live']);
    relay.say(line(2));
    assert.deepEqual(seqs, [1, 2]);
    access.take(GOOD);
    assert.equal(await shownTo(relay), GOOD);
    relay.say(AUTHORISED);
    assert.equal(view.isOpen, false);
});

test('a lost connection is no reason to ask', async (t) => {
    const { relay, view } = page(t, { kept: GOOD });
    await shownTo(relay);
    relay.say(AUTHORISED);
    relay.drop();
    await until(() => relay.sockets.length === 2);
    assert.equal(await shownTo(relay), GOOD);
    assert.deepEqual(view.shown, []);
});

test('what is read while it is offline asks with the token that is kept, and shows no form', async (t) => {
    const { client, access, view, keeper } = page(t, { kept: GOOD });
    client.close();
    assert.equal(access.give(), GOOD);
    keeper.forget();
    assert.deepEqual([access.give(), view.shown], ['', []]);
});
