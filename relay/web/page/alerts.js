/*
 * Which entries get a sound and a notification, and the text of the notification. Pure, so that it
 * can be tested without a browser.
 */

import { isScoring } from '../model/sports.js';
import { lineOf, spokenOf, titleOf } from '../words/words.js';

/* The shortest time between two alerts. Entries that come sooner get none. */
export const GAP_MS = 3000;

/* The most characters of a notification. */
const MAX_BODY = 200;

/* The score of the entry is newer than that of the match, whose state comes after it. */
const SCORES = ['home_score', 'away_score', 'home_display', 'away_display'];

/* applied: the result of Timeline.apply(). */
export function isWorthAnAlert(applied, sport) {
    return applied?.change === 'added' && !applied.entry.retracted && isScoring(applied.entry, sport);
}

/* { title, body }: 'Rovers 2 – 1 City', and the text of the entry. */
export function alertOf(entry, state) {
    const scores = Object.fromEntries(SCORES.filter((name) => entry[name] !== undefined)
        .map((name) => [name, entry[name]]));
    const body = [...spokenOf(entry, state.sport)];
    return {
        title: lineOf(titleOf({ ...state, ...scores })),
        body: body.length > MAX_BODY ? `${body.slice(0, MAX_BODY - 1).join('')}…` : body.join(''),
    };
}

/* Allows one alert, and then none for GAP_MS. */
export class Gap {
    #lastMs = -Infinity;

    isOver(nowMs) {
        if (nowMs - this.#lastMs < GAP_MS)
            return false;
        this.#lastMs = nowMs;
        return true;
    }
}
