import assert from 'node:assert/strict';
import test from 'node:test';
import { TokenKeeper, tokenIn } from '../../page/token-keeper.js';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl_-';

function sized(length) {
    return `a.${'b'.repeat(length - 4)}.c`;
}

/* What the keeper uses of a browser's window; replaced is what the address was replaced by. */
function browser(hash = '', stored = {}) {
    const storage = new Map(Object.entries(stored));
    const window = {
        location: { pathname: '/live/', search: '?a=b', hash },
        replaced: [],
        history: { state: { some: 'state' }, replaceState(state, title, address) {
            window.replaced.push([state, address]);
        } },
        sessionStorage: {
            getItem: (key) => storage.get(key) ?? null,
            setItem: (key, value) => storage.set(key, value),
            removeItem: (key) => storage.delete(key),
        },
    };
    return window;
}

test('a token may come in lines; anything else is none', () => {
    assert.equal(tokenIn(TOKEN), TOKEN);
    assert.equal(tokenIn(`  ${TOKEN.slice(0, 9)}\r\n ${TOKEN.slice(9)}\n`), TOKEN);
    for (const text of ['', 'sesame', 'a.b', 'a.b.', 'a.b.c.d', 'a.b.c=', 'a.ö.c', sized(3073)])
        assert.equal(tokenIn(text), '', text);
    assert.equal(tokenIn(sized(3072)), sized(3072));
});

test('it is taken out of the address, and what else is there stays', () => {
    for (const [hash, address] of [
        [`#token=${TOKEN}`, '/live/?a=b'],
        [`#match=7&token=${TOKEN}`, '/live/?a=b#match=7'],
        [`#token=${TOKEN}&match=7`, '/live/?a=b#match=7'],
    ]) {
        const window = browser(hash);
        assert.equal(new TokenKeeper(window).takeFromAddress(), TOKEN);
        assert.deepEqual(window.replaced, [[{ some: 'state' }, address]]);
    }
});

test('an address without one is left as it is', () => {
    for (const hash of ['', '#', '#match=7', '#tokens=a.b.c']) {
        const window = browser(hash);
        assert.equal(new TokenKeeper(window).takeFromAddress(), null);
        assert.deepEqual(window.replaced, []);
    }
});

test('it outlives the page in the storage of the session, until it is forgotten', () => {
    const window = browser();
    const keeper = new TokenKeeper(window);
    assert.equal(keeper.token, '');
    keeper.keep(TOKEN);
    assert.equal(keeper.token, TOKEN);
    assert.equal(new TokenKeeper(window).token, TOKEN);
    keeper.forget();
    assert.equal(keeper.token, '');
    assert.equal(new TokenKeeper(window).token, '');
});

test('where nothing can be stored it is kept as long as the page', () => {
    const window = browser();
    Object.defineProperty(window, 'sessionStorage', { get() {
        throw new DOMException('denied', 'SecurityError');
    } });
    const keeper = new TokenKeeper(window);
    keeper.keep(TOKEN);
    assert.equal(keeper.token, TOKEN);
    keeper.forget();
    assert.equal(keeper.token, '');
});
