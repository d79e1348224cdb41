/*
 * The order in which lines are shown: that of their seq, but a line that comes late goes
 * where the clock of the match says.
 *
 * A line is late if its time is before the latest time of the lines before it. Times are
 * compared as the extension does it (score_follows): by period, then by minute, then by
 * stoppage; lines of which only one has a period are not compared. In which sports that
 * means something, the table in sports.js says: a clock may count down, and in a race or on
 * several boards one period does not end before another begins. A clock in words has no
 * order, and a line without a time stays behind the line that it came after.
 */

import { Growing } from './growing.js';
import { rulesOf } from './sports.js';

/* An entry, and the same marked as late: a view can tell by identity what to draw again. */
const marked = new WeakMap();

/* latest: of the lines with a period, and without. */
const shown = new Growing(() => ({ ordered: [], latest: { true: null, false: null } }), place);

/* Entries in order of seq, to entries in the order shown; a late one is a copy with late: true. */
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

/* One of these entries as it is shown: marked, if it is late. */
export function asShown(entry, entries, sport) {
    return inOrder(entries, sport).find(({ seq }) => seq === entry.seq) ?? entry;
}

/* Behind the last line of that time or an earlier one, and those that belong to it. */
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

/* Below 0: the entry is of an earlier time than the other; 0: of the same, or there is no telling. */
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

/* A second half begins at 45' after 45+2', and says no period perhaps. */
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
