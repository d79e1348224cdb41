/* Rows that come after a pause arrive with a movement, a quick run of rows does not. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { Flourish } from '../../../view/match/flourish.js';

test('a row after a pause, and those that come with it, arrive with a movement', () => {
    const flourish = new Flourish();
    assert.equal(flourish.isFor(5000), true);
    assert.equal(flourish.isFor(5100), true);
    assert.equal(flourish.isFor(7000), true);
});

test('twenty rows a second: the first ones do, the others do not until there is a pause', () => {
    const flourish = new Flourish();
    const moved = Array.from({ length: 200 }, (_, i) => flourish.isFor(i * 50));
    assert.equal(moved.filter(Boolean).length, 6);
    assert.equal(moved.lastIndexOf(true), 5);
    assert.equal(flourish.isFor(200 * 50 + 999), true);
});
