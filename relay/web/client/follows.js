/*
 * The followed matches: a Topic for each, and the messages to the relay about them, sent no
 * faster than the relay allows. Commentary connects it to a socket.
 */

import { Backoff } from './backoff.js';
import { Pace } from './pace.js';
import { Topic } from './topic.js';

export const MAX_MATCHES = 128;

export class Follows {
    #topics = new Map();        /* also matches that are not followed any more, until the relay has answered */
    #send;
    #backoffOptions;
    #pace = null;               /* null: there is no connection to send on */
    #paceTimer = null;

    /* send(message) sends it to the relay. */
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

    /* Asks for more lines, if the request has not been sent yet. False: it has been sent, or asks for as many. */
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

    /* The cursor of a match, or null if the match is not followed. */
    cursor(match) {
        const topic = this.#topics.get(match);
        return topic?.isWanted ? topic.cursor : null;
    }

    /* The relay takes messages from now on. */
    begin() {
        this.#pace = new Pace();
        this.#speak();
    }

    /* The connection is lost: begin() subscribes again to all followed matches. */
    end() {
        clearTimeout(this.#paceTimer);
        this.#pace = null;
        for (const topic of this.#topics.values()) {
            topic.lose();
            this.#forgetIfOver(topic);
        }
    }

    /* The relay has its database again: subscribe now, without the rest of the wait. */
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

    /* Takes the answer to an unsubscribe. The relay may also send `unsubscribed` by itself. */
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

    /* Takes an entry; false: it is not the next one of the current subscription. */
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
        case 'already_subscribed':      /* client and relay disagree: subscribe to that match again */
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
     * Waits before it subscribes again: other viewers miss the same entries and would all ask at
     * once, and a relay that goes on failing must not be asked without a pause.
     */
    #joinLater(topic) {
        topic.againIn(topic.backoff.next(), () => this.#speak());
        this.#speak();
    }

    /*
     * Sends the messages that are due. Those that unsubscribe come first, because they make room
     * for others. It sends no faster than the relay allows. If a match changes several times during
     * the wait, only its last state is sent.
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
