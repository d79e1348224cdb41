import assert from 'node:assert/strict';
import test from 'node:test';
import { inOrder } from '../../commentary.js';
import { asShown } from '../../model/order.js';
import { clockOf, spokenOf } from '../../words/words.js';

/* Lines of 'period/minute+stoppage' or '' for none, in order of seq. */
function lines(...times) {
    return times.map((time, index) => {
        const [, period, minute, stoppage] = /^(?:(\d+)\/)?(\d+)?(?:\+(\d+))?$/.exec(time).map((part) =>
            part === undefined ? undefined : Number(part));
        return { seq: index + 1, kind: 'comment', period, minute, stoppage, message: time };
    });
}

function shown(sport, ...times) {
    return inOrder(lines(...times), sport).map(({ message, late }) => late ? `${message} late` : message);
}

test('a line that comes late goes where the clock says, and is marked', () => {
    assert.deepEqual(shown('football', '10', '20', '15', '21'), ['10', '15 late', '20', '21']);
    assert.deepEqual(shown('football', '1/45', '1/45+2', '2/46', '1/45+1', '2/47'),
        ['1/45', '1/45+1 late', '1/45+2', '2/46', '2/47']);
    assert.deepEqual(shown('soccer', '5', '3'), ['3 late', '5']);
});

test('a line of the same time, or without one, is not late', () => {
    assert.deepEqual(shown('football', '10', '10', '', '12', ''), ['10', '10', '', '12', '']);
    assert.deepEqual(shown('football', '10', '', '20', '12'), ['10', '', '12 late', '20']);
});

test('after a late line the clock has not run back: what follows is measured by the latest', () => {
    assert.deepEqual(shown('football', '10', '30', '12', '20', '31'),
        ['10', '12 late', '20 late', '30', '31']);
});

test('lines of which only one has a period are not compared', () => {
    assert.deepEqual(shown('football', '2/60', '50', '2/61'), ['2/60', '50', '2/61']);
    assert.deepEqual(shown('football', '2/60', '50', '2/55', '40'), ['2/55 late', '2/60', '40 late', '50']);
});

test('a clock that counts down, rounds of many, and an unknown sport make no line late', () => {
    assert.deepEqual(shown('basketball', '1/12', '1/11', '1/3', '2/12'), ['1/12', '1/11', '1/3', '2/12']);
    assert.deepEqual(shown('basketball', '1/12', '2/12', '1/1'), ['1/12', '1/1 late', '2/12']);
    for (const sport of ['chess', 'golf', 'formula_1', 'cycling', 'lacrosse', undefined])
        assert.deepEqual(shown(sport, '2/9', '1/30', '1/2'), ['2/9', '1/30', '1/2'], sport);
});

test('a second half that begins at 45 without a period is not late', () => {
    const [one, two] = lines('45+2', '45');
    assert.equal(inOrder([one, { ...two, kind: 'kick_off' }], 'football').at(-1).late, undefined);
});

test('a withdrawn line makes no other late, and an amended one moves', () => {
    const [one, typo, next] = lines('10', '90', '11');
    assert.deepEqual(inOrder([one, { ...typo, retracted: true }, next], 'football').map(({ seq }) => seq), [1, 2, 3]);
    assert.deepEqual(inOrder([one, { ...typo, minute: 9 }, next], 'football').map(({ seq }) => seq), [2, 1, 3]);
});

test('a view can tell by identity what has changed', () => {
    const entries = lines('10', '20', '15');
    const late = inOrder(entries, 'football')[1];
    assert.equal(inOrder(entries, 'football')[1], late);
    assert.ok(Object.isFrozen(late));
    assert.equal(entries[2].late, undefined);
    assert.equal(asShown(entries[2], entries, 'football'), late);
    assert.equal(asShown(entries[0], entries, 'football'), entries[0]);
});

test('the clock of the scoreboard does not run back, and a late line is told as such', () => {
    const state = { sport: 'football', status: 'live' };
    const entries = inOrder(lines('70', '65', ''), 'football');
    assert.equal(clockOf(state, entries), "70'");
    assert.equal(spokenOf(entries[0], 'football'), "Late entry. 65' 65");
});
