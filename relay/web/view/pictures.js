/*
 * Images and cards, from the metadata of an entry, which others wrote:
 *
 *     "image"   "https://img.example/7.jpg", or { "url", "alt" }
 *     "card"    { "url", "title", "text", "image" }: a link to a page, with a description of it
 *
 * Images are shown only from the origins of the relay's option --images, which are in
 * <meta name="images"> and in the policy of the page. The place of an image is reserved before it is
 * loaded, so that no line moves. It is loaded when the reader comes near.
 */

import { element, written } from './dom.js';
import { addressOf } from './links.js';

/* The most characters of an alternative text. A longer one is cut. */
const MAX_ALT = 500;

/* The origins in a text, with blanks or commas between them. */
export function originsIn(text) {
    return new Set(String(text ?? '').split(/[\s,]+/).map(originOf).filter((origin) => origin !== null));
}

/* The origins that the document allows. */
export function allowedOrigins(document) {
    return originsIn(document.querySelector('meta[name="images"]')?.content);
}

/* { src, alt }, or null if there is no image or its origin is not allowed. */
export function imageOf(metadata, origins) {
    const image = metadata?.image;
    const { url, alt } = typeof image === 'string' ? { url: image } : image ?? {};
    const src = typeof url === 'string' ? addressOf(url) : null;
    if (src === null || !origins.has(new URL(src).origin))
        return null;
    return { src, alt: typeof alt === 'string' ? alt.slice(0, MAX_ALT) : '' };
}

/* { href, title, text, image }, or null if its address is no valid link or it has no title. */
export function cardOf(metadata, origins) {
    const { url, title, text } = metadata?.card ?? {};
    const href = typeof url === 'string' ? addressOf(url) : null;
    if (href === null || typeof title !== 'string' || title === '')
        return null;
    return { href, title, text: typeof text === 'string' ? text : '', image: imageOf(metadata.card, origins) };
}

/* The elements of the image and the card. */
export function picturesOf({ metadata, retracted }, origins) {
    if (retracted || !metadata)
        return [];
    const image = imageOf(metadata, origins), card = cardOf(metadata, origins);
    return [image && picture(image), card && cardElement(card)].filter(Boolean);
}

/* The style sheet gives the box its size; the image is shown whole in it. */
function picture({ src, alt }) {
    return element('img.picture', { src, alt, loading: 'lazy', decoding: 'async', referrerpolicy: 'no-referrer',
        width: 640, height: 360 });
}

function cardElement({ href, title, text, image }) {
    return element('a.linked', { href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' },
        image && picture(image),
        element('span.about', written('b', title), ' ', text ? written('span.text', text) : null, ' ',
            element('span.from', new URL(href).host, { dir: 'ltr' })));
}

function originOf(text) {
    const href = addressOf(text);
    return href === null ? null : new URL(href).origin;
}
