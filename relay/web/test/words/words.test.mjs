import assert from 'node:assert/strict';
import test from 'node:test';
import { ageOf, clockOf, kindOf, lineOf, minuteOf, noKeyEventsIn, sideOf, spokenOf } from '../../words/words.js';

test('minutes and stoppage time', () => {
    assert.equal(minuteOf({ minute: 90, stoppage: 3 }), "90+3'");
    assert.equal(minuteOf({ minute: 0 }), "0'");
    assert.equal(minuteOf({}), '');
});

test('a kind that nobody has thought of reads well', () => {
    assert.equal(kindOf({ kind: 'free_kick' }), 'Free kick');
    assert.equal(kindOf({ kind: 'constructor' }), 'Constructor');
    assert.equal(kindOf({}), 'Comment');
});

test('the clock shows the minute, the name of the break, or how it ended', () => {
    const entries = [{ kind: 'half_time', minute: 45 }, { kind: 'comment', minute: 45 }];
    assert.equal(clockOf({ status: 'live' }, [{ minute: 63 }]), "63'");
    assert.equal(clockOf({ status: 'live', sport: 'football' }, [{ period: 5 }]),
        'Penalty shoot-out');
    assert.equal(clockOf({ status: 'live' }, []), 'Live');
    assert.equal(clockOf({ status: 'paused' }, entries), 'Half time');
    assert.equal(clockOf({ status: 'paused' }, []), 'Break');
    assert.equal(clockOf({ status: 'finished', sport: 'football' }, entries), 'Full time');
});

test('a team is on the side that it plays on', () => {
    const state = { home: 'Rovers', away: 'City' };
    assert.equal(sideOf({ team: 'City' }, state), 'away');
    assert.equal(sideOf({ team: 'United' }, state), '');
    assert.equal(sideOf({}, state), '');
});

test('a name in the title is one short line that turns nothing round', () => {
    assert.equal(lineOf('Rovers'), 'Rovers');
    assert.equal(lineOf('\u202eRov\u2066ers\u0085\r\n\u2028 City\u0000'), 'Rov ers City');
    assert.equal(lineOf('הפועל\u2069 x'), '\u2068הפועל x\u2069');
    assert.equal(lineOf('x'.repeat(60)), 'x'.repeat(60));
    assert.equal(lineOf('𝄞'.repeat(61)), `${'𝄞'.repeat(59)}…`);
    assert.equal(lineOf(undefined), '');
});

test('what is spoken begins with minute and kind', () => {
    assert.equal(spokenOf({ minute: 3, kind: 'goal', message: 'In!' }), "3' Goal. In!");
    assert.equal(spokenOf({ kind: 'comment', message: 'Well.' }), 'Well.');
    assert.equal(spokenOf({ message: 'Well.', amended: true }), 'Correction. Well.');
});

test('what was withdrawn is said, with its reason', () => {
    assert.equal(spokenOf({ minute: 3, kind: 'goal', message: 'In!', retracted: true, reason: 'offside' }),
        "Withdrawn. 3' Goal. In! (offside)");
});

test('an age says how long ago, then when', () => {
    const now = new Date('2026-03-01T20:00:00Z');
    const before = (minutes) => ageOf(new Date(now - minutes * 60000).toISOString(), now);
    assert.deepEqual([before(0), before(1), before(59)], ['now', '1 min', '59 min']);
    assert.match(before(61), /\d:\d\d/);
    assert.equal(ageOf(undefined, now), '');
    assert.equal(ageOf('then', now), '');
});

test('a line that was withdrawn is no clock', () => {
    const entries = [{ minute: 63 }, { minute: 70, retracted: true }];
    assert.equal(clockOf({ status: 'live' }, entries), "63'");
});

test('a filter that shows nothing says so', () => {
    assert.equal(noKeyEventsIn({ state: { status: 'live' }, isWhole: true }), 'No key events yet.');
    assert.equal(noKeyEventsIn({ state: null, isWhole: true }), 'No key events yet.');
    for (const view of [{ state: { status: 'live' }, isWhole: false }, { state: { status: 'finished' }, isWhole: true }])
        assert.equal(noKeyEventsIn(view), 'No key events among these lines.');
});
