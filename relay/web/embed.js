/*
 * /embed/ID, in a frame of another site: <iframe src="https://relay.example/embed/7">.
 *
 * A token comes by postMessage, and only from the page that has the frame. That page is on the
 * list of the relay: the browser shows the frame nowhere else, because of frame-ancestors,
 * which the relay takes from --origins.
 *
 *     frame   { type: 'commentary-token-wanted', match }      if the relay wants a token
 *     page    { type: 'commentary-token', token }             to the origin of the relay
 */

import './live-commentary.js';

const ANSWER_MS = 30000;

/* Attributes that the page may set in the address of its frame. */
const CHOICES = ['history', 'key-events', 'lang'];

let give = null;    /* resolves the promise that askPage() returned */

function askPage() {
    if (parent === window)
        throw new Error('this match is for viewers with a token, which the page around this frame gives');
    give?.('');
    return new Promise((resolve) => {
        give = resolve;
        setTimeout(resolve, ANSWER_MS, '');
        /* The message has no secret, so any page that has the frame may read it. */
        parent.postMessage({ type: 'commentary-token-wanted', match: matchOf(location) }, '*');
    });
}

/* Whether the message is from the page that has the frame. A sandboxed page has no origin to check. */
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
