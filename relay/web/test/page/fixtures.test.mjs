import assert from 'node:assert/strict';
import { test } from 'node:test';

import { GROUPS, filtersIn, isWanted, rowsOfGroup } from '../../page/fixtures.js';

const NOW = new Date('2026-03-07T12:00:00Z');
const NONE = filtersIn(new URLSearchParams());
const match = (number, status, more = {}) => ({ match: number, status, home: `H${number}`, away: `A${number}`, ...more });
const group = (name) => GROUPS.find((one) => one.name === name);
const keys = ({ rows }) => rows.map(([key]) => key);

test('matches of one competition stand together, the newest first', () => {
    const states = [match(1, 'live', { competition: 'Cup' }), match(2, 'paused'), match(3, 'live', { competition: 'Cup' }),
        match(4, 'finished')];
    assert.deepEqual(keys(rowsOfGroup(group('in-play'), states, NONE, 10, NOW)), ['heading ["","Cup"]', 3, 1, 2]);
});

test('days have headings, what is soon comes first and what was last', () => {
    const states = [match(1, 'scheduled', { starts_at: '2026-03-09T12:00:00Z' }),
        match(2, 'scheduled', { starts_at: '2026-03-08T12:00:00Z' }), match(3, 'scheduled'),
        match(4, 'finished', { starts_at: '2026-03-01T12:00:00Z' }), match(5, 'finished', { starts_at: '2026-03-07T11:00:00Z' })];
    const toCome = rowsOfGroup(group('to-come'), states, NONE, 10, NOW).rows;
    assert.deepEqual(toCome.filter(([, item]) => 'match' in item).map(([key]) => key), [2, 1, 3]);
    assert.equal(toCome.length, 5);
    const over = rowsOfGroup(group('over'), states, NONE, 10, NOW).rows;
    assert.equal(over[0][1].day, 'Today');
    assert.deepEqual(over.map(([key]) => key).filter(Number.isInteger), [5, 4]);
});

test('no more than asked for, and how many there are', () => {
    const states = Array.from({ length: 30 }, (_, i) => match(i + 1, 'live'));
    const shown = (limit) => {
        const { rows, count, isWhole } = rowsOfGroup(group('in-play'), states, NONE, limit, NOW);
        return [rows.length, count, isWhole];
    };
    assert.deepEqual(shown(5), [5, 30, false]);
    assert.deepEqual(shown(19), [19, 30, false]);
    assert.deepEqual(shown(20), [30, 30, true], 'a few more are no reason to ask');
});

test('the address and a search choose', () => {
    const wanted = (state, query) => isWanted(state, filtersIn(new URLSearchParams(query)));
    const state = match(1, 'live', { home: 'Gençlerbirliği', away: 'São Paulo', competition: 'Coast Cup' });
    for (const query of ['', 'status=live', 'status=paused,live', 'competition=coast+cup', 'q=sao', 'q=genclerbirligi cup', 'utm=x'])
        assert.ok(wanted(state, query), query);
    for (const query of ['status=finished', 'competition=Cup', 'q=rio', 'q=sao rio', 'status=live&q=x'])
        assert.ok(!wanted(state, query), query);
});

test('a heading is the same object, so that it is not drawn anew', () => {
    const states = [match(1, 'live', { competition: 'Cup' })];
    const heading = () => rowsOfGroup(group('in-play'), states, NONE, 5, NOW).rows[0][1];
    assert.equal(heading(), heading());
});

test('a team is found however its letters are written', () => {
    for (const [home, written] of [['Brøndby', 'brondby'], ['ŁKS Łódź', 'lks lodz'], ['Kasımpaşa', 'KASIMPASA'], ['İstanbul', 'istanbul'],
        ['Großaspach', 'grossaspach'], ['Ærø', 'aero'], ['O’Higgins', "o'higgins"], ["O'Higgins", 'o’higgins'],
        ['ＦＣ Tokyo', 'fc tokyo'], ['ΠΑΟΚ ΠΑΣ', 'πας'], ['Þór', 'thor'], ['Đakovo', 'dakovo'], ['Ürün', 'urun'], ['الأهلي', 'الاهلي']])
        assert.ok(isWanted({ home }, filtersIn(new URLSearchParams({ q: written }))), `${home}: ${written}`);
    assert.ok(!isWanted({ home: 'Brøndby' }, filtersIn(new URLSearchParams({ q: 'brandby' }))));
});
