/*
 * The state of a match and its newest entries without a gap, for a subscription that comes later.
 * It keeps as many entries as `history` may ask for; older ones have to be read from the relay.
 */

import { Scoreboard } from '../model/scoreboard.js';
import { LOBBY, MAX_HISTORY } from './arguments.js';

/* How many states of matches the lobby's scoreboard keeps: more than a relay lists. */
const MAX_STATES = 10000;

export class Recent {
    epoch = null;           /* null: the relay has not answered yet */
    seq = 0;                /* of the newest entry */
    #head = 0;              /* the head at the time when the client joined */
    #entries = [];
    #state = null;
    #scores = null;         /* the Scoreboard, if this is the lobby */

    constructor(match) {
        if (match === LOBBY)
            this.#scores = new Scoreboard({ limit: MAX_STATES });
    }

    /* In the form of `subscribed`: one state of a match, or the states of all matches for the lobby. */
    get state() {
        return this.#scores?.states ?? this.#state;
    }

    /* The newest seq, here or at the relay. */
    get head() {
        return Math.max(this.#head, this.seq);
    }

    /* The seq of the oldest entry that is held; no entry is missing after it. */
    get first() {
        return this.#entries[0]?.seq ?? this.seq + 1;
    }

    /* Takes `subscribed`; seq: that of the newest entry that the client holds, or 0. */
    start({ epoch, head, recovered, state }, seq) {
        this.epoch = epoch;
        this.#head = head;
        if (!recovered || seq > this.seq)
            this.#entries = [];
        this.seq = recovered ? Math.max(seq, this.seq) : seq;
        if (this.#scores && (state || !recovered))
            this.#scores.reset(state);
        this.#state = state ?? (recovered ? this.#state : null);
    }

    /* Takes the next entry. */
    add(entry) {
        this.seq = entry.seq;
        this.#entries.push(entry);
        if (this.#entries.length > 2 * MAX_HISTORY)     /* not each time, because it moves all entries */
            this.#entries.splice(0, this.#entries.length - MAX_HISTORY);
        if (entry.state && entry.seq > this.#head)      /* entries up to the head have older states than `subscribed` */
            this.#takeState(entry);
    }

    #takeState(entry) {
        this.#scores?.apply(entry);
        this.#state = entry.state;
    }

    /* All entries that are held. */
    get entries() {
        return this.#entries.slice();
    }

    /* The entries after that seq, or null if some of them are forgotten. */
    after(seq) {
        return seq + 1 >= this.first ? this.#entries.filter((entry) => entry.seq > seq) : null;
    }

    /* The last `lines` lines and all entries between them, or null if fewer are held. */
    last(lines) {
        const start = startOf(this.#entries, lines, this.#isLine);
        return start === null && this.first > 1 ? null : this.after((start ?? this.first) - 1);
    }

    /* How many lines are held. */
    get lines() {
        return this.#entries.filter(this.#isLine).length;
    }

    /* Whether `history` counts the entry. The lobby has no lines, so each of its entries counts. */
    #isLine = ({ op }) => this.#scores !== null || op === 'insert';
}

/* The seq of the first of the last `lines` lines; null: there are fewer. */
export function startOf(entries, lines, isLine = ({ op }) => op === 'insert') {
    let left = lines;
    return entries.findLast((entry) => isLine(entry) && --left === 0)?.seq ?? null;
}
