import assert from 'node:assert/strict';
import { test } from 'node:test';

import { linksIn } from '../../view/links.js';

const hrefs = (text) => linksIn(text).filter((part) => typeof part !== 'string').map(({ href }) => href);

test('the parts are the text, whatever it is', () => {
    for (const text of ['', 'none', 'see https://a.example/x, or http://b.example.', 'https://', 'http://a http://b',
        'https://a.example/\u202ex', '<a href="https://a.example">'])
        assert.equal(linksIn(text).map((part) => part.text ?? part).join(''), text);
});

test('http and https become links, without what ends the sentence', () => {
    assert.deepEqual(hrefs('see https://a.example/x?y=1&z#w, or (HTTP://b.example).'),
        ['https://a.example/x?y=1&z#w', 'http://b.example/']);
    assert.deepEqual(linksIn('at https://a.example.'), ['at ', { text: 'https://a.example', href: 'https://a.example/' }, '.']);
});

test('nothing else does', () => {
    for (const text of ['javascript:alert(1)', 'data:text/html,x', 'ftp://a.example', 'xhttps://a.example', '//a.example',
        'https://bank.example@evil.example', 'https://user:pw@evil.example', 'https://', 'https:///'])
        assert.deepEqual(hrefs(text), [], text);
    assert.deepEqual(hrefs('https://a.example/\u202egpj.exe'), ['https://a.example/']);
    assert.deepEqual(hrefs('https://a.example/"onclick=x'), ['https://a.example/']);
});
