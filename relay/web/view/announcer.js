/*
 * Makes screen readers read new entries. The timeline itself is not a live region, or they
 * would also read its history, its corrections and earlier lines.
 */

import { spokenOf } from '../words/words.js';
import { written } from './dom.js';

/* How many entries stay in the region. Older ones have been read, or nobody listens to them any more. */
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
