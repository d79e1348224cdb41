/*
 * The order in which lines are shown. It is the order of seq, except that a late line goes to
 * the place that belongs to its time of the match.
 *
 * A line is late if its time is before the latest time of the lines before it. Times are
 * compared as the extension does it (score_follows): by period, then by minute, then by
 * stoppage; two lines are not compared if only one of them has a period. The table in sports.js
 * says in which sports this is possible: a clock may count down, and in a race, or on several
 * boards, one period does not end before another begins. A clock in words has no order. A line
 * without a time stays behind the line that it came after.
 */

import { Growing } from './growing.js';
import { rulesOf } from './sports.js';

/* The marked copy of each late entry. It is made once, because views compare by identity what to draw again. */
const marked = new WeakMap();

/* latest: the entry with the latest time, among those with a period (true) and those without (false). */
const shown = new Growing(() => ({ ordered: [], latest: { true: null, false: null } }), place);

/* Takes entries in the order of seq, returns them in the order to show. A late one is a copy with late: true. */
export function inOrder(entries, sport) {
    return rulesOf(sport).order === 'none' ? entries : shown.of(entries, sport).ordered.slice();
}

function place({ ordered, latest }, entry, sport) {
    const { order } = rulesOf(sport);
    const kind = isKnown(entry.period);
    const difference = latest[kind] && !entry.retracted ? compare(entry, latest[kind], order) : 0;
    if (difference < 0 && !isRestart(entry, sport))
        ordered.splice(placeOf(entry, ordered, order), 0, markedLate(entry));
    else
        ordered.push(entry);
    if (!entry.retracted && isLater(entry, latest[kind], difference))
        latest[kind] = entry;
}

function isLater(entry, latest, difference) {
    if (!isKnown(entry.period) && !isKnown(entry.minute))
        return false;
    return latest === null || difference > 0
        || (difference === 0 && !isKnown(latest.minute) && isKnown(entry.minute));
}

/* The entry as inOrder() returns it: its marked copy, if it is late. */
export function asShown(entry, entries, sport) {
    return inOrder(entries, sport).find(({ seq }) => seq === entry.seq) ?? entry;
}

/* Behind the last line of the same time or an earlier one, and behind the lines without a time that follow it. */
function placeOf(entry, ordered, order) {
    let place = ordered.length;
    for (let i = ordered.length - 1; i >= 0; i -= 1) {
        const difference = compare(entry, ordered[i], order);
        if (difference < 0)
            place = i;
        else if (canCompare(entry, ordered[i], order))
            break;
    }
    return place;
}

/* Below 0: the entry's time is before that of the other; 0: the times are equal, or cannot be compared. */
function compare(entry, other, order) {
    if (isKnown(entry.period) !== isKnown(other.period))
        return 0;
    if (isKnown(entry.period) && entry.period !== other.period)
        return entry.period - other.period;
    if (order !== 'minute' || !isKnown(entry.minute) || !isKnown(other.minute))
        return 0;
    return entry.minute - other.minute || (entry.stoppage ?? 0) - (other.stoppage ?? 0);
}

function canCompare(entry, other, order) {
    return isKnown(entry.period) === isKnown(other.period)
        && ((isKnown(entry.period) && (order === 'period' || entry.period !== other.period))
            || (isKnown(entry.minute) && isKnown(other.minute)));
}

/* The second half begins at 45', after a line of 45+2', and its line may have no period. It is not late. */
function isRestart(entry, sport) {
    return !isKnown(entry.period) && rulesOf(sport).breaks.has(entry.kind);
}

function markedLate(entry) {
    if (!marked.has(entry))
        marked.set(entry, Object.freeze({ ...entry, late: true }));
    return marked.get(entry);
}

function isKnown(value) {
    return value !== undefined && value !== null;
}
