import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { LANGUAGES, directionOf, languageFor, say, speak, speakWhile, textsOf } from '../language.js';
import { kindOf, statusOf } from '../words.js';

const OTHERS = Object.keys(LANGUAGES).filter((name) => name !== 'en');
const load = async (name) => (await import(`../language-${name}.js`)).default;
const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const holes = (text) => (text.match(/\{\w+\}/g) ?? []).sort();

test('every language says the same texts, with the same holes', async () => {
    const keys = Object.keys(await load('de'));
    assert.ok(keys.length > 80);
    for (const name of OTHERS) {
        const texts = await load(name);
        assert.deepEqual(Object.keys(texts), keys, name);
        for (const [text, said] of Object.entries(texts)) {
            assert.notEqual(said.trim(), '', text);
            assert.deepEqual(holes(said), holes(text), `${name}: ${text}`);
        }
    }
});

test('what the page says is in every language', async () => {
    const texts = await load('de');
    const files = readdirSync(new URL('..', import.meta.url)).filter((file) => /\.js$|^index\.html$/.test(file));
    const found = [];
    for (const file of files) {
        const source = read(file);
        for (const [, text] of source.matchAll(/\bsay\('((?:[^'\\]|\\.)+)'/g))
            found.push(text);
        for (const [, text] of source.matchAll(/data-say>([^<]+)</g))
            found.push(text);
        for (const [, text] of source.matchAll(/aria-label="([^"]+)"[^>]*data-say-label/g))
            found.push(text);
    }
    for (const [, text] of read('words.js').matchAll(/^    \w+: '([^']+)',/gm))     /* CONNECTION, TOKEN */
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
