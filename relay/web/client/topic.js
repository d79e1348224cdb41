/*
 * A match (or the lobby) that is followed, and how far the relay is with it.
 *
 * The relay answers in order, but later, and an answer does not say which request it
 * answers. So an `unsubscribe` is the landmark: each has exactly one answer, and whatever
 * comes before that answer belongs to an earlier subscription and is not believed.
 */

import { Cursor } from './cursor.js';

export class Topic {
    isWanted = false;
    isAsked = false;            /* the relay subscribes us, once it has read what we sent */
    isOutdated = false;         /* … but to something else than what is wanted now */
    isJoined = false;           /* `subscribed` has come for what is wanted now */
    unanswered = 0;             /* unsubscribes that the relay has yet to answer */
    retryTimer = null;

    constructor(match, backoff) {
        this.match = match;
        this.backoff = backoff;
    }

    /* Is what the relay says about the match about the subscription that is wanted now? */
    get isHeard() {
        return this.isAsked && !this.isOutdated && this.unanswered === 0;
    }

    /* Nothing is left to be said or heard. */
    get isOver() {
        return !this.isWanted && !this.isAsked && this.unanswered === 0;
    }

    /* The type of the message that has to be sent next, or null. */
    get due() {
        if (this.isAsked && this.isOutdated)
            return 'unsubscribe';
        return !this.isAsked && this.isWanted && this.retryTimer === null ? 'subscribe' : null;
    }

    follow(history, since) {
        this.#outdate();
        this.backoff.reset();
        this.isWanted = true;
        this.history = history;
        this.cursor = new Cursor(since);
    }

    unfollow() {
        this.#outdate();
        this.isWanted = false;
    }

    /* Goes on from its cursor, after unsubscribing, and onTime() after so long. */
    againIn(delayMs, onTime) {
        this.#outdate();
        this.retryTimer = setTimeout(() => {
            this.retryTimer = null;
            onTime();
        }, delayMs);
    }

    /* Ends the wait for another attempt. */
    hurry() {
        clearTimeout(this.retryTimer);
        this.retryTimer = null;
    }

    /* The message that is due; from here on it counts as sent. */
    take() {
        const type = this.due;
        this.isAsked = type === 'subscribe';
        if (type === 'subscribe')
            return { type, match: this.match, since: this.cursor.since,
                history: this.history || undefined };
        this.isOutdated = false;
        this.unanswered += 1;
        return { type, match: this.match };
    }

    /* The relay holds no subscription of ours any more. */
    drop() {
        this.isAsked = this.isOutdated = this.isJoined = false;
    }

    /* The connection is gone, and with it all that was asked. */
    lose() {
        this.hurry();
        this.drop();
        this.unanswered = 0;
    }

    #outdate() {
        this.hurry();
        this.isJoined = false;
        this.isOutdated = this.isAsked;
    }
}
