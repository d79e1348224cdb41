/*
 * How many are watching, with those of all relays that follow the one above. The number is asked
 * for now and then, as long as the page is in sight: a change of it is no news.
 */

import { sayMany } from '../words/language.js';
import { setText } from './dom.js';

const EVERY_MS = 15000;

export class AudienceView {
    #root;
    #ask;
    #match = null;

    /* ask(match) asks the relay, whose answer take() gets. */
    constructor(root, ask) {
        this.#root = root;
        this.#ask = ask;
        setInterval(() => this.ask(), EVERY_MS);
    }

    /* Another match: of that nothing is known yet. */
    show(match) {
        this.#match = match;
        this.#root.hidden = true;
    }

    ask() {
        if (this.#match !== null && !document.hidden)
            this.#ask(this.#match);
    }

    /* Who watches alone need not be told. */
    take({ match, viewers }) {
        if (match !== this.#match)
            return;
        this.#root.hidden = viewers < 2;
        setText(this.#root, sayMany('{n} watching', viewers));
    }
}
