/*
 * The button that shares a match: with what the device has for that, else by the clipboard,
 * else by showing the address to copy (a page over http has neither).
 */

import { say } from '../words/language.js';
import { setText } from './dom.js';

/* How long it says that the address was copied. */
const SAID_MS = 4000;

export class ShareView {
    #button;
    #said;
    #field;
    #timer = null;
    #what = { title: '', url: '' };

    constructor(root) {
        this.#button = root.querySelector('#share-button');
        this.#said = root.querySelector('#share-said');
        this.#field = root.querySelector('#share-address');
        this.#button.addEventListener('click', () => this.#share());
    }

    render(what) {
        if (what.url !== this.#what.url)
            this.#field.hidden = true;
        this.#what = what;
    }

    async #share() {
        const { title, url } = this.#what;
        try {
            if (navigator.share)
                await navigator.share({ title, url });
            else if (navigator.clipboard)
                await navigator.clipboard.writeText(url).then(() => this.#say(say('Link copied')));
            else
                this.#showAddress(url);
        } catch (error) {
            if (error.name !== 'AbortError')        /* they thought better of it */
                this.#showAddress(url);
        }
    }

    #showAddress(url) {
        this.#field.hidden = false;
        this.#field.value = url;
        this.#field.focus();
        this.#field.select();
    }

    #say(text) {
        clearTimeout(this.#timer);
        setText(this.#said, text);
        this.#timer = setTimeout(() => setText(this.#said, ''), SAID_MS);
    }
}
