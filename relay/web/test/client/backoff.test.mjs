import assert from 'node:assert/strict';
import test from 'node:test';
import { Backoff } from '../../commentary.js';

function windows(count, random) {
    const backoff = new Backoff({ baseMs: 1000, capMs: 30000, random: () => random });
    return Array.from({ length: count }, () => backoff.next());
}

test('the window doubles up to the cap', () => {
    assert.deepEqual(windows(7, 1), [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
});

test('jitter takes the whole window', () => {
    assert.deepEqual(windows(3, 0), [0, 0, 0]);
    assert.deepEqual(windows(3, 0.5), [500, 1000, 2000]);
});

test('a thousand attempts later it is still the cap', () => {
    assert.equal(windows(1100, 1).at(-1), 30000);
});

test('reset begins again', () => {
    const backoff = new Backoff({ baseMs: 1000, random: () => 1 });
    backoff.next();
    backoff.next();
    backoff.reset();
    assert.equal(backoff.next(), 1000);
});

test('the relay is believed about the wait, within bounds, and a little jitter stays', () => {
    const backoff = new Backoff({ baseMs: 1000, random: () => 0.5 });
    assert.equal(backoff.told(3000), 3125);
    assert.equal(backoff.told(1e12), 600125);
    assert.equal(new Backoff({ random: () => 1 }).told(0), 250, 'a relay that is replaced: back within a second');
    assert.equal(new Backoff({ baseMs: 10, random: () => 1 }).told(0), 10);
});

test('a patient wait is never short', () => {
    assert.equal(new Backoff({ capMs: 30000, random: () => 0 }).patient(), 15000);
});
