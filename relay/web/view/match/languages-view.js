/*
 * Links to the same match in other languages, which are matches of their own. Two lines belong
 * together if they are, or translate, the same line of the original match.
 */

import { alternatesOf } from '../../model/alternates.js';
import { say } from '../../words/language.js';
import { element, setAttributes } from '../dom.js';

export class LanguagesView {
    #root;
    #drawn = null;

    constructor(root) {
        this.#root = root;
    }

    /* pathOf(match): the address of a match. */
    render(state, pathOf) {
        const others = alternatesOf(state);
        const text = JSON.stringify([state?.match, state?.lang, others]);
        if (text === this.#drawn)
            return;
        this.#drawn = text;
        this.#root.hidden = others.length === 0;
        this.#root.replaceChildren(...others.map(({ id, lang }) => link(pathOf(id), lang)));
    }
}

/* The seq of the line of the original match that the entry is, or translates; null: there is none. */
export function lineOf(entry, state) {
    return (state?.translation_of ? entry.translates_seq : entry.seq) ?? null;
}

/* The name of a language in that language. */
export function languageName(lang) {
    if (lang === null)
        return say('Original');
    try {
        return new Intl.DisplayNames([lang], { type: 'language' }).of(lang);
    } catch {
        return lang;
    }
}

function link(href, lang) {
    const node = element('a', languageName(lang), { href, dir: 'auto' });
    setAttributes(node, { lang, hreflang: lang });
    return node;
}
