/* The rows of a timeline: entries, and a heading above those of each period. */

import { Growing } from '../../model/growing.js';
import { isBreak, isScoring } from '../../model/sports.js';
import { say } from '../../words/language.js';
import { ageOf, kindOf, minuteOf, momentOf, phaseOf, scoreOf, sideOf } from '../../words/words.js';
import { matchPath, readAddress } from '../../page/address.js';
import { element, written } from '../dom.js';
import { icon } from '../icons.js';
import { linksIn } from '../links.js';
import { allowedOrigins, picturesOf } from '../pictures.js';

/*
 * entries, oldest first, to [key, row] pairs, newest first. A row is an entry,
 * or a heading, { seq, phase }. A feed may send a line of the first half during the
 * second, so a phase may have several runs; its oldest entry names a run.
 */
export function rowsOf(entries, state) {
    const { rows, run } = grown.of(entries, state?.sport);
    return [...rows, ...run ? [heading(run)] : []].reverse();
}

const grown = new Growing(() => ({ rows: [], names: new Map(), run: null }), (made, entry, sport) => {
    const key = entry.phase || (entry.period ?? null);
    if (!made.names.has(key))
        made.names.set(key, phaseOf(entry, sport));
    const phase = made.names.get(key);
    if (phase && phase !== made.run?.phase) {
        if (made.run)
            made.rows.push(heading(made.run));
        made.run = { seq: entry.seq, phase };
    }
    made.rows.push([entry.seq, entry]);
});

function heading(run) {
    return [`phase ${run.seq}`, run];
}

export function buildRow(row, state) {
    if (!('match' in row))
        return element('li.period', { 'data-key': `phase ${row.seq}` }, written('h2', row.phase));
    return isBreak(row, state?.sport) ? breakItem(row, state) : entryItem(row, state);
}

/* Whose images may be shown, as the relay wrote it into the document. */
let allowed = null;

function origins() {
    allowed ??= allowedOrigins(document);
    return allowed;
}

function breakItem(entry, state) {
    return element('li.entry.break', hooks(entry),
        element('p.headline', icon(entry.kind, state?.sport),
            element('b.kind', entry.headline || kindOf(entry, state?.sport)), ' ',
            minute(entry), ' ', when(entry)),
        message(entry, state), late(entry), correction(entry));
}

function entryItem(entry, state) {
    const isPlain = (entry.kind || 'comment') === 'comment';
    const hasHead = !isPlain || entry.actor || entry.headline;
    const isGoal = isScoring(entry, state?.sport) && !entry.retracted;
    return element(isGoal ? 'li.entry.goal' : 'li.entry', hooks(entry, state),
        element('div.stamp', minute(entry), when(entry)),
        element('span.mark', icon(entry.kind, state?.sport)),
        element('div.body',
            hasHead ? headline(entry, isPlain, state) : null,
            message(entry, state), ...picturesOf(entry, origins()), late(entry), correction(entry)));
}

/* What happened, the score that it made, and whose it is; its own headline says it better. */
function headline(entry, isPlain, state) {
    const sport = state?.sport;
    return element('p.headline',
        entry.headline ? written('b.kind', entry.headline)
            : isPlain ? null : element('b.kind', kindOf(entry, sport)), ' ',
        isScoring(entry, sport) ? element('span.score', { dir: document.documentElement.dir || 'ltr' }, scoreOf(entry)) : null, ' ',
        entry.actor ? written('span.actor', entry.actor) : null, ' ',
        entry.team ? written('span.team', entry.team) : null);
}

/* A clock that others wrote (19.4 ov, Q4 02:31) has a direction of its own. */
function minute(entry) {
    return entry.clock ? written('span.minute.clock', entry.clock)
        : element('span.minute', { dir: 'ltr' }, minuteOf(entry));
}

/* When it was published, which is also the address of the line. */
function when({ match, seq, created_at: at }) {
    const age = ageOf(at);
    return age && element('a.when', { href: matchPath(readAddress(location).base, match, seq) },
        element('time', age, { datetime: at, title: momentOf(at) }));
}

/* It stands where the clock says, below lines that came before it. */
function late(entry) {
    return entry.late ? element('p.late', say('Came late')) : null;
}

/*
 * What an entry says, as an element. Other people's links: nothing of ours goes along, and
 * search engines do not count them. A screen reader speaks the language of the commentary.
 */
export function message({ message: text, retracted }, state = null) {
    const parts = linksIn(String(text ?? '')).map((part) => typeof part === 'string' ? part
        : element('a', part.text, { href: part.href, target: '_blank',
            rel: 'noopener noreferrer nofollow ugc' }));
    return element('p.message', { dir: 'auto', lang: state?.lang },
        ...retracted ? [element('s', ...parts)] : parts);
}

/* What is wrong with the line, or was: why it was withdrawn, and on request what it said. */
function correction({ amended, retracted, reason, was }) {
    if (retracted)
        return element('p.correction.withdrawn', say('Withdrawn'),
            reason ? element('span', ': ', written('span.reason', reason)) : null);
    if (!amended)
        return null;
    if (!was)
        return element('p.correction', say('Corrected'));
    return element('details.correction', element('summary', say('Corrected')),
        written('p.was', [minuteOf(was), was.actor, was.message].filter(Boolean).join(' · ')));
}

/* What style sheets and browser tests hold on to. */
function hooks(entry, state) {
    return {
        'data-seq': entry.seq,
        'data-kind': entry.kind ?? 'comment',
        'data-side': sideOf(entry, state) || null,
        id: `seq-${entry.seq}`,
        'data-amended': entry.amended ? '' : null,
        'data-late': entry.late ? '' : null,
        'data-retracted': entry.retracted ? '' : null,
    };
}
