/* The element outside a browser: a server that renders pages imports it. What it shows is tried by
   regress/relay/page/embed.py, in a browser. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ownSource, socketAddress } from '../live-commentary.js';

test('the socket is found from the address of the relay', () => {
    for (const [src, socket] of [
        ['https://relay.example', 'wss://relay.example/ws'],
        ['http://relay.example:8080/', 'ws://relay.example:8080/ws'],
        ['https://site.example/live/', 'wss://site.example/live/ws'],
        ['wss://relay.example/ws', 'wss://relay.example/ws'],
        ['wss://relay.example/ws/', 'wss://relay.example/ws/'],
        ['https://relay.example/#match=7', 'wss://relay.example/ws'],
    ])
        assert.equal(socketAddress(src), socket);
});

test('an address is no place for a token, nor for a script', () => {
    for (const src of ['https://relay.example/?token=x', 'https://user:x@relay.example/',
        'javascript:alert(1)', 'data:text/html,x', '', null])
        assert.throws(() => socketAddress(src), TypeError, String(src));
});

test('only a module that has its own name comes from a relay', () => {
    for (const [url, src] of [
        ['https://relay.example/live-commentary.js', 'https://relay.example/'],
        ['https://site.example/live/live-commentary.js?1', 'https://site.example/live/'],
        ['https://site.example/assets/index-1a2b.js', null],
        ['https://site.example/node_modules/.vite/deps/commentary-client_live-commentary.js?v=1', null],
        ['https://site.example/live-commentary.js/index.js', null],
        ['file:///site/node_modules/commentary-client/dist/live-commentary.js', null],
        [undefined, null],
    ])
        assert.equal(ownSource(url), src);
});
