import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { LANGUAGES, directionOf, languageFor, say, sayMany, speak, speakWhile, textsOf } from '../../words/language.js';
import { SPORTS } from '../../model/sports.js';
import { kindOf, phaseOf, statusOf } from '../../words/words.js';

const OTHERS = Object.keys(LANGUAGES).filter((name) => name !== 'en');
const load = async (name) => (await import(`../../words/language-${name}.js`)).default;
const read = (file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const isWhole = (text) => !text.endsWith(']');      /* not of a number alone: '{n} new entries [one]' */
const holes = (text) => (text.match(/\{\w+\}/g) ?? []).sort();

const FOLDERS = ['', 'model/', 'words/', 'client/', 'page/', 'view/', 'view/match/'];

/* The sources of the page, as paths from relay/web on. */
function sources() {
    return FOLDERS.flatMap((folder) => readdirSync(new URL(`../../${folder}`, import.meta.url))
        .map((name) => `${folder}${name}`))
        .filter((path) => /\.js$|^index\.html$/.test(path));
}

test('every language says the same texts, with the same holes', async () => {
    const keys = Object.keys(await load('de')).filter(isWhole);
    assert.ok(keys.length > 80);
    for (const name of OTHERS) {
        const texts = await load(name);
        assert.deepEqual(Object.keys(texts).filter(isWhole), keys, name);
        for (const form of Object.keys(texts).filter((text) => !isWhole(text)))
            assert.ok(keys.includes(form.replace(/ \[(zero|one|two|few|many)\]$/, '')), `${name}: ${form}`);
        for (const [text, said] of Object.entries(texts)) {
            assert.notEqual(said.trim(), '', text);
            if (isWhole(text) || holes(said).length > 0)        /* one and two may be words */
                assert.deepEqual(holes(said), holes(text), `${name}: ${text}`);
        }
    }
});

test('what the page says is in every language', async () => {
    const texts = await load('de');
    const found = [];
    for (const file of sources()) {
        const source = read(file);
        for (const [, text] of source.matchAll(/\bsay(?:Many)?\('((?:[^'\\]|\\.)+)'/g))
            found.push(text);
        for (const [, text] of source.matchAll(/data-say>([^<]+)</g))
            found.push(text);
        for (const [, text] of source.matchAll(/aria-label="([^"]+)"[^>]*data-say-label/g))
            found.push(text);
    }
    for (const [, text] of read('words/words.js').matchAll(/^    \w+: '([^']+)',/gm))     /* CONNECTION, TOKEN */
        found.push(text);
    assert.ok(found.length > 70);
    assert.deepEqual(found.filter((text) => !Object.hasOwn(texts, text)), []);
});

test('no text of index.html is left in English', () => {
    const body = read('index.html').split('<body')[1].replace(/<noscript>.*<\/noscript>/, '');
    const labels = [...body.matchAll(/<[^>]*aria-label=[^>]*>/g)].map(([tag]) => tag);
    assert.ok(labels.length > 5);
    assert.deepEqual(labels.filter((tag) => !tag.includes('data-say-label')), []);
    const texts = [...body.matchAll(/<([^>]*)>([^<]*[a-z]{2}[^<]*)</gi)];
    assert.ok(texts.length > 8);
    assert.deepEqual(texts.filter(([, tag]) => !tag.includes('data-say')).map(([whole]) => whole), []);
});

test('the first language that there is', () => {
    assert.equal(languageFor(['', 'de-AT', 'fr']), 'de');
    assert.equal(languageFor(['xx', 'AR-eg']), 'ar');
    assert.equal(languageFor(['__proto__', 'constructor', 'xx']), 'en');
    assert.equal(directionOf('ar'), 'rtl');
    assert.equal(directionOf('de'), 'ltr');
});

test('a text is filled, and one that is not there is said in English', async () => {
    assert.equal(say('{n} min', { n: 5 }), '5 min');
    assert.equal(say('constructor'), 'constructor');
    speak('de', await load('de'));
    assert.equal(say('{n} min', { n: 5 }), '5 Min.');
    assert.equal(say('Not in the list'), 'Not in the list');
    assert.equal(kindOf({ kind: 'yellow_card' }, 'football'), 'Gelbe Karte');
    assert.equal(statusOf({ status: 'finished', sport: 'football' }), 'Abpfiff');
    speak('en', {});
    assert.equal(kindOf({ kind: 'yellow_card' }, 'football'), 'Yellow card');
});

test('a number has its own words, and is written as the language writes it', async () => {
    assert.equal(sayMany('{n} new entries', 1), '1 new entry');
    assert.equal(sayMany('{n} new entries', 2), '2 new entries');
    for (const [name, said] of [['de', ['1 neuer Eintrag', '5 neue Einträge', '12.345 neue Einträge']],
        ['fr', ['1 nouveauté', '5 nouveautés', '12\u202f345 nouveautés']], ['es', ['1 novedad', '5 novedades', '12.345 novedades']]]) {
        speak(name, await load(name));
        assert.deepEqual([1, 5, 12345].map((n) => sayMany('{n} new entries', n)), said);
    }
    speak('ar', await load('ar'));
    assert.equal(new Set([1, 2, 3, 11, 100].map((n) => sayMany('{n} new entries', n).replace(/[\d٠-٩]+/, ''))).size, 5);
    speak('en', {});
});

test('one element speaks another language than the page', async () => {
    const german = await textsOf('de');
    assert.equal(speakWhile('de', german, () => say('{n} min', { n: 5 })), '5 Min.');
    assert.equal(say('{n} min', { n: 5 }), '5 min');
    assert.throws(() => speakWhile('de', german, () => {
        throw new Error('of the caller');
    }), /caller/);
    assert.equal(say('{n} min', { n: 5 }), '5 min');
    for (const name of ['en', 'xx', '__proto__', '../x'])
        assert.deepEqual(await textsOf(name), {});
});

test('no sport is left in English', async () => {
    const texts = await load('de');
    const words = Object.values(SPORTS).flatMap(({ periods = [], more, status = {}, kinds = {} }) =>
        [...periods, more, ...Object.values(status), ...Object.values(kinds)]).filter(Boolean);
    assert.deepEqual(words.filter((text) => !Object.hasOwn(texts, text) && !/inning$/.test(text)), []);
    speak('de', texts);
    assert.equal(phaseOf({ period: 2 }, 'tennis'), 'Satz 2');
    speak('en', {});
    assert.equal(phaseOf({ period: 2 }, 'tennis'), 'Set 2');
});
