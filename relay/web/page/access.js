/*
 * Access: connects the stored token, the form for a token, and the client. If the relay
 * requires a token and there is none, the client is closed. So a page that waits until
 * somebody pastes a token costs the relay nothing.
 */

import { tokenIn } from './token-keeper.js';

/* Reasons of a close that concern the token. */
const REFUSALS = new Set(['unauthorised', 'expired', 'forbidden']);

export class Access {
    #keeper;
    #view;
    #client;
    #onToken;
    #whyNone = 'none';

    /*
     * keeper: a TokenKeeper; view: a TokenView; client: a Commentary whose option
     * token calls give(). onToken is called before another token is sent to the
     * relay: matches that the last one did not cover can be followed again.
     */
    constructor({ keeper, view, client, onToken }) {
        this.#keeper = keeper;
        this.#view = view;
        this.#client = client;
        this.#onToken = onToken;
        client.on('state', (event) => this.#hear(event));
    }

    /*
     * The token for the relay, or ''. The client asks for it when it connects, and again before
     * the token expires. The same token does not help then, so the form is shown, and the match
     * goes on behind it. The client also asks for a token when it reads something while it is
     * offline; then no form is shown.
     */
    give() {
        const { state } = this.#client;
        if (state === 'live' || state === 'stale') {
            if (!this.#view.isOpen)
                this.#view.show('expiring');
            return '';
        }
        if (!this.#keeper.token && state === 'connecting')
            this.#ask(this.#whyNone);
        return this.#keeper.token;
    }

    /* Takes the token that the address may hold; returns whether it held one. */
    readAddress() {
        const text = this.#keeper.takeFromAddress();
        if (text === null)
            return false;
        const token = tokenIn(text);
        this.#keeper.keep(token);
        this.#whyNone = token ? 'none' : 'malformed';
        return true;
    }

    /* Takes a text that was pasted. */
    take(text) {
        const token = tokenIn(text);
        if (!token) {
            this.#view.show('malformed');
            return;
        }
        this.#keeper.keep(token);
        this.begin();
    }

    /* Connects with the stored token. Followed matches go on where they were. */
    begin() {
        if (this.#view.isOpen)
            this.#view.show('checking');
        this.#client.close();
        this.#onToken();
        this.#client.connect();
    }

    #hear({ state, reason }) {
        if (state === 'offline' && REFUSALS.has(reason)) {
            this.#keeper.forget();
            this.#whyNone = 'none';
            this.#ask(reason);
        } else if ((state === 'live' || state === 'stale') && this.#view.reason === 'checking') {
            this.#view.hide();
        }
    }

    #ask(reason) {
        this.#client.close();
        this.#view.show(reason);
    }
}
