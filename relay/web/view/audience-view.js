/*
 * The number of viewers, counted by the first relay for itself and for all relays that follow it.
 * The page asks for the number from time to time, while it is visible.
 */

import { sayMany } from '../words/language.js';
import { setText } from './dom.js';

const EVERY_MS = 15000;

export class AudienceView {
    #root;
    #ask;
    #match = null;

    /* ask(match) asks the relay; take() gets the answer. */
    constructor(root, ask) {
        this.#root = root;
        this.#ask = ask;
        setInterval(() => this.ask(), EVERY_MS);
    }

    /* Another match is shown, whose number is not known yet. */
    show(match) {
        this.#match = match;
        this.#root.hidden = true;
    }

    ask() {
        if (this.#match !== null && !document.hidden)
            this.#ask(this.#match);
    }

    /* A viewer who watches alone sees no number. */
    take({ match, viewers }) {
        if (match !== this.#match)
            return;
        this.#root.hidden = viewers < 2;
        setText(this.#root, sayMany('{n} watching', viewers));
    }
}
