/*
 * The form for a token, and the sentence above it that says why it is there. The
 * sentence is a live region that is always in the document: one that appears
 * together with its text is not read out.
 */

import { tokenWordsOf } from '../words/words.js';
import { setAttributes, setText } from './dom.js';

/* What is wrong with the token that was given. */
const FAULTS = new Set(['malformed', 'unauthorised', 'expired', 'forbidden']);

/* Somebody may be reading: they are told, and stay where they are. */
const POLITE = new Set(['checking', 'expiring']);

export class TokenView {
    #root;
    #why;
    #form;
    #input;
    #another;
    #onHide;
    #reason = null;

    /*
     * another: the button for who has a token but wants to give another one. onToken
     * gets what was pasted; onHide whether somebody was in the form when it went.
     */
    constructor(root, { another, onToken, onHide }) {
        this.#root = root;
        this.#why = root.querySelector('#token-why');
        this.#form = root.querySelector('#token-form');
        this.#input = root.querySelector('#token-input');
        this.#another = another;
        this.#onHide = onHide;
        another.addEventListener('click', () => this.isOpen ? this.hide() : this.show('another'));
        this.#form.addEventListener('submit', (event) => {
            event.preventDefault();
            onToken(this.#input.value);
        });
    }

    /* Why it is shown (see words.js), or null. */
    get reason() {
        return this.#reason;
    }

    get isOpen() {
        return this.#reason !== null;
    }

    show(reason) {
        if (reason === this.#reason)
            return;
        this.#enter(reason);
        if (POLITE.has(reason))
            return;
        this.#input.focus();
        this.#input.select();
    }

    hide() {
        const wasInside = this.#form.contains(document.activeElement);
        this.#input.value = '';
        this.#enter(null);
        this.#onHide(wasInside);
    }

    /* Whether there is something that the token does not cover. */
    offerAnother(isOffered) {
        this.#another.hidden = !isOffered;
    }

    #enter(reason) {
        const isFault = FAULTS.has(reason);
        this.#reason = reason;
        setAttributes(this.#root, { 'data-reason': reason, 'data-fault': isFault ? '' : null });
        setAttributes(this.#input, { 'aria-invalid': isFault ? 'true' : null });
        setAttributes(this.#another, { 'aria-expanded': this.isOpen });
        this.#form.hidden = !this.isOpen;
        setText(this.#why, this.isOpen ? tokenWordsOf(reason) : '');
    }
}
