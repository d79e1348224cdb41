import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cardOf, imageOf, originsIn } from '../../view/pictures.js';

const allowed = originsIn('https://img.example, http://127.0.0.1:8081');

test('the list of origins is taken as the relay writes it', () => {
    assert.deepEqual([...allowed], ['https://img.example', 'http://127.0.0.1:8081']);
    assert.equal(originsIn('').size, 0);
    assert.equal(originsIn(undefined).size, 0);
    assert.equal(originsIn('javascript: data: blob: *').size, 0);
});

test('an image of an allowed origin is shown, with what it says of itself', () => {
    assert.deepEqual(imageOf({ image: 'https://img.example/7.jpg' }, allowed), { src: 'https://img.example/7.jpg', alt: '' });
    assert.deepEqual(imageOf({ image: { url: 'HTTPS://IMG.example:443/7.jpg', alt: 'The goal' } }, allowed),
        { src: 'https://img.example/7.jpg', alt: 'The goal' });
    assert.equal(imageOf({ image: { url: 'https://img.example/7.jpg', alt: 'x'.repeat(900) } }, allowed).alt.length, 500);
});

test('an image of another origin, or of none, is not', () => {
    for (const image of ['https://evil.example/7.jpg', 'http://img.example/7.jpg', 'https://img.example:8443/7.jpg',
        'https://img.example@evil.example/7.jpg', 'https://img.example.evil.example/', 'https://a@img.example/7.jpg',
        'javascript:alert(1)', 'data:image/png;base64,AA', 'blob:https://img.example/1', '//img.example/7.jpg', '/7.jpg', '',
        null, 7, [], {}, { url: ['https://img.example/7.jpg'] }, { src: 'https://img.example/7.jpg' }])
        assert.equal(imageOf({ image }, allowed), null, JSON.stringify(image));
    assert.equal(imageOf({ image: 'https://img.example/7.jpg' }, originsIn('')), null);
    assert.equal(imageOf(undefined, allowed), null);
});

test('a card is a link with a title, and an image only where that may be shown', () => {
    const card = (members) => cardOf({ card: { url: 'https://news.example/7', title: 'Report', ...members } }, allowed);
    assert.deepEqual(card({}), { href: 'https://news.example/7', title: 'Report', text: '', image: null });
    assert.deepEqual(card({ text: 'All of it', image: 'https://img.example/7.jpg' }).image, { src: 'https://img.example/7.jpg', alt: '' });
    assert.equal(card({ image: 'https://news.example/7.jpg' }).image, null);
    for (const wrong of [{ url: 'javascript:alert(1)' }, { url: 'https://bank.example@evil.example' }, { title: '' }, { title: 7 }])
        assert.equal(card(wrong), null, JSON.stringify(wrong));
    for (const metadata of [null, {}, { card: null }, { card: 'https://news.example' }])
        assert.equal(cardOf(metadata, allowed), null);
});
