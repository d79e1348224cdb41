/* The connection badge: the state, and how long until the next attempt. */

import { setText } from './dom.js';
import { connectionOf, explanationOf } from './words.js';

export class ConnectionView {
    #badge;
    #text;
    #wait;
    #retry;
    #timer = null;
    #retryAt = 0;

    constructor(badge, { onRetry }) {
        this.#badge = badge;
        this.#text = badge.querySelector('#connection-text');
        this.#wait = badge.querySelector('#connection-wait');
        this.#retry = badge.querySelector('#connection-retry');
        this.#retry.addEventListener('click', onRetry);
    }

    /* Takes the `state` event of Commentary. */
    render(event) {
        const { state, retryInMs } = event;
        clearInterval(this.#timer);
        this.#badge.dataset.state = state;
        this.#badge.title = explanationOf(event);
        this.#retry.hidden = state !== 'offline';
        setText(this.#text, connectionOf(state));
        setText(this.#wait, '');
        if (state === 'offline')
            this.#countDown(retryInMs);
    }

    #countDown(retryInMs) {
        this.#retryAt = performance.now() + retryInMs;
        this.#timer = setInterval(() => this.#tick(), 1000);
        this.#tick();
    }

    #tick() {
        const seconds = Math.max(1, Math.ceil((this.#retryAt - performance.now()) / 1000));
        setText(this.#wait, `: reconnecting in ${seconds} s`);
    }
}
