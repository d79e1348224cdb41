import assert from 'node:assert/strict';
import { test } from 'node:test';

import { GAP_MS, Gap, alertOf, isWorthAnAlert } from '../../page/alerts.js';

const STATE = { match: 7, sport: 'football', home: 'Rovers', away: 'City', home_score: 1, away_score: 1 };
const GOAL = { seq: 58, kind: 'goal', minute: 90, stoppage: 3, message: 'The keeper scores!', home_score: 2, away_score: 1 };

test('a score is worth an alert when it is new', () => {
    assert.equal(isWorthAnAlert({ change: 'added', entry: GOAL }, 'football'), true);
    assert.equal(isWorthAnAlert({ change: 'amended', entry: GOAL }, 'football'), false);
    assert.equal(isWorthAnAlert({ change: 'added', entry: { kind: 'corner' } }, 'football'), false);
    assert.equal(isWorthAnAlert({ change: 'added', entry: { kind: 'try' } }, 'rugby'), true);
    assert.equal(isWorthAnAlert(null, 'football'), false);
});

test('it says the new score and the line', () => {
    assert.deepEqual(alertOf(GOAL, STATE), { title: 'Rovers 2 – 1 City', body: "90+3' Goal. The keeper scores!" });
    assert.equal(alertOf({ ...GOAL, home_score: undefined, away_score: undefined }, STATE).title, 'Rovers 1 – 1 City');
});

test('it is short, whatever others wrote', () => {
    const { title, body } = alertOf({ ...GOAL, message: '⚽'.repeat(5000) }, { ...STATE, home: 'x'.repeat(5000) });
    assert.equal([...body].length, 200);
    assert.ok([...title].length <= 130, title);
});

test('alerts keep their distance', () => {
    const gap = new Gap();
    assert.deepEqual([0, 1, GAP_MS - 1, GAP_MS, GAP_MS + 1].map((ms) => gap.isOver(ms)),
        [true, false, false, true, false]);
});
