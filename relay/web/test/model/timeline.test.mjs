import assert from 'node:assert/strict';
import test from 'node:test';
import { Scoreboard, Timeline } from '../../commentary.js';
import { line } from '../socket.mjs';

function amend(seq, ref_seq, members) {
    return { type: 'commentary', match: 7, seq, op: 'amend', ref_seq, ...members };
}

test('amends accumulate: what they carry replaces, the rest stays', () => {
    const timeline = new Timeline();
    timeline.apply(line(1, { kind: 'goal', actor: 'A. Wrong', minute: 12, created_at: 'then' }));
    timeline.apply(amend(2, 1, { actor: 'B. Right', created_at: 'later' }));
    timeline.apply(amend(3, 1, { minute: 13, tags: ['late'] }));
    assert.deepEqual(timeline.entries, [{ ...line(1), kind: 'goal', actor: 'B. Right', minute: 13,
        tags: ['late'], created_at: 'then', amended: true }]);
});

test('an amend may carry a zero or an empty text', () => {
    const timeline = new Timeline();
    timeline.apply(line(1, { home_score: 1, message: 'x' }));
    timeline.apply(amend(2, 1, { home_score: 0, message: '' }));
    assert.equal(timeline.get(1).home_score, 0);
    assert.equal(timeline.get(1).message, '');
});

test('an amend may replace whatever an entry carries', () => {
    const timeline = new Timeline();
    const members = { phase: '2nd innings', clock: '19.6 ov', headline: 'Wicket!', home_display: '245/8',
        away_display: '310', translates_seq: 4, occurred_at: '2026-07-01T11:00:00.000000Z' };
    timeline.apply(line(1));
    timeline.apply(amend(2, 1, members));
    assert.deepEqual(timeline.get(1), { ...line(1), ...members, amended: true });
});

test('an amended entry is a new object, and the old one is untouched', () => {
    const timeline = new Timeline();
    const { entry } = timeline.apply(line(1));
    timeline.apply(amend(2, 1, { message: 'put right' }));
    assert.notEqual(timeline.get(1), entry);
    assert.equal(entry.message, 'line 1');
});

test('a member that is null was taken away', () => {
    const timeline = new Timeline();
    timeline.apply(line(1, { actor: 'A. Wrong', minute: 12 }));
    timeline.apply(amend(2, 1, { actor: null, stoppage: null }));
    assert.deepEqual(timeline.entries, [{ ...line(1), minute: 12, amended: true }]);
    timeline.apply(amend(3, 1, { actor: 'B. Right' }));
    assert.equal(timeline.get(1).actor, 'B. Right');
});

test('a reinstated entry is there whole, in its old place', () => {
    const timeline = new Timeline();
    for (let seq = 1; seq <= 3; seq += 1)
        timeline.apply(line(seq, { created_at: `then ${seq}` }));
    timeline.apply({ type: 'commentary', match: 7, seq: 4, op: 'retract', ref_seq: 2 });
    const again = { type: 'commentary', match: 7, seq: 5, op: 'reinstate', ref_seq: 2, kind: 'comment', message: 'back',
        created_at: 'later' };
    assert.equal(timeline.apply(again).change, 'reinstated');
    assert.deepEqual(timeline.entries.map(({ seq }) => seq), [1, 2, 3]);
    assert.deepEqual(timeline.get(2), { type: 'commentary', match: 7, seq: 2, op: 'insert', kind: 'comment', message: 'back',
        created_at: 'then 2', amended: true });
    assert.equal(timeline.apply(amend(6, 2, { minute: 5 })).entry.minute, 5);
});

test('a reinstated entry that is older than what is held is shown too', () => {
    const timeline = new Timeline();
    timeline.apply(line(8));
    timeline.apply({ type: 'commentary', match: 7, seq: 9, op: 'reinstate', ref_seq: 2, message: 'back' });
    assert.deepEqual(timeline.entries.map(({ seq }) => seq), [2, 8]);
});

test('a retracted entry is gone, and later corrections do not bring it back', () => {
    const timeline = new Timeline();
    timeline.apply(line(1));
    timeline.apply(line(2));
    const retract = { type: 'commentary', match: 7, seq: 3, op: 'retract', ref_seq: 1 };
    assert.equal(timeline.apply(retract).change, 'retracted');
    assert.equal(timeline.apply(amend(4, 1, { message: 'again' })), null);
    assert.deepEqual(timeline.entries.map(({ seq }) => seq), [2]);
});

test('one that remembers keeps what was withdrawn, and what an entry was', () => {
    const timeline = new Timeline({ remembers: true });
    for (const message of [line(1), line(2), amend(3, 1, { message: 'second' }), amend(4, 1, { message: 'third' }),
        { type: 'commentary', match: 7, seq: 5, op: 'retract', ref_seq: 2, message: 'offside' }])
        timeline.apply(message);
    assert.equal(timeline.get(1).message, 'third');
    assert.equal(timeline.get(1).was.message, line(1).message);
    assert.deepEqual([timeline.get(2).retracted, timeline.get(2).reason], [true, 'offside']);
    assert.equal(timeline.apply(amend(6, 2, { message: 'x' })), null);
    assert.equal(timeline.apply({ type: 'commentary', match: 7, seq: 7, op: 'retract', ref_seq: 2 }), null);
    const again = { type: 'commentary', match: 7, seq: 8, op: 'reinstate', ref_seq: 2, message: 'it stands' };
    assert.equal(timeline.apply(again).entry.retracted, undefined);
    assert.deepEqual(timeline.entries.map(({ seq }) => seq), [1, 2]);
});

test('corrections of what is not held, and state changes, show nothing', () => {
    const timeline = new Timeline();
    assert.equal(timeline.apply(amend(9, 1, { message: 'x' })), null);
    assert.equal(timeline.apply({ type: 'match', match: 7, seq: 10, state: {} }), null);
    assert.equal(timeline.size, 0);
});

test('memory is bounded: the oldest goes first', () => {
    const timeline = new Timeline({ limit: 3 });
    for (let seq = 1; seq <= 5; seq += 1)
        timeline.apply(line(seq));
    assert.deepEqual(timeline.entries.map(({ seq }) => seq), [3, 4, 5]);
});

test('the scoreboard keeps the newest state of each match', () => {
    const scoreboard = new Scoreboard({ limit: 2 });
    scoreboard.reset([{ match: 1, home_score: 0 }, { match: 2 }]);
    scoreboard.apply({ type: 'match', match: 'lobby', state: { match: 1, home_score: 1 } });
    assert.deepEqual(scoreboard.states, [{ match: 1, home_score: 1 }, { match: 2 }]);
    scoreboard.apply({ type: 'match_created', match: 'lobby', state: { match: 3 } });
    assert.deepEqual(scoreboard.states.map(({ match }) => match), [2, 3]);
});
