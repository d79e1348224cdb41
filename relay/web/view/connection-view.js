/* The connection badge: the state, and how long until the next attempt. */

import { sayMany } from '../words/language.js';
import { connectionOf, explanationOf } from '../words/words.js';
import { setText } from './dom.js';

export class ConnectionView {
    #badge;
    #text;
    #wait;
    #retry;
    #timer = null;
    #retryAt = 0;
    #event = null;
    #isNetworkAway = false;

    constructor(badge, { onRetry }) {
        this.#badge = badge;
        this.#text = badge.querySelector('#connection-text');
        this.#wait = badge.querySelector('#connection-wait');
        this.#retry = badge.querySelector('#connection-retry');
        this.#retry.addEventListener('click', onRetry);
    }

    /* Takes the `state` event of Commentary. */
    render(event) {
        this.#event = event;
        const { state, retryInMs } = this.#shown(event);
        clearInterval(this.#timer);
        this.#badge.dataset.state = state;
        this.#badge.title = explanationOf(event);
        this.#badge.dataset.reason = event.reason ?? '';        /* for developers */
        this.#retry.hidden = state !== 'offline';
        setText(this.#text, connectionOf(state));
        setText(this.#wait, '');
        if (state === 'offline')
            this.#countDown(retryInMs);
    }

    /* The browser knows at once that the network is gone; the client finds a dead connection only later. */
    noteNetwork(isThere) {
        this.#isNetworkAway = !isThere;
        if (this.#event)
            this.render(this.#event);
    }

    #shown(event) {
        return this.#isNetworkAway && event.state !== 'closed' ? { state: 'away' } : event;
    }

    #countDown(retryInMs) {
        this.#retryAt = performance.now() + retryInMs;
        this.#timer = setInterval(() => this.#tick(), 1000);
        this.#tick();
    }

    #tick() {
        const seconds = Math.max(1, Math.ceil((this.#retryAt - performance.now()) / 1000));
        setText(this.#wait, sayMany(': reconnecting in {n} s', seconds));
    }
}
