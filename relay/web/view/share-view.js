/*
 * The button that shares a match. It uses the share dialog of the device, or else the clipboard, or
 * else shows the address to copy (a page over http may use neither of them).
 */

import { say } from '../words/language.js';
import { setText } from './dom.js';

/* How long the message "Link copied" is shown. */
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
            if (error.name !== 'AbortError')        /* AbortError: the dialog was closed */
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
