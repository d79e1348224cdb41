/* The pinned line below the score: its text, and a link to its place in the timeline. */

import { pinnedOf } from '../../model/pinned.js';
import { say } from '../../words/language.js';
import { matchPath, readAddress } from '../../page/address.js';
import { element, written } from '../dom.js';
import { message } from './timeline-row.js';

export class PinnedView {
    #root;
    #shown = null;

    constructor(root) {
        this.#root = root;
    }

    render(entries) {
        const entry = pinnedOf(entries);
        if (entry === this.#shown)
            return;
        this.#shown = entry;
        this.#root.hidden = entry === null;
        this.#root.replaceChildren(...(entry === null ? [] : [
            element('a.where', say('Pinned'),
                { href: matchPath(readAddress(location).base, entry.match, entry.seq) }),
            entry.headline ? written('b', entry.headline) : '',
            message(entry)]));
    }
}
