import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pinnedOf } from '../../model/pinned.js';
import { Timeline } from '../../model/timeline.js';

const line = (seq, more = {}) => ({ type: 'commentary', match: 7, seq, op: 'insert', message: `line ${seq}`, ...more });
const pinned = (seq) => line(seq, { tags: ['key', 'pinned'] });
const change = (seq, op, ref_seq, more = {}) => ({ type: 'commentary', match: 7, seq, op, ref_seq, ...more });

function shownOf(...messages) {
    const timeline = new Timeline({ remembers: true });
    messages.forEach((message) => timeline.apply(message));
    return pinnedOf(timeline.entries)?.seq ?? null;
}

test('a pinned line is shown until a later one is', () => {
    assert.equal(shownOf(line(1), line(2, { tags: ['x'] })), null);
    assert.equal(shownOf(line(1), pinned(2), line(3)), 2);
    assert.equal(shownOf(pinned(1), pinned(2), line(3)), 2);
    assert.equal(pinnedOf([pinned(2), pinned(1)]).seq, 2);      /* a late line stands before it */
});

test('what was withdrawn or lost the tag is gone, and what it had replaced stays so', () => {
    assert.equal(shownOf(pinned(1), change(2, 'retract', 1)), null);
    assert.equal(shownOf(pinned(1), change(2, 'amend', 1, { tags: null })), null);
    assert.equal(shownOf(pinned(1), pinned(2), change(3, 'retract', 2)), null);
    assert.equal(shownOf(pinned(1), pinned(2), change(3, 'amend', 2, { tags: ['key'] })), null);
});

test('an amendment pins a line, or changes one that stays pinned', () => {
    assert.equal(shownOf(line(1), change(2, 'amend', 1, { tags: ['pinned'] })), 1);
    assert.equal(shownOf(pinned(1), change(2, 'amend', 1, { message: 'better' })), 1);
});

test('tags that are no tags pin nothing', () => {
    assert.equal(pinnedOf([line(1, { tags: 'pinned' }), line(2, { tags: 5 }), line(3, { tags: null })]), null);
});
