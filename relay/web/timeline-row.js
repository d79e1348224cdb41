/* The rows of a timeline: entries, and a heading above those of each period. */

import { element, written } from './dom.js';
import { icon } from './icons.js';
import { isBreak, isGoal, kindOf, minuteOf, periodOf, scoreOf, sideOf } from './words.js';

/*
 * entries, oldest first, to [key, row] pairs, newest first. A row is an entry,
 * or the text of a heading. A feed may send a line of the first half during the
 * second, so a period may have several runs; its oldest entry names a run.
 */
export function rowsOf(entries, state) {
    const rows = [];
    let run = null;
    const endRun = () => run
        && rows.push([`period ${run.seq}`, periodOf(state?.sport, run.period)]);
    for (const entry of entries) {
        if (entry.period !== undefined && entry.period !== run?.period) {
            endRun();
            run = entry;
        }
        rows.push([entry.seq, entry]);
    }
    endRun();
    return rows.reverse();
}

export function buildRow(row, state) {
    if (typeof row === 'string')
        return element('li.period', element('h2', row));
    return isBreak(row) ? breakItem(row) : entryItem(row, state);
}

function breakItem(entry) {
    return element('li.entry.break', hooks(entry),
        element('p.headline', icon(entry.kind), element('b.kind', kindOf(entry)), ' ',
            element('span.minute', minuteOf(entry))),
        message(entry), correction(entry));
}

function entryItem(entry, state) {
    const isPlain = (entry.kind ?? 'comment') === 'comment';
    return element(isGoal(entry) ? 'li.entry.goal' : 'li.entry', hooks(entry, state),
        element('span.minute', minuteOf(entry)),
        element('span.mark', icon(entry.kind)),
        element('div.body',
            isPlain && !entry.actor ? null : headline(entry, isPlain),
            message(entry), correction(entry)));
}

function headline(entry, isPlain) {
    return element('p.headline',
        isPlain ? null : element('b.kind', kindOf(entry)), ' ',
        isGoal(entry) ? element('span.score', scoreOf(entry)) : null, ' ',
        entry.actor ? written('span.actor', entry.actor) : null, ' ',
        entry.team ? written('span.team', entry.team) : null);
}

function message(entry) {
    return written('p.message', entry.message);
}

function correction(entry) {
    return entry.amended ? element('p.correction', 'Corrected') : null;
}

/* What style sheets and browser tests hold on to. */
function hooks(entry, state) {
    return {
        'data-seq': entry.seq,
        'data-kind': entry.kind ?? 'comment',
        'data-side': sideOf(entry, state) || null,
        'data-amended': entry.amended ? '' : null,
    };
}
