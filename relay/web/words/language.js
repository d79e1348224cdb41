/*
 * The language of the page's own texts, not of the commentary. Each text is looked up by its
 * English words in language-XX.js; a text that is not there stays English.
 */

/* The names of the languages, each in that language. */
export const LANGUAGES = { en: 'English', es: 'Español', de: 'Deutsch', fr: 'Français', ar: 'العربية' };

/* Each language is a file, which is loaded when it is needed. The bundles do not contain them: see relay/embed. */
const FILES = {
    es: () => import('./language-es.js'),
    de: () => import('./language-de.js'),
    fr: () => import('./language-fr.js'),
    ar: () => import('./language-ar.js'),
};

/* English has no file. These are its texts for one, where they differ from the text for many. */
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
 * The same for a number of things; the number is written as in that language. The texts for one, two
 * or a few are 'text [one]' and so on, with the names of Intl.PluralRules.
 */
export function sayMany(text, n) {
    const form = `${text} [${new Intl.PluralRules(current).select(n)}]`;
    return say(Object.hasOwn(texts, form) ? form : current === 'en' ? ENGLISH[form] ?? text : text, { n: numberOf(n) });
}

/* A number as the language writes it: 12,345. */
export function numberOf(n) {
    return n.toLocaleString(locale());
}

/* The locale for numbers and dates: that of the browser if the page is English, else the language of the page. */
export function locale() {
    return current === 'en' ? [] : current;
}

/* The current language: 'de'. */
export function language() {
    return current;
}

export function directionOf(name) {
    return RIGHT_TO_LEFT.has(name) ? 'rtl' : 'ltr';
}

/* The first of the wishes (de-AT, fr, …) that the page has; 'en' if it has none of them. */
export function languageFor(wishes) {
    const names = wishes.map((wish) => String(wish).toLowerCase().split('-')[0]);
    return names.find((name) => Object.hasOwn(LANGUAGES, name)) ?? 'en';
}

/* Loads the texts of a language; {} for English and for a language that the page does not have. */
export async function textsOf(name) {
    return Object.hasOwn(FILES, name) ? (await FILES[name]()).default : {};
}

/* Calls run() with that language, because two elements of a page may have different languages. */
export function speakWhile(name, words, run) {
    const before = [current, texts];
    speak(name, words);
    try {
        return run();
    } finally {
        speak(...before);
    }
}

/* Sets the language of the page; the texts are { 'English words': 'words' }. */
export function speak(name, words) {
    current = name;
    texts = words;
}
