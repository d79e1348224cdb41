/*
 * The state of one followed match (or the lobby), between client and relay.
 *
 * The relay answers in order, but later, and an answer does not say which request it
 * answers. An `unsubscribe` has exactly one answer. So all messages before that answer belong
 * to an earlier subscription, and are ignored.
 */

import { Cursor } from './cursor.js';

export class Topic {
    isWanted = false;
    isAsked = false;            /* a subscribe was sent that no unsubscribe has followed */
    isOutdated = false;         /* … but follow() or unfollow() has changed what is wanted since */
    isJoined = false;           /* `subscribed` has come for the current subscription */
    unanswered = 0;             /* how many unsubscribes the relay has not answered yet */
    retryTimer = null;

    constructor(match, backoff) {
        this.match = match;
        this.backoff = backoff;
    }

    /* Whether messages of the relay about this match belong to the current subscription. */
    get isHeard() {
        return this.isAsked && !this.isOutdated && this.unanswered === 0;
    }

    /* Whether the match is not followed any more and no answer is missing. */
    get isOver() {
        return !this.isWanted && !this.isAsked && this.unanswered === 0;
    }

    /* The type of the next message to send, or null. */
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

    /* Unsubscribes, and calls onTime() after delayMs; then it may subscribe again from its cursor. */
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

    /* Returns the message that is due, which then counts as sent. */
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

    /* The relay has ended the subscription. */
    drop() {
        this.isAsked = this.isOutdated = this.isJoined = false;
    }

    /* The connection is lost, and so are all requests. */
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
