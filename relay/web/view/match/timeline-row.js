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
 * Takes entries, oldest first, and returns [key, row] pairs, newest first. A row is an
 * entry, or a heading { seq, phase }. A feed may send a line of the first half during the
 * second half, so a phase may have several headings; each has the seq of the oldest entry
 * below it.
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

/* The origins whose images may be shown, which the relay wrote into the document. */
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

/* The entry's own headline, or its kind; the score that it made; and its side. */
function headline(entry, isPlain, state) {
    const sport = state?.sport;
    return element('p.headline',
        entry.headline ? written('b.kind', entry.headline)
            : isPlain ? null : element('b.kind', kindOf(entry, sport)), ' ',
        isScoring(entry, sport) ? element('span.score', { dir: document.documentElement.dir || 'ltr' }, scoreOf(entry)) : null, ' ',
        entry.actor ? written('span.actor', entry.actor) : null, ' ',
        entry.team ? written('span.team', entry.team) : null);
}

/* Others wrote the clock (19.4 ov, Q4 02:31), so it has its own direction. */
function minute(entry) {
    return entry.clock ? written('span.minute.clock', entry.clock)
        : element('span.minute', { dir: 'ltr' }, minuteOf(entry));
}

/* The time when the entry was published, as a link to the line. */
function when({ match, seq, created_at: at }) {
    const age = ageOf(at);
    return age && element('a.when', { href: matchPath(readAddress(location).base, match, seq) },
        element('time', age, { datetime: at, title: momentOf(at) }));
}

/* The mark of a late line, which stands below lines that came before it. */
function late(entry) {
    return entry.late ? element('p.late', say('Came late')) : null;
}

/*
 * The text of an entry, as an element. Others wrote its links, so they get no referrer, and search
 * engines do not count them. `lang` tells screen readers the language of the commentary.
 */
export function message({ message: text, retracted }, state = null) {
    const parts = linksIn(String(text ?? '')).map((part) => typeof part === 'string' ? part
        : element('a', part.text, { href: part.href, target: '_blank',
            rel: 'noopener noreferrer nofollow ugc' }));
    return element('p.message', { dir: 'auto', lang: state?.lang },
        ...retracted ? [element('s', ...parts)] : parts);
}

/* Says that the line was corrected or withdrawn, with the reason; the first text can be opened. */
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

/* The attributes that style sheets and browser tests rely on. */
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
