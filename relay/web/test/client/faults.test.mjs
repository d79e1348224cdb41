/*
 * A relay that loses, doubles, breaks off and forgets, over a wire that takes its time, and
 * a person who changes their mind, by seeded dice: what is shown must be the match, once.
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import { Commentary } from '../../commentary.js';
import { Relay, line, subscribed, until } from '../socket.mjs';

const STEPS = 600;

/* mulberry32: small, and the same on every machine. */
function dice(seed) {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

/* One connection of it: what it has read, and what is on its way to the client. */
class Wire {
    isFollowed = false;
    isLoading = null;       /* the subscribe that it has read and not answered yet */
    onItsWay = [{ type: 'welcome', protocol: 'commentary.v1', live: true }];

    constructor(socket) {
        this.socket = socket;
    }
}

class FaultyRelay extends Relay {
    log = [];
    epoch = 'a';
    wire = null;

    constructor(roll) {
        super();
        this.roll = roll;
    }

    /* Reads one message, or answers what it has read, or delivers some: never all at once. */
    turn() {
        if (this.wire?.socket !== this.socket)
            this.wire = new Wire(this.socket);
        const { wire } = this;
        if (!wire.socket.onmessage)
            return;
        const fate = this.roll();
        if (fate < 0.3 && wire.socket.sent.length > 0)
            this.#read(wire.socket.sent.shift());
        else if (fate < 0.5 && wire.isLoading)
            this.#join(wire.isLoading);
        else
            this.say(...wire.onItsWay.splice(0, 1 + this.roll() * 16));
    }

    /* An answer may come at once or later, as when the match must be loaded first. */
    #read({ type, ...request }) {
        const { wire } = this;
        const isHeld = wire.isFollowed || wire.isLoading !== null;
        if (type === 'unsubscribe') {
            wire.isFollowed = false;
            wire.isLoading = null;
            this.#tell(isHeld ? { type: 'unsubscribed', match: 7 } : this.#error('not_subscribed'));
        } else if (isHeld) {
            this.#tell(this.#error('already_subscribed'));
        } else if (this.roll() < 0.1) {
            this.#tell(this.#error('unavailable'));
        } else {
            wire.isLoading = request;
        }
    }

    #join({ since, history = 0 }) {
        const head = this.log.length;
        const recovered = since?.epoch === this.epoch && since.seq <= head;
        this.wire.isFollowed = true;
        this.wire.isLoading = null;
        this.#tell(subscribed(head, { epoch: this.epoch, recovered }),
            ...this.log.slice(recovered ? since.seq : Math.max(0, head - history)));
    }

    #tell(...messages) {
        this.wire?.onItsWay.push(...messages);
    }

    #error(code) {
        return { type: 'error', code, message: '', match: 7 };
    }

    post(copies) {
        const seq = this.log.length + 1;
        const entry = line(seq, { message: `${this.epoch} ${seq}` });
        this.log.push(entry);
        for (let copy = 0; copy < copies && this.wire?.isFollowed; copy += 1)
            this.#tell(entry);
    }

    breakOff() {
        this.wire = null;
        if (this.socket.onclose)
            this.drop();
    }

    /* A promoted standby that never got the last lines; or another epoch under a relay that stays. */
    failOver(epoch) {
        this.epoch = epoch;
        this.log.length = Math.max(0, this.log.length - 3);
        if (this.wire?.isFollowed && this.roll() < 0.5)
            this.#join({ history: 500 });
        else
            this.breakOff();
    }
}

/* What a page shows, and how much history it last asked for. */
class Person {
    shown = [];
    starts = 0;
    wrong = 0;

    constructor(commentary, roll) {
        Object.assign(this, { commentary, roll });
        commentary.on('subscribed', ({ recovered }) => {
            this.starts += 1;
            if (!recovered)
                this.shown = [];
        });
        commentary.on('entry', ({ entry }) => {
            this.wrong += this.shown.push(entry.message) !== entry.seq;
        });
    }

    change() {
        const fate = this.roll();
        if (fate < 0.3) {
            this.commentary.unfollow(7);
            this.shown = [];
        }
        if (fate < 0.6 || this.commentary.position(7) === null)
            this.commentary.follow(7, { history: 500 });
    }
}

for (const seed of [1, 2, 3, 4, 5, 6]) {
    test(`every line once, in order and of one history, dice ${seed}`, async (t) => {
        const roll = dice(seed);
        const relay = new FaultyRelay(roll);
        const commentary = new Commentary('ws://relay/ws', { WebSocket: relay.WebSocket, baseMs: 1,
            capMs: 3, random: roll });
        t.after(() => commentary.close());
        const person = new Person(commentary, roll);
        commentary.follow(7, { history: 500 });
        commentary.connect();

        for (let step = 0; step < STEPS; step += 1) {
            const fate = roll();
            if (fate < 0.02)
                relay.breakOff();
            else if (fate < 0.03)
                relay.failOver(`e${step}`);
            else if (fate < 0.34)
                relay.post(fate < 0.08 ? 0 : fate < 0.14 ? 2 : 1);
            else if (fate < 0.4)
                person.change();
            for (let turns = roll() * 12; turns > 0; turns -= 1)
                relay.turn();
            if (fate > 0.8)         /* timers of the client must come to their turn */
                await new Promise((resolve) => setTimeout(resolve, 1));
        }

        /* A line that was lost at the very end shows with the next. */
        commentary.follow(7, { history: 500 });
        await until(() => {
            relay.turn();
            return relay.wire?.isFollowed && relay.wire.socket.sent.length === 0;
        });
        relay.post(1);
        const log = () => relay.log.map(({ message }) => message);
        await until(() => {
            relay.turn();
            return person.shown.length === log().length;
        });
        assert.ok(relay.log.length > STEPS / 8);
        assert.ok(person.starts > STEPS / 60);
        assert.equal(person.wrong, 0);
        assert.deepEqual(person.shown, log());
    });
}
