import assert from 'node:assert/strict';
import test from 'node:test';

import { filtersIn } from '../../page/fixtures.js';
import { CHOICES, MOST, OlderMatches } from '../../page/older-matches.js';

const filtersOf = (query) => filtersIn(new URLSearchParams(query));
const ALL = filtersOf('');
const CUP = filtersOf('competition=coast+cup&status=finished,live');
const match = (number, more = {}) => ({ match: number, status: 'finished', home: `H${number}`, away: `A${number}`, ...more });
const range = (from, to, more) => Array.from({ length: to - from + 1 }, (_, i) => match(from + i, more));
const numbers = (states) => states.map((state) => state.match);

/* As a relay does that has so many matches, all of them over; asked: what it was asked for. */
function relayOf(count) {
    const asked = [];
    const older = new OlderMatches(async (wish) => {
        asked.push(wish);
        const last = Math.min(count, (wish.before ?? Infinity) - 1);
        const first = Math.max(1, last - wish.limit + 1);
        return { matches: range(first, last).reverse(), next: first > 1 ? first : null };
    });
    return { asked, older };
}

async function readAll(older, filters, held) {
    const found = [];
    for (let presses = 0; older.progressOf(filters).end === 'more'; presses += 1) {
        assert.ok(presses < 100, 'it never ends');
        found.push(...await older.readOn(filters, held));
    }
    return found;
}

test('what the lobby has is passed over, and the others are merged with it', async () => {
    const { older, asked } = relayOf(230);
    const lobby = range(131, 230);
    older.begin(lobby);
    assert.equal(older.mergedWith(lobby, ALL), lobby);
    assert.deepEqual(older.progressOf(ALL).isBegun, false);
    assert.deepEqual(await older.readOn(ALL, lobby), numbers(range(31, 130)).reverse());
    assert.deepEqual(asked.map(({ before }) => before), [undefined, 131]);
    assert.equal(older.progressOf(ALL).end, 'more');
    assert.deepEqual(await older.readOn(ALL, lobby), numbers(range(1, 30)).reverse());
    assert.equal(older.progressOf(ALL).end, 'whole');
    const newer = match(7, { home: 'newer' });
    const merged = older.mergedWith([...lobby, newer], ALL);
    assert.deepEqual(numbers(merged).sort((a, b) => a - b), numbers(range(1, 230)));
    assert.equal(merged.find((state) => state.match === 7), newer);
    assert.deepEqual(await older.readOn(ALL, lobby), []);
    assert.equal(asked.length, 3);
});

test('there is a question of older ones only where the lobby cannot have all', () => {
    const { older } = relayOf(0);
    const many = [...range(1, 300, { status: 'scheduled' }), ...range(301, 340)];
    older.begin(many);
    assert.deepEqual(older.statusesOf(ALL, many), []);
    const over = range(1, 100);
    assert.deepEqual(older.statusesOf(ALL, over), ['finished', 'abandoned', 'cancelled']);
    assert.deepEqual(older.statusesOf(CUP, over), ['finished']);
    assert.deepEqual(older.statusesOf(filtersOf('status=live,nonsense'), over), []);
    for (const cut of [range(1, 5000, { status: 'scheduled' }), [match(1, { status: 'live', title: 'x'.repeat(3e6) })]]) {
        older.begin(cut);
        assert.equal(older.statusesOf(ALL, cut).length, 7);
        assert.deepEqual(older.statusesOf(CUP, cut), ['live', 'finished']);
    }
});

test('a choice of matches is of its own, and a name is asked for as it is written', async () => {
    const { older, asked } = relayOf(230);
    const lobby = [match(230, { competition: 'Coast Cup' }), ...range(131, 229)];
    await older.readOn(ALL, lobby);
    assert.equal(older.mergedWith(lobby, CUP), lobby);
    assert.deepEqual(await readAll(older, CUP, lobby), []);
    assert.deepEqual([asked[2].status, asked[2].competition], [['finished'], 'Coast Cup']);
    assert.deepEqual(asked[0].status, ['finished', 'abandoned', 'cancelled']);
    assert.equal(asked[0].competition, undefined);
});

