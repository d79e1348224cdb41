import assert from 'node:assert/strict';
import test from 'node:test';
import { Cursor } from '../../commentary.js';

function started(head, history = 0) {
    const cursor = new Cursor();
    cursor.start({ epoch: 'a', head, recovered: false }, history);
    return cursor;
}

test('without history the next entry is head + 1', () => {
    const cursor = started(57);
    assert.deepEqual(cursor.since, { epoch: 'a', seq: 57 });
    assert.equal(cursor.accept(58), 'next');
    assert.equal(cursor.accept(58), 'double');
    assert.equal(cursor.accept(60), 'gap');
    assert.equal(cursor.accept(59), 'next');
});

test('history begins wherever the relay begins it, and goes on without a gap', () => {
    const cursor = started(57, 50);
    assert.equal(cursor.since, undefined);
    assert.equal(cursor.accept(8), 'next');
    assert.equal(cursor.accept(10), 'gap');
    assert.equal(cursor.accept(9), 'next');
    assert.equal(cursor.isCaughtUp, false);
});

test('history that begins beyond the head is a gap', () => {
    assert.equal(started(57, 50).accept(59), 'gap');
});

test('history of an empty match is nothing to wait for', () => {
    assert.equal(started(0, 50).isCaughtUp, true);
});

test('recovered keeps the place, not recovered gives it up', () => {
    const cursor = started(57);
    cursor.start({ epoch: 'a', head: 90, recovered: true }, 50);
    assert.equal(cursor.accept(58), 'next');
    cursor.start({ epoch: 'b', head: 3, recovered: false }, 50);
    assert.equal(cursor.since, undefined);
    assert.equal(cursor.accept(1), 'next');
    assert.deepEqual(cursor.since, { epoch: 'b', seq: 1 });
});
