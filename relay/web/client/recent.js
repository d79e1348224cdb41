/*
 * What a match has said lately, for a subscription that comes later: the state of the match, and
 * the newest entries without a gap. As many as somebody may ask for; older ones are forgotten, and
 * have to be read from the relay.
 */

import { Scoreboard } from '../model/scoreboard.js';
import { LOBBY, MAX_HISTORY } from './arguments.js';

/* Matches in the state of the lobby: more than a relay lists. */
const MAX_STATES = 10000;

export class Recent {
    epoch = null;           /* null: the relay has not answered yet */
    seq = 0;                /* the newest that there is */
    #head = 0;              /* when the client joined */
    #entries = [];
    #state = null;
    #scores = null;         /* of the lobby */

    constructor(match) {
        if (match === LOBBY)
            this.#scores = new Scoreboard({ limit: MAX_STATES });
    }

    /* As `subscribed` tells it: of a match one state, of the lobby all. */
    get state() {
        return this.#scores?.states ?? this.#state;
    }

    /* The newest seq, here or at the relay. */
    get head() {
        return Math.max(this.#head, this.seq);
    }

    /* The oldest seq from which on nothing is missing. */
    get first() {
        return this.#entries[0]?.seq ?? this.seq + 1;
    }

    /* Takes `subscribed`; seq: the newest that the client holds, or 0. */
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
        if (this.#entries.length > 2 * MAX_HISTORY)     /* now and then, since it moves them all */
            this.#entries.splice(0, this.#entries.length - MAX_HISTORY);
        if (entry.state && entry.seq > this.#head)      /* `subscribed` told a newer one than those before */
            this.#takeState(entry);
    }

    #takeState(entry) {
        this.#scores?.apply(entry);
        this.#state = entry.state;
    }

    /* All entries that it has. */
    get entries() {
        return this.#entries.slice();
    }

    /* The entries after that seq, or null: it does not reach so far back. */
    after(seq) {
        return seq + 1 >= this.first ? this.#entries.filter((entry) => entry.seq > seq) : null;
    }

    /* The last so many lines and what stands between them, or null: there are fewer here. */
    last(lines) {
        const start = startOf(this.#entries, lines, this.#isLine);
        return start === null && this.first > 1 ? null : this.after((start ?? this.first) - 1);
    }

    /* How many lines it has. */
    get lines() {
        return this.#entries.filter(this.#isLine).length;
    }

    /* What `history` counts: in the lobby, which has no lines, each entry. */
    #isLine = ({ op }) => this.#scores !== null || op === 'insert';
}

/* The seq of the first of the last so many lines; null: there are fewer. */
export function startOf(entries, lines, isLine = ({ op }) => op === 'insert') {
    let left = lines;
    return entries.findLast((entry) => isLine(entry) && --left === 0)?.seq ?? null;
}
