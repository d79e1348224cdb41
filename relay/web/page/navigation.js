/*
 * Goes from match to match without loading the page again. Links within the page change the
 * address, and the keyboard's focus moves to the new place, so that it is not lost.
 */

import { readAddress } from './address.js';

export class Navigation {
    #base = readAddress(location).base;
    #onChange;
    #lastMatch = readAddress(location).match;

    /* onChange is called when the address has changed, before the focus moves. */
    constructor({ onChange }) {
        this.#onChange = onChange;
        for (const link of document.querySelectorAll('a[href]'))
            link.href = String(link.href);      /* make it absolute, or it would change with the address */
        document.addEventListener('click', (event) => this.#click(event));
        addEventListener('popstate', () => this.#changed());
        addEventListener('hashchange', () => this.#changed());
    }

    /* The path of the lobby. */
    get base() {
        return this.#base;
    }

    get address() {
        return readAddress(location);
    }

    go(url) {
        history.pushState(null, '', url);
        this.#changed();
    }

    #click(event) {
        const link = event.target.closest?.('a[href]');
        if (!link || !isPlain(event) || link.target || link.hasAttribute('download')
            || link.origin !== location.origin || !this.#isOurs(link))
            return;
        event.preventDefault();
        if (link.href !== location.href)
            this.go(link.href);
    }

    /* Whether the link leads to the lobby or to a match, and not to a place within the current page. */
    #isOurs(link) {
        const { base, match } = readAddress(link);
        const isLobby = link.pathname === this.#base;
        const isSamePage = link.hash !== '' && link.pathname === location.pathname && !match;
        return base === this.#base && (match !== null || isLobby) && !isSamePage;
    }

    #changed() {
        const { match } = this.address;
        const left = this.#lastMatch;
        this.#lastMatch = match;
        const had = document.activeElement;
        this.#onChange();
        if (match !== left)
            requestAnimationFrame(() => moveFocus(had, match, left));
    }
}

/* False for a click that opens a new tab or window: the browser handles it. */
function isPlain(event) {
    return !event.defaultPrevented && event.button === 0
        && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

/*
 * After a match was opened, the focus goes to the match; after it was left, to its card in the lobby.
 * If the link that was used is still visible, the focus stays there.
 */
function moveFocus(had, match, left) {
    if (had?.isConnected && had !== document.body && had.checkVisibility?.() !== false
        && had.closest('.lobby'))
        return;
    const place = match !== null ? document.getElementById('match')
        : document.querySelector(`#lobby [data-match="${left}"] a`)
            ?? document.getElementById('columns');
    place?.focus({ preventScroll: match !== null });
}
