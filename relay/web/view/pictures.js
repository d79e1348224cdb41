/*
 * Images and cards, from the metadata of an entry, which others wrote:
 *
 *     "image"   "https://img.example/7.jpg", or { "url", "alt" }
 *     "card"    { "url", "title", "text", "image" }: a link to a page, with what it is about
 *
 * An image comes from an origin of the relay's option --images and from nowhere else: those are
 * in <meta name="images">, and in the policy of the page. It has its place before it is there,
 * so that no line jumps, and is loaded when it comes near.
 */

import { element, written } from './dom.js';
import { addressOf } from './links.js';

/* Characters; more would be a mistake. */
const MAX_ALT = 500;

/* Origins, from a text with blanks or commas between them. */
export function originsIn(text) {
    return new Set(String(text ?? '').split(/[\s,]+/).map(originOf).filter((origin) => origin !== null));
}

/* Those of the document. */
export function allowedOrigins(document) {
    return originsIn(document.querySelector('meta[name="images"]')?.content);
}

/* { src, alt }, or null: there is none, or from elsewhere. */
export function imageOf(metadata, origins) {
    const image = metadata?.image;
    const { url, alt } = typeof image === 'string' ? { url: image } : image ?? {};
    const src = typeof url === 'string' ? addressOf(url) : null;
    if (src === null || !origins.has(new URL(src).origin))
        return null;
    return { src, alt: typeof alt === 'string' ? alt.slice(0, MAX_ALT) : '' };
}

/* { href, title, text, image }, or null. Only what can be a link is one. */
export function cardOf(metadata, origins) {
    const { url, title, text } = metadata?.card ?? {};
    const href = typeof url === 'string' ? addressOf(url) : null;
    if (href === null || typeof title !== 'string' || title === '')
        return null;
    return { href, title, text: typeof text === 'string' ? text : '', image: imageOf(metadata.card, origins) };
}

/* The elements of both. */
export function picturesOf({ metadata, retracted }, origins) {
    if (retracted || !metadata)
        return [];
    const image = imageOf(metadata, origins), card = cardOf(metadata, origins);
    return [image && picture(image), card && cardElement(card)].filter(Boolean);
}

/* The box has its size from the style sheet; what it holds is shown whole. */
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
