import assert from 'node:assert/strict';
import { test } from 'node:test';

import { wakeUps } from '../../client/wake-ups.js';

/* As a page, a worker or Node has them, for the time of a test. */
function inPlace(members, run) {
    const before = Object.fromEntries(Object.keys(members).map((name) => [name, globalThis[name]]));
    Object.assign(globalThis, members);
    try {
        run();
    } finally {
        for (const [name, value] of Object.entries(before))
            if (value === undefined)
                delete globalThis[name];
            else
                globalThis[name] = value;
    }
}

function listening() {
    const target = new EventTarget();
    return { target, addEventListener: target.addEventListener.bind(target),
        removeEventListener: target.removeEventListener.bind(target) };
}

test('a page hears of the network and of being looked at again', () => {
    const { target, ...members } = listening();
    const page = Object.assign(new EventTarget(), { hidden: false });
    inPlace({ ...members, document: page }, () => {
        let woken = 0;
        const undo = wakeUps(() => { woken += 1; });
        for (const type of ['online', 'offline', 'pageshow'])
            target.dispatchEvent(new Event(type));
        page.dispatchEvent(new Event('visibilitychange'));
        assert.equal(woken, 4);
        page.hidden = true;
        target.dispatchEvent(new Event('online'));
        assert.equal(woken, 4, 'one that is hidden sleeps on');
        page.hidden = false;
        undo();
        target.dispatchEvent(new Event('online'));
        page.dispatchEvent(new Event('visibilitychange'));
        assert.equal(woken, 4);
    });
});

test('a page that is left is heard, too', () => {
    const { target, ...members } = listening();
    inPlace({ ...members, document: Object.assign(new EventTarget(), { hidden: false }) }, () => {
        let left = 0;
        const undo = wakeUps(() => {}, () => { left += 1; });
        target.dispatchEvent(new Event('pagehide'));
        undo();
        target.dispatchEvent(new Event('pagehide'));
        assert.equal(left, 1);
    });
});

test('a worker hears of the network', () => {
    const { target, ...members } = listening();
    inPlace(members, () => {
        let woken = 0;
        const undo = wakeUps(() => { woken += 1; });
        target.dispatchEvent(new Event('offline'));
        target.dispatchEvent(new Event('online'));
        assert.equal(woken, 2);
        undo();
        target.dispatchEvent(new Event('online'));
        assert.equal(woken, 2);
    });
});

test('where nothing says so, nothing is asked', () => {
    inPlace({ addEventListener: undefined, removeEventListener: undefined }, () => wakeUps(() => {})());
    /* A server that renders pages may have the shadow of a document. */
    inPlace({ document: {} }, () => wakeUps(() => {})());
});
