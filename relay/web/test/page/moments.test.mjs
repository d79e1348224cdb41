import assert from 'node:assert/strict';
import { test } from 'node:test';

import { momentsOf } from '../../page/moments.js';

const STATE = { sport: 'football', home: 'Rovers', away: 'City', away_short: 'CIT' };
const entry = (kind, team, actor, minute, more = {}) => ({ kind, team, actor, minute, ...more });

test('goals and dismissals, cards and substitutions, of each side', () => {
    const { goals, changes } = momentsOf([
        entry('goal', 'Rovers', 'A', 12), entry('comment', 'Rovers', 'A', 13), entry('goal', 'CIT', 'B', 20),
        entry('yellow_card', 'City', 'B', 21), entry('goal', 'Rovers', 'A', 90, { stoppage: 3 }),
        entry('red_card', 'City', 'B', 91), entry('substitution', 'Rovers', 'C', 92), entry('goal', '', 'nobody', 93),
    ], STATE);
    assert.deepEqual(goals, { home: [{ kind: 'goal', actor: 'A', minutes: ["12'", "90+3'"] }],
        away: [{ kind: 'goal', actor: 'B', minutes: ["20'"] }, { kind: 'red_card', actor: 'B', minutes: ["91'"] }] });
    assert.deepEqual(changes.away.map(({ kind }) => kind), ['yellow_card']);
    assert.deepEqual(changes.home.map(({ kind }) => kind), ['substitution']);
});

test('what was withdrawn is none', () => {
    assert.deepEqual(momentsOf([entry('goal', 'Rovers', 'A', 12, { retracted: true })], STATE).goals.home, []);
});

test('a shoot-out is told apart from penalties in play', () => {
    const { goals, shootOut } = momentsOf([entry('penalty_scored', 'Rovers', 'A', 30, { period: 1 }),
        entry('penalty_missed', 'City', 'B', 31, { period: 1 }),
        entry('penalty_scored', 'Rovers', 'A', null, { period: 5 }), entry('penalty_saved', 'City', 'B', null, { period: 5 }),
        entry('penalty_missed', 'City', 'C', null, { phase: 'Shoot-out' })], STATE);
    assert.deepEqual(goals.home.length, 1);
    assert.deepEqual(shootOut, { home: [{ actor: 'A', isScored: true }],
        away: [{ actor: 'B', isScored: false }, { actor: 'C', isScored: false }] });
});

test('where much is scored there is no list of it', () => {
    const many = Array.from({ length: 20 }, (_, i) => entry('try', 'Rovers', `P${i}`, i));
    assert.deepEqual(momentsOf(many, { ...STATE, sport: 'rugby' }).goals.home, []);
});
