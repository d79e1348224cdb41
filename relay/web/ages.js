/* Keeps the ages of lines up to date: one timer for all that are in the document. */

import { setText } from './dom.js';
import { ageOf } from './words.js';

const EVERY_MS = 20000;

export function keepAges(root) {
    setInterval(() => {
        if (document.hidden)
            return;
        const now = new Date();
        for (const time of root.querySelectorAll('time[datetime]'))
            setText(time, ageOf(time.dateTime, now));
    }, EVERY_MS);
}
