/*
 * /embed/ID, in a frame of another site: <iframe src="https://relay.example/embed/7">.
 *
 * A token comes by postMessage from the page that has the frame, and from nowhere else. That
 * page is one that the relay knows: with frame-ancestors from --origins the browser shows
 * the frame nowhere else.
 *
 *     frame   { type: 'commentary-token-wanted', match }      when the relay wants one
 *     page    { type: 'commentary-token', token }             to the origin of the relay
 */

import './live-commentary.js';

const ANSWER_MS = 30000;

/* What the page may choose in the address of its frame. */
const CHOICES = ['history', 'key-events', 'lang'];

let give = null;    /* resolves what the relay waits for */

function askPage() {
    if (parent === window)
        throw new Error('this match is for viewers with a token, which the page around this frame gives');
    give?.('');
    return new Promise((resolve) => {
        give = resolve;
        setTimeout(resolve, ANSWER_MS, '');
        /* It holds no secret, so whoever has the frame may read it. */
        parent.postMessage({ type: 'commentary-token-wanted', match: matchOf(location) }, '*');
    });
}

/* From the page that has the frame; a sandboxed one has no origin that could be checked. */
function isFromPage({ source, origin }) {
    const { ancestorOrigins } = location;
    return source === parent && parent !== window && origin !== 'null'
        && (!ancestorOrigins || ancestorOrigins[0] === origin);
}

function onMessage(event) {
    if (!isFromPage(event) || event.data?.type !== 'commentary-token'
        || typeof event.data.token !== 'string')
        return;
    give?.(event.data.token);
    give = null;
}

function matchOf({ pathname }) {
    return Number(pathname.match(/\/embed\/(\d+)\/?$/)?.[1]);
}

const choices = new URLSearchParams(location.search);
const view = document.createElement('live-commentary');
view.setAttribute('src', new URL('..', location.href).href.split('?')[0]);
view.setAttribute('match', matchOf(location));
for (const name of CHOICES)
    if (choices.has(name))
        view.setAttribute(name, choices.get(name));
view.setAttribute('images', document.querySelector('meta[name="images"]')?.content ?? '');
view.token = askPage;
addEventListener('message', onMessage);
document.body.append(view);
