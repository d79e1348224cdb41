import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Growing } from '../../model/growing.js';

test('only what is new is walked, unless something before it has changed', () => {
    let begun = 0;
    const walked = [];
    const growing = new Growing(() => {
        begun += 1;
        return [];
    }, (made, { seq }, unit) => {
        walked.push(seq);
        made.push(`${seq}${unit}`);
    });
    const [one, two, three] = [1, 2, 3].map((seq) => ({ seq }));
    const of = (entries, unit = 'a') => {
        walked.length = 0;
        return [growing.of(entries, unit).join(' '), walked.join(' '), begun];
    };
    assert.deepEqual(of([one, two]), ['1a 2a', '1 2', 1]);
    assert.deepEqual(of([one, two, three]), ['1a 2a 3a', '3', 1]);
    assert.deepEqual(of([one, two, three]), ['1a 2a 3a', '', 1]);
    assert.deepEqual(of([one, { seq: 2 }, three]), ['1a 2a 3a', '1 2 3', 2], 'one was amended');
    assert.deepEqual(of([two, three]), ['2a 3a', '2 3', 3], 'one was forgotten');
    assert.deepEqual(of([two, three], 'b'), ['2b 3b', '2 3', 4]);
    assert.deepEqual(of([]), ['', '', 5]);
});
