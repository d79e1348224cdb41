/* Keeps the ages of all lines in the document up to date, with one timer. */

import { serverNow } from '../words/server-time.js';
import { ageOf } from '../words/words.js';
import { setText } from './dom.js';

const EVERY_MS = 20000;

/* It also draws when the page is shown again, because timers of hidden pages sleep. */
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
