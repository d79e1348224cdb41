/*
 * The language of the page: what it says itself, not the commentary. Each text is looked up by
 * its English words in language-XX.js; a text that is not there is said in English.
 */

/* Those that there are, in their own words. */
export const LANGUAGES = { en: 'English', es: 'Español', de: 'Deutsch', fr: 'Français', ar: 'العربية' };

/* A file each, loaded when it is wanted. The page's own bundle leaves them out: see relay/embed. */
const FILES = {
    es: () => import('./language-es.js'),
    de: () => import('./language-de.js'),
    fr: () => import('./language-fr.js'),
    ar: () => import('./language-ar.js'),
};

/* English has no file: where a number wants other words than the text itself. */
const ENGLISH = { '{n} new entries [one]': '{n} new entry' };

const RIGHT_TO_LEFT = new Set(['ar']);

let current = 'en';
let texts = {};

/* The text in the language of the page; {n} and its like are filled with the values. */
export function say(text, values = {}) {
    const said = Object.hasOwn(texts, text) ? texts[text] : text;
    return said.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/*
 * The same of a number of things, written as the language writes numbers. It may have other words for
 * one, two, a few of them: 'text [one]', as Intl.PluralRules calls them.
 */
export function sayMany(text, n) {
    const form = `${text} [${new Intl.PluralRules(current).select(n)}]`;
    return say(Object.hasOwn(texts, form) ? form : current === 'en' ? ENGLISH[form] ?? text : text, { n: numberOf(n) });
}

/* A number as one writes it: 12,345. */
export function numberOf(n) {
    return n.toLocaleString(locale());
}

/* For numbers and dates. In English as this person's browser writes them; else in the language of the page. */
export function locale() {
    return current === 'en' ? [] : current;
}

/* The language that is spoken: 'de'. */
export function language() {
    return current;
}

export function directionOf(name) {
    return RIGHT_TO_LEFT.has(name) ? 'rtl' : 'ltr';
}

/* The first of the wishes (de-AT, fr, …) that there is; 'en' if there is none. */
export function languageFor(wishes) {
    const names = wishes.map((wish) => String(wish).toLowerCase().split('-')[0]);
    return names.find((name) => Object.hasOwn(LANGUAGES, name)) ?? 'en';
}

/* The texts of a language, which are a file of their own; {} for English and for none that there is. */
export async function textsOf(name) {
    return Object.hasOwn(FILES, name) ? (await FILES[name]()).default : {};
}

/* What run says, it says in that language: for two elements of a page, each with its own. */
export function speakWhile(name, words, run) {
    const before = [current, texts];
    speak(name, words);
    try {
        return run();
    } finally {
        speak(...before);
    }
}

/* From here on the page speaks it; the texts are { 'English words': 'words' }. */
export function speak(name, words) {
    current = name;
    texts = words;
}
