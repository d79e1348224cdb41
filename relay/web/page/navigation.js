/*
 * Going from match to match without loading the page anew: links within the page change the
 * address, and the keyboard's focus goes along, so that nobody is thrown back to the top.
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
            link.href = String(link.href);      /* relative ones would change with the address */
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

    /* The lobby or a match, without a place within the page that is on show. */
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

/* A click that asks for a new tab or a window is the browser's. */
function isPlain(event) {
    return !event.defaultPrevented && event.button === 0
        && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

/* Who opened a match is at the match, who left it at its card; who still sees the link stays. */
function moveFocus(had, match, left) {
    if (had?.isConnected && had !== document.body && had.checkVisibility?.() !== false
        && had.closest('.lobby'))
        return;
    const place = match !== null ? document.getElementById('match')
        : document.querySelector(`#lobby [data-match="${left}"] a`)
            ?? document.getElementById('columns');
    place?.focus({ preventScroll: match !== null });
}
