import assert from 'node:assert/strict';
import { test } from 'node:test';

import { forgetTime, noteTime, serverNow } from '../../words/server-time.js';
import { ageOf } from '../../words/words.js';

const HOUR_MS = 3600000;
const device = Date.parse('2026-11-28T12:00:00Z');
const at = (ms) => new Date(device + ms).toISOString();
const nowIs = (ms) => assert.equal(serverNow(device) - device, ms);

test('a clock that is right, or nearly so, is believed', () => {
    forgetTime();
    nowIs(0);
    noteTime(at(-5 * HOUR_MS), false, device);      /* an old line says nothing */
    noteTime(at(-3000), true, device);
    noteTime(at(60000), true, device);
    noteTime('', true, device);
    noteTime(undefined, false, device);
    nowIs(0);
});

test('one that is slow by hours is found out by any entry', () => {
    forgetTime();
    noteTime(at(2 * HOUR_MS), false, device);
    nowIs(2 * HOUR_MS);
    assert.equal(ageOf(at(2 * HOUR_MS - 300000), serverNow(device)), '5 min');
});

test('one that is fast by hours is found out by news', () => {
    forgetTime();
    noteTime(at(-3 * HOUR_MS), false, device);
    nowIs(0);
    noteTime(at(-3 * HOUR_MS - 60000), true, device);   /* this one was late */
    noteTime(at(-3 * HOUR_MS), true, device);
    nowIs(-3 * HOUR_MS);
    assert.equal(ageOf(at(-3 * HOUR_MS), serverNow(device)), 'now');
});
