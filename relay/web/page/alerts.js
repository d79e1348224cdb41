/*
 * Which entries are worth a sound and a notification, and what these say. Pure, so that it can
 * be tested without a browser.
 */

import { isScoring } from '../model/sports.js';
import { lineOf, spokenOf, titleOf } from '../words/words.js';

/* Alerts are at least so far apart; what comes in between has none. */
export const GAP_MS = 3000;

/* Characters of a notification. */
const MAX_BODY = 200;

/* What the entry says of the score holds for the match, whose state comes after it. */
const SCORES = ['home_score', 'away_score', 'home_display', 'away_display'];

/* applied: what Timeline.apply() has returned. */
export function isWorthAnAlert(applied, sport) {
    return applied?.change === 'added' && !applied.entry.retracted && isScoring(applied.entry, sport);
}

/* { title, body }: Rovers 2 – 1 City, and the line. */
export function alertOf(entry, state) {
    const scores = Object.fromEntries(SCORES.filter((name) => entry[name] !== undefined)
        .map((name) => [name, entry[name]]));
    const body = [...spokenOf(entry, state.sport)];
    return {
        title: lineOf(titleOf({ ...state, ...scores })),
        body: body.length > MAX_BODY ? `${body.slice(0, MAX_BODY - 1).join('')}…` : body.join(''),
    };
}

/* Lets one through, then none for GAP_MS. */
export class Gap {
    #lastMs = -Infinity;

    isOver(nowMs) {
        if (nowMs - this.#lastMs < GAP_MS)
            return false;
        this.#lastMs = nowMs;
        return true;
    }
}
