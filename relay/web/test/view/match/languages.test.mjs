import assert from 'node:assert/strict';
import test from 'node:test';
import { alternatesOf } from '../../../model/alternates.js';
import { languageName, lineOf } from '../../../view/match/languages-view.js';

test('others wrote the alternates: what is none is left out', () => {
    assert.deepEqual(alternatesOf({ match: 7, alternates: [{ id: 8, lang: 'de' }, { id: 9 }] }),
        [{ id: 8, lang: 'de' }, { id: 9, lang: null }]);
    for (const alternates of [undefined, null, 'de', {}, [null], [8], [{}], [{ id: '8' }], [{ id: 0 }],
        [{ id: 1.5 }], [{ id: 7 }]])
        assert.deepEqual(alternatesOf({ match: 7, alternates }), []);
    assert.deepEqual(alternatesOf(null), []);
    const many = Array.from({ length: 60 }, (_, n) => ({ id: n + 100, lang: 'x' }));
    assert.equal(alternatesOf({ match: 7, alternates: many }).length, 50);
});

test('a line is the same in each language', () => {
    assert.equal(lineOf({ seq: 12 }, { match: 7 }), 12);
    assert.equal(lineOf({ seq: 4, translates_seq: 12 }, { match: 8, translation_of: 7 }), 12);
    assert.equal(lineOf({ seq: 5 }, { match: 8, translation_of: 7 }), null);
    assert.equal(lineOf({ seq: 12 }, null), 12);
});

test('a language names itself, and what is no language stays as it is', () => {
    assert.equal(languageName('de'), 'Deutsch');
    assert.equal(languageName(null), 'Original');
    assert.equal(languageName('<b>'), '<b>');
});
