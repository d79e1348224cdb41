/* Keeps the ages of lines up to date: one timer for all that are in the document. */

import { serverNow } from '../words/server-time.js';
import { ageOf } from '../words/words.js';
import { setText } from './dom.js';

const EVERY_MS = 20000;

/* Also when the page awakes: its timers slept. */
export function keepAges(root) {
    const draw = () => {
        if (document.hidden)
            return;
        const now = serverNow();
        for (const time of root.querySelectorAll('time[datetime]'))
            setText(time, ageOf(time.dateTime, now));
    };
    setInterval(draw, EVERY_MS);
    document.addEventListener('visibilitychange', draw);
    addEventListener('pageshow', draw);
}