test('a search looks through all, a few pages at a time, and asks twice for no page that is kept', async () => {
    const { older, asked } = relayOf(3000);
    const search = filtersOf('q=h7'), lobby = range(2901, 3000);
    assert.deepEqual(await older.readOn(search, lobby), []);
    assert.deepEqual([asked.length, older.progressOf(search).looked, older.progressOf(search).end], [11, 1000, 'more']);
    assert.deepEqual(await older.readOn(search, lobby), []);
    assert.deepEqual(await older.readOn(search, lobby), numbers(range(701, 799)).reverse());
    assert.equal(asked.length, 23);
    assert.deepEqual(await readAll(older, filtersOf('q=h79'), lobby), [...numbers(range(790, 799)).reverse(), 79]);
    assert.equal(asked.length, 23 + 10, 'the first twenty were kept');
});

test('no more are kept than so many, and a narrower choice finds the others', async () => {
    const { older, asked } = relayOf(5000);
    const lobby = range(4901, 5000);
    assert.equal((await readAll(older, ALL, lobby)).length, MOST);
    assert.equal(older.progressOf(ALL).end, 'full');
    assert.equal(older.mergedWith([], ALL).length, MOST);
    assert.deepEqual(await readAll(older, filtersOf('q=h17+a17'), lobby), [1799, 1798, 1797, 1796, 1795, 1794, 1793, 1792, 1791, 1790]
        .concat(numbers(range(1700, 1789)).reverse(), numbers(range(170, 179)).reverse(), [17]));
    assert.ok(asked.length < 5000 / 100 + 22, `${asked.length} questions`);
});

test('the last choices are kept, and no others', async () => {
    const { older } = relayOf(200);
    const choices = Array.from({ length: CHOICES + 1 }, (_, i) => filtersOf(`q=h1${i}`));
    for (const choice of choices)
        await older.readOn(choice, []);
    assert.deepEqual(choices.map((choice) => older.progressOf(choice).isBegun), [false, ...Array(CHOICES).fill(true)]);
    older.begin();
    assert.equal(older.progressOf(choices[1]).isBegun, false);
    assert.deepEqual(older.mergedWith([], choices[1]), []);
});

test('what a relay refuses has an end, and what fails goes on', async () => {
    const codes = ['unavailable', 'unsupported'];
    const older = new OlderMatches(async () => {
        throw Object.assign(new Error(codes[0]), { code: codes.shift() });
    });
    await assert.rejects(older.readOn(ALL, range(1, 100)), { code: 'unavailable' });
    assert.equal(older.progressOf(ALL).end, 'more');
    assert.deepEqual(await older.readOn(ALL, range(1, 100)), []);
    assert.equal(older.progressOf(ALL).end, 'closed');
    codes.push('bad_request');
    assert.deepEqual(await older.readOn(CUP, []), []);
    assert.equal(older.progressOf(CUP).end, 'whole');
});

test('a relay that leads nowhere is asked no more than so often', async () => {
    let count = 0;
    const older = new OlderMatches(async ({ before }) => {
        count += 1;
        return { matches: [], next: before ?? 5 };
    });
    assert.deepEqual(await older.readOn(ALL, range(1, 100)), []);
    assert.ok(count > 1 && count <= 100, `${count} questions`);
    assert.equal(older.progressOf(ALL).end, 'more');
});

test('what comes after other matches were asked for is not shown', async () => {
    const signals = [];
    let answer;
    const older = new OlderMatches(({ signal }) => {
        signals.push(signal);
        return new Promise((resolve) => {
            answer = () => resolve({ matches: range(1, 3), next: null });
        });
    });
    const first = older.readOn(ALL, []);
    const answerFirst = answer;
    const second = older.readOn(CUP, []);
    assert.deepEqual(signals.map(({ aborted }) => aborted), [true, false]);
    answerFirst();
    assert.equal(await first, null);
    older.begin();
    answer();
    assert.equal(await second, null);
    assert.equal(older.mergedWith([], CUP).length, 0);
});
