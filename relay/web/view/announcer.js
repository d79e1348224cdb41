/*
 * Says new entries to screen readers. The timeline itself is not a live region:
 * its history, its corrections and "show earlier" would all be read out.
 */

import { spokenOf } from '../words/words.js';
import { written } from './dom.js';

/* What is older has been spoken, or will never be listened to. */
const KEPT = 10;

export class Announcer {
    #region;

    constructor(region) {
        this.#region = region;
    }

    say(entry, sport) {
        this.#region.append(written('p', spokenOf(entry, sport)));
        while (this.#region.childElementCount > KEPT)
            this.#region.firstElementChild.remove();
    }

    clear() {
        this.#region.replaceChildren();
    }
}
