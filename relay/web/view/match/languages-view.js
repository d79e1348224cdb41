/*
 * The languages in which the commentary of a match is there as well: links to those
 * matches. Which line stands for which is said by the line of the original.
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

    /* pathOf: the address of a match. */
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

/* The number of the line of the original that an entry is, or translates; null: none. */
export function lineOf(entry, state) {
    return (state?.translation_of ? entry.translates_seq : entry.seq) ?? null;
}

/* A language names itself in its own words. */
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
