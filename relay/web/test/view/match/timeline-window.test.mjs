import assert from 'node:assert/strict';
import { test } from 'node:test';

import { shareOf } from '../../../view/match/details-view.js';
import { AROUND, TimelineWindow } from '../../../view/match/timeline-window.js';

const rows = Array.from({ length: 5000 }, (_, i) => [5000 - i, { seq: 5000 - i }]);

test('only the rows around a place are drawn', () => {
    const window = new TimelineWindow();
    assert.deepEqual(window.around(rows, 0), { from: 0, to: AROUND });
    assert.deepEqual(window.around(rows, 2500), { from: 2500 - AROUND, to: 2500 + AROUND });
    assert.deepEqual(window.around(rows, 4999), { from: 4999 - AROUND, to: 5000 });
    assert.deepEqual(window.around(rows.slice(0, 3), 1), { from: 0, to: 3 });
    assert.deepEqual(window.around([], 0), { from: 0, to: 0 });
});

test('what was measured counts, and the average for the rest', () => {
    const window = new TimelineWindow();
    window.note(5000, 100);
    window.note(4999, 50);
    assert.equal(window.heightOf(rows, 0, 2), 150);
    assert.equal(window.heightOf(rows, 0, 4), 300);
    window.note(4999, 60);
    assert.equal(window.heightOf(rows, 0, 2), 160);
    window.note(4998, 0);       /* it was not shown */
    window.note(4998, NaN);
    assert.equal(window.heightOf(rows, 2, 3), 80);
});

test('the row at a place, and the place of the row', () => {
    const window = new TimelineWindow();
    window.note(5000, 100);
    assert.deepEqual(window.rowAt(rows, -10), { index: 0, topPx: 0 });
    assert.deepEqual(window.rowAt(rows, 99), { index: 0, topPx: 0 });
    assert.deepEqual(window.rowAt(rows, 250), { index: 2, topPx: 200 });
    assert.equal(window.rowAt(rows, 1e9).index, 4999);
    window.clear();
    assert.ok(window.heightOf(rows, 0, 1) < 100, 'nothing is known any more');
});

test('a share is made of what can be compared', () => {
    assert.equal(shareOf('75 %', '25 %'), 0.75);
    assert.equal(shareOf(3, 1), 0.75);
    for (const [home, away] of [['many', 2], [0, 0], [undefined, 1], [-1, 2], ['<img>', 'x'], ['4-4-2', '3-5-2'], ['12:31', 5], ['1e3', 1]])
        assert.equal(shareOf(home, away), null);
});
