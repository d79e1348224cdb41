/*
 * The choice of a language. The browser's languages apply until somebody chooses. The page is then
 * loaded again. The texts of index.html are English, and are translated when the page begins.
 */

import { LANGUAGES, directionOf, languageFor, say, speak, textsOf } from '../words/language.js';
import { element } from './dom.js';

const STORAGE_KEY = 'commentary-language';

/* Called before anything is drawn. asked: the name of a language in the address, or null. */
export async function beginLanguage(asked) {
    const name = languageFor([asked ?? '', kept() ?? '', ...navigator.languages ?? []]);
    if (name !== 'en') {
        try {
            speak(name, await textsOf(name));
        } catch {
            return;     /* the file could not be loaded, so the page stays English */
        }
    }
    document.documentElement.lang = name;
    document.documentElement.dir = directionOf(name);
    sayDocument();
}

export function offerLanguages(select, current) {
    for (const [name, title] of Object.entries(LANGUAGES))
        select.append(element('option', title, { value: name, lang: name, dir: 'auto',
            selected: name === current ? '' : null }));
    select.addEventListener('change', () => {
        keep(select.value);
        location.reload();
    });
}

/* Translates the texts and labels of index.html. */
function sayDocument() {
    for (const node of document.querySelectorAll('[data-say]'))
        node.textContent = say(node.textContent.trim());
    for (const node of document.querySelectorAll('[data-say-label]'))
        node.setAttribute('aria-label', say(node.getAttribute('aria-label')));
}

function kept() {
    try {
        return localStorage.getItem(STORAGE_KEY);
    } catch {
        return null;
    }
}

function keep(name) {
    try {
        localStorage.setItem(STORAGE_KEY, name);
    } catch {
        /* storage is disabled or full */
    }
}
