/* A relay that loses, doubles, breaks off and forgets, by seeded dice: no viewer must notice. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { Commentary } from '../commentary.js';
import { Relay, line, subscribed, until } from './socket.mjs';

const STEPS = 400;

/* mulberry32: small, and the same on every machine. */
function dice(seed) {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

class FaultyRelay extends Relay {
    log = [];
    epoch = 'a';
    followedBy = null;      /* the socket that is subscribed */
    answered = new WeakMap();

    /* Answers what the newest connection has asked since the last time. */
    answer() {
        if (!this.socket.onmessage)
            return;
        if (!this.answered.has(this.socket)) {
            this.answered.set(this.socket, true);
            this.welcome();
        }
        for (const { type, since, history = 0 } of this.heard()) {
            if (type === 'unsubscribe')
                this.followedBy = null;
            if (type === 'subscribe')
                this.#join(since, history);
        }
    }

    #join(since, history) {
        const head = this.log.length;
        const recovered = since?.epoch === this.epoch && since.seq <= head;
        this.followedBy = this.socket;
        this.say(subscribed(head, { epoch: this.epoch, recovered }),
            ...this.log.slice(recovered ? since.seq : Math.max(0, head - history)));
    }

    post(copies) {
        const seq = this.log.length + 1;
        const entry = line(seq, { message: `${this.epoch} ${seq}` });
        this.log.push(entry);
        for (let copy = 0; copy < copies && this.followedBy; copy += 1)
            this.say(entry);
    }

    breakOff() {
        this.followedBy = null;
        if (this.socket.onclose)
            this.drop();
    }

    /* A promoted standby that never got the last lines. */
    failOver(epoch) {
        this.epoch = epoch;
        this.log.length = Math.max(0, this.log.length - 3);
        this.breakOff();
    }
}

for (const seed of [1, 2, 3]) {
    test(`every line once, in order and of one history, dice ${seed}`, async (t) => {
        const roll = dice(seed);
        const relay = new FaultyRelay();
        const commentary = new Commentary('ws://relay/ws', { WebSocket: relay.WebSocket, baseMs: 1,
            capMs: 3, random: roll });
        t.after(() => commentary.close());
        const shown = [];
        commentary.on('subscribed', ({ recovered }) => recovered || shown.splice(0));
        commentary.on('entry', ({ entry }) => shown.push(entry.message));
        commentary.follow(7, { history: 500 });
        commentary.connect();

        for (let step = 0; step < STEPS; step += 1) {
            const fate = roll();
            relay.answer();
            if (fate < 0.03)
                relay.breakOff();
            else if (fate < 0.04)
                relay.failOver(`e${step}`);
            else
                relay.post(fate < 0.1 ? 0 : fate < 0.2 ? 2 : 1);
            if (fate > 0.9)
                await new Promise(setImmediate);
        }

        /* A line that was lost at the very end shows with the next. */
        await until(() => {
            relay.answer();
            return relay.followedBy === relay.socket;
        });
        relay.post(1);
        const log = () => relay.log.map(({ message }) => message);
        await until(() => {
            relay.answer();
            return shown.length === log().length;
        });
        assert.ok(relay.log.length > STEPS / 2);
        assert.deepEqual(shown, log());
    });
}
