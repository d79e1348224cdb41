import assert from 'node:assert/strict';
import { test } from 'node:test';

import { matchPath, readAddress } from '../../page/address.js';

const read = (path) => {
    const { base, match, seq } = readAddress(new URL(path, 'https://example.org'));
    return { base, match, seq };
};

test('a match has a path of its own, behind any prefix', () => {
    assert.deepEqual(read('/match/7'), { base: '/', match: 7, seq: null });
    assert.deepEqual(read('/match/7/'), { base: '/', match: 7, seq: null });
    assert.deepEqual(read('/live/a/match/7#seq-58'), { base: '/live/a/', match: 7, seq: 58 });
    assert.deepEqual(read('/match/7?utm_source=x#seq-58'), { base: '/', match: 7, seq: 58 });
});

test('older links say it behind the #, whatever a site adds', () => {
    for (const hash of ['match=4', 'match=4&utm_source=x', 'utm_source=x&match=4', 'match=4&']) {
        assert.deepEqual(read(`/#${hash}`), { base: '/', match: 4, seq: null });
        assert.deepEqual(read(`/live/index.html#${hash}`), { base: '/live/', match: 4, seq: null });
    }
    assert.deepEqual(read('/#match=4&seq=58'), { base: '/', match: 4, seq: 58 });
});

test('the path wins', () => {
    assert.equal(read('/match/7#match=4').match, 7);
});

test('the lobby is what names no match', () => {
    for (const path of ['/', '/?status=live', '/#', '/#timeline', '/#match=', '/#match=0', '/#match=-1',
        '/#match=7x', '/#match=1e3', '/#match=9999999999999999', '/match/x', '/match/0', '/matches/7',
        '/#%', '/#match=%'])
        assert.equal(read(path).match, null, path);
    assert.equal(readAddress(new URL('https://example.org/?status=live')).fields.get('status'), 'live');
});

test('what is written is read', () => {
    assert.deepEqual(read(matchPath('/live/', 7)), { base: '/live/', match: 7, seq: null });
    assert.deepEqual(read(matchPath('/', 7, 58)), { base: '/', match: 7, seq: 58 });
});
