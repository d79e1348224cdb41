import assert from 'node:assert/strict';
import test from 'node:test';
import { SPORTS, isBreak, isKeyEvent, isScoring, periodName, rulesOf } from '../../model/sports.js';
import { clockOf, kindOf, minuteOf, phaseOf, scoreOf, sideOf, spokenOf, statusOf, titleOf } from '../../words/words.js';

/* What each sport's own words are: a period of it, a late one, and how it ends. */
const WORDS = [
    ['football', 2, 'Second half', 5, 'Penalty shoot-out', 'Full time'],
    ['cricket', 2, 'Second innings', 5, 'Super over 1', 'Match over'],
    ['basketball', 4, 'Fourth quarter', 6, 'Overtime 2', 'Final'],
    ['tennis', 1, 'Set 1', 5, 'Set 5', 'Final'],
    ['rugby', 1, 'First half', 3, 'Extra time, first half', 'Full time'],
    ['ice_hockey', 3, 'Third period', 4, 'Overtime 1', 'Final'],
    ['baseball', 1, '1st inning', 11, '11th inning', 'Final'],
    ['american_football', 1, 'First quarter', 5, 'Overtime 1', 'Final'],
    ['volleyball', 2, 'Set 2', 5, 'Set 5', 'Final'],
    ['handball', 2, 'Second half', 7, 'Seven-metre shoot-out', 'Full time'],
    ['formula_1', 1, 'Lap 1', 57, 'Lap 57', 'Chequered flag'],
    ['cycling', 1, 'Stage 1', 21, 'Stage 21', 'Finished'],
    ['golf', 1, 'Round 1', 4, 'Round 4', 'Final'],
    ['chess', 1, 'Game 1', 14, 'Game 14', 'Game over'],
    ['esports', 1, 'Map 1', 5, 'Map 5', 'Final'],
    ['curling', 1, 'Period 1', 9, 'Period 9', 'Finished'],
];

for (const [sport, period, name, late, lateName, end] of WORDS) {
    test(`${sport} in its own words`, () => {
        assert.equal(periodName(sport, period), name);
        assert.equal(periodName(sport, late), lateName);
        assert.equal(statusOf({ sport, status: 'finished' }), end);
    });
}

test('every sport of the table has its words tested', () => {
    assert.deepEqual(Object.keys(SPORTS).filter((sport) => !WORDS.some(([name]) => name === sport)), []);
});

test('every kind is written as the database takes it', () => {
    for (const { scoring = [], breaks = [], key = [], icons = {}, kinds = {} } of Object.values(SPORTS))
        for (const kind of [...scoring, ...breaks, ...key, ...Object.keys(icons), ...Object.keys(kinds)])
            assert.match(kind, /^[a-z][a-z0-9_]*$/);
});

test('a sport is known by its other names, and strange ones do no harm', () => {
    assert.equal(periodName('Rugby Union', 2), 'Second half');
    assert.equal(periodName('NBA', 5), 'Overtime 1');
    assert.equal(rulesOf('constructor'), rulesOf('curling'));
    assert.equal(rulesOf(undefined), rulesOf('__proto__'));
    assert.equal(periodName('football', 0), 'Before the start');
});

test('the score is said as its sport says it', () => {
    assert.equal(scoreOf({ home_score: 3, away_score: 2 }), '3 – 2');
    assert.equal(scoreOf({ home_display: '245/7 & 13/0', away_score: 312 }), '245/7 & 13/0 – 312');
    assert.equal(scoreOf({ home_display: '½', away_display: '½', home_score: 0 }), '½ – ½');
    assert.equal(scoreOf({ home_score: 0 }), '0 – –');
    assert.equal(scoreOf({ home_score: null }), '');
    assert.equal(titleOf({ title: 'Monaco Grand Prix' }), 'Monaco Grand Prix');
    assert.equal(titleOf({ home: 'A', away: 'B', home_score: 1, away_score: 0 }), 'A 1 – 0 B');
});

test('the clock of the match comes before that of its newest entry', () => {
    const live = (sport, entry, state = {}) => clockOf({ sport, status: 'live', ...state }, [entry]);
    assert.equal(live('cricket', { minute: 12 }, { clock: '19.4 ov' }), '19.4 ov');
    assert.equal(live('cricket', { clock: '19.5', period: 1 }), '19.5');
    assert.equal(live('basketball', { period: 4, minute: 47 }), 'Fourth quarter');
    assert.equal(live('basketball', { phase: 'Q4', period: 4 }), 'Q4');
    assert.equal(live('golf', {}), 'Live');
    assert.equal(clockOf({ status: 'paused', clock: 'HT' }, []), 'HT');
    assert.equal(clockOf({ status: 'finished', clock: '90+4', sport: 'football' }, []), 'Full time');
    assert.equal(clockOf({ status: 'postponed' }, []), 'Postponed');
});

test('an entry says its time, its phase and its headline in its own words', () => {
    assert.equal(minuteOf({ clock: 'Q4 02:31', minute: 45 }), 'Q4 02:31');
    assert.equal(phaseOf({ phase: 'Overtime', period: 5 }, 'basketball'), 'Overtime');
    assert.equal(phaseOf({ period: null }, 'football'), '');
    assert.equal(spokenOf({ clock: '19.4', kind: 'wicket', headline: 'Bowled him', message: 'Gone.' }, 'cricket'),
        '19.4 Wicket. Bowled him. Gone.');
    assert.equal(sideOf({ team: 'MCI' }, { home: 'Manchester City', home_short: 'MCI' }), 'home');
});

test('key events are what the sport counts, what divides the match, and what is marked', () => {
    assert.ok(isKeyEvent({ kind: 'wicket' }, 'cricket'));
    assert.ok(!isKeyEvent({ kind: 'wicket' }, 'football'));
    assert.ok(isKeyEvent({ kind: 'half_time' }, 'curling'));
    assert.ok(isKeyEvent({ tags: ['key'] }, 'football'));
    assert.ok(!isKeyEvent({}, 'football'));
    assert.ok(isScoring({ kind: 'touchdown' }, 'an unknown sport'));
    assert.ok(!isScoring({ kind: 'touchdown' }, 'football'));
    assert.ok(isBreak({ kind: 'stumps' }, 'cricket'));
    assert.equal(kindOf({ kind: 'lbw' }, 'cricket'), 'LBW');
    assert.equal(kindOf({ kind: 'constructor' }, 'cricket'), 'Constructor');
});
