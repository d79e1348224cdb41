/* A match (or the lobby) that is followed, and how far the subscription is. */

import { Cursor } from './cursor.js';

export class Topic {
    phase = 'idle';             /* idle → joining → joined; or waiting for a retry */
    retryTimer = null;

    constructor(match, history, since, backoff) {
        this.match = match;
        this.history = history;
        this.cursor = new Cursor(since);
        this.backoff = backoff;
    }

    /* Does the relay hold a subscription of ours, or will it once it has read what we sent? */
    get isAsked() {
        return this.phase === 'joining' || this.phase === 'joined';
    }

    get request() {
        return { type: 'subscribe', match: this.match, since: this.cursor.since,
            history: this.history || undefined };
    }

    enter(phase) {
        clearTimeout(this.retryTimer);
        this.phase = phase;
    }
}
