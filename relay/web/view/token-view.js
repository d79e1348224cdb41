/*
 * The form for a token, and the sentence above it that says why it is shown. The
 * sentence is a live region and always in the document, because screen readers do
 * not read a live region that appears together with its text.
 */

import { tokenWordsOf } from '../words/words.js';
import { setAttributes, setText } from './dom.js';

/* The reasons that mean that the given token is wrong. */
const FAULTS = new Set(['malformed', 'unauthorised', 'expired', 'forbidden']);

/* With these reasons the form does not take the focus, because somebody may be reading. */
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
     * another: the button for viewers who want to give another token. onToken gets the
     * pasted text; onHide gets whether the focus was in the form when it was hidden.
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

    /* Why the form is shown (see words/words.js), or null. */
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

    /* Offers the button when there is something that the token does not cover. */
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
