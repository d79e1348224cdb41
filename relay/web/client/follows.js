/*
 * What the client follows: a Topic for each match, and what has to be said to the relay
 * about them, at the relay's pace. Commentary joins it to a connection.
 */

import { Backoff } from './backoff.js';
import { Pace } from './pace.js';
import { Topic } from './topic.js';

export const MAX_MATCHES = 128;

export class Follows {
    #topics = new Map();        /* also what is not wanted any more, until it is over */
    #send;
    #backoffOptions;
    #pace = null;               /* null: nothing can be said now */
    #paceTimer = null;

    /* send(message) says it to the relay. */
    constructor(send, backoffOptions) {
        this.#send = send;
        this.#backoffOptions = backoffOptions;
    }

    follow(match, history, since) {
        if (!this.#topics.get(match)?.isWanted && this.#countWanted() >= MAX_MATCHES)
            throw new RangeError(`a viewer follows at most ${MAX_MATCHES} matches: unfollow one`);
        if (!this.#topics.has(match))
            this.#topics.set(match, new Topic(match, new Backoff(this.#backoffOptions)));
        this.#topics.get(match).follow(history, since);
        this.#speak();
    }

    /* More lines, as long as the relay has not been asked for the match; false: it has been, or they are enough. */
    widen(match, history) {
        const topic = this.#topics.get(match);
        if (!topic?.isWanted || topic.isAsked || history <= topic.history)
            return false;
        topic.history = history;
        return true;
    }

    unfollow(match) {
        const topic = this.#topics.get(match);
        topic?.unfollow();
        this.#forgetIfOver(topic);
        this.#speak();
    }

    /* Where it stands in a match, or null. */
    cursor(match) {
        const topic = this.#topics.get(match);
        return topic?.isWanted ? topic.cursor : null;
    }

    /* The relay listens from now on. */
    begin() {
        this.#pace = new Pace();
        this.#speak();
    }

    /* The connection is gone: begin() asks again for all that is wanted. */
    end() {
        clearTimeout(this.#paceTimer);
        this.#pace = null;
        for (const topic of this.#topics.values()) {
            topic.lose();
            this.#forgetIfOver(topic);
        }
    }

    /* The relay has its database again: no need to wait before the next attempt. */
    hurry() {
        for (const topic of this.#topics.values())
            topic.hurry();
        this.#speak();
    }

    /* Takes `subscribed`; false: it answers an earlier subscription. */
    onSubscribed(message) {
        const topic = this.#topics.get(message.match);
        if (!topic?.isHeard)
            return false;
        topic.cursor.start(message, topic.history);
        topic.isJoined = true;
        return true;
    }

    /* Takes what answers an unsubscribe; `unsubscribed` may come unasked. */
    onUnsubscribed({ match, type }) {
        const topic = this.#topics.get(match);
        if (topic?.unanswered > 0) {
            topic.unanswered -= 1;
            this.#forgetIfOver(topic);
        } else if (topic?.isJoined && type === 'unsubscribed') {
            topic.drop();
            this.#joinLater(topic);
        }
    }

    /* Takes an entry; false: it is not the next one of what is followed now. */
    onEntry({ match, seq }) {
        const topic = this.#topics.get(match);
        const place = topic?.isJoined ? topic.cursor.accept(seq) : 'earlier';
        if (place === 'next')
            topic.backoff.reset();
        if (place === 'gap')
            this.#joinLater(topic);
        return place === 'next';
    }

    /* Takes an error; false: it concerns an earlier subscription. */
    onError({ code, match, type }) {
        const topic = this.#topics.get(match);
        if (code === 'not_subscribed')
            this.onUnsubscribed({ match, type });
        if (code === 'not_subscribed' || (topic && !topic.isHeard))
            return false;
        switch (topic && code) {
        case 'unavailable':
            topic.drop();
            this.#joinLater(topic);
            break;
        case 'unknown_match':
        case 'too_many_matches':
        case 'forbidden':
        case 'bad_request':
            topic.lose();
            this.#topics.delete(match);
            break;
        case 'already_subscribed':      /* we and the relay disagree: begin that match again */
            this.#joinLater(topic);
        }
        return true;
    }

    #countWanted() {
        return [...this.#topics.values()].filter(({ isWanted }) => isWanted).length;
    }

    #forgetIfOver(topic) {
        if (topic?.isOver)
            this.#topics.delete(topic.match);
    }

    /*
     * Not at once: what one viewer misses the others miss too, and a relay that
     * goes on failing must not be asked without end.
     */
    #joinLater(topic) {
        topic.againIn(topic.backoff.next(), () => this.#speak());
        this.#speak();
    }

    /*
     * Says what is due of each topic: what is left first, since that makes room for what
     * is followed. It is not said faster than the relay takes it: what changes until then
     * is said once, as it is wanted at last.
     */
    #speak() {
        clearTimeout(this.#paceTimer);
        for (const type of ['unsubscribe', 'subscribe'])
            for (const topic of this.#topics.values())
                if (topic.due === type && !this.#say(topic))
                    return;
    }

    #say(topic) {
        const waitMs = this.#pace?.take();
        if (waitMs > 0)
            this.#paceTimer = setTimeout(() => this.#speak(), waitMs);
        if (waitMs !== 0)
            return false;
        this.#send(topic.take());
        return true;
    }
}
