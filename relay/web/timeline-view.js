/*
 * The timeline of one match, newest first. Only a window of it is in the
 * document: from the newest entry down to the oldest that was asked for. The
 * window grows with news while somebody reads further down, and is cut back
 * when they are at the top.
 */

import { KeyedList, element, setAttributes, setText } from './dom.js';
import { lineOf } from './languages-view.js';
import { say } from './language.js';
import { buildRow, rowsOf } from './timeline-row.js';
import { isKeyEvent, isOver, noKeyEventsIn, startsIn } from './words.js';

/* Entries drawn at first, and by each "Show earlier". */
const CHUNK = 80;

/* At the top the window may grow to this before it is cut back. */
const MAX_WINDOW = 3 * CHUNK;

/* Scrolled further than this, news is announced by a button. */
const TOP_PX = 160;

const calm = matchMedia('(prefers-reduced-motion: reduce)');

export class TimelineView {
    #root;
    #news;
    #list = element('ol.entries');
    #note = element('div.empty');
    #noKeyEvents = element('p.empty', { role: 'status' });
    #filter = element('button.filter', say('Key events only'), { type: 'button', 'aria-pressed': 'false' });
    #earlier = element('button.earlier', say('Show earlier'), { type: 'button' });
    #end = element('p.end', say('The beginning of this match is too far back to show here.'));
    #onEarlier;
    #rows;
    #view = null;
    #isKeyOnly = false;     /* the choice stays when another match is opened */
    #oldestSeq = null;      /* the window reaches back to this entry */
    #newestSeq = 0;         /* the newest that is drawn */
    #seenSeq = 0;           /* the newest that was in sight */
    #wanted = null;         /* the place to go to when its lines are there */

    constructor(root, { news, onEarlier }) {
        this.#root = root;
        this.#news = news;
        this.#onEarlier = onEarlier;
        root.append(this.#filter, this.#note, this.#noKeyEvents, this.#list, this.#earlier, this.#end);
        this.clear();
        this.#earlier.addEventListener('click', () => this.#showEarlier());
        this.#filter.addEventListener('click', () => this.#toggleFilter());
        news.addEventListener('click', () => this.#goToNews());
        addEventListener('scroll', () => this.#look(), { passive: true });
    }

    clear() {
        this.#list.replaceChildren();
        this.#rows = new KeyedList(this.#list, (row) => this.#build(row), isSameRow);
        this.#view = null;
        this.#oldestSeq = null;
        this.#newestSeq = 0;
        this.#seenSeq = 0;
        this.#wanted = null;
        this.#news.hidden = true;
        this.#earlier.hidden = true;
        this.#end.hidden = true;
        this.#filter.hidden = true;
        this.#note.hidden = true;
        this.#noKeyEvents.hidden = true;
    }

    /*
     * Where somebody reads: { line, topPx }, the line of the original and how far down it
     * stands. Null: at the top, where the newest lines are.
     */
    get place() {
        if (this.#view === null || isAtTop())
            return null;
        const { entries, state } = this.#view;
        const row = [...this.#list.children].find((one) => one.dataset.seq && isInSight(one));
        const start = entries.findIndex(({ seq }) => String(seq) === row?.dataset.seq);
        const entry = entries.slice(0, start + 1).findLast((one) => lineOf(one, state) !== null);
        return entry ? { line: lineOf(entry, state), topPx: row.getBoundingClientRect().top } : null;
    }

    goTo(place) {
        this.#wanted = place;
    }

    /*
     * Draws nothing while history is on its way: on a fresh start of a match
     * that is on show the old lines stay until the new ones are all there.
     */
    render(view) {
        const isWaiting = !view.isCaughtUp && view.refusal === null;
        this.#root.dataset.state = isWaiting ? 'loading' : 'ready';
        if (!isWaiting || this.#view === null)
            this.#renderNote(view, isWaiting);
        if (isWaiting)
            return;
        this.#placeWindow(view.entries);
        this.#view = view;
        this.#draw();
        this.#reach();
        this.#look();
    }

    /* To the wanted line, or the one before it that is there. */
    #reach() {
        const { entries, state } = this.#view;
        const found = this.#wanted && nearest(entries, state, this.#wanted.line);
        const topPx = this.#wanted?.topPx;
        this.#wanted = null;
        if (!found)
            return;
        const index = entries.indexOf(found);
        if (index < this.#startIn(entries)) {
            this.#oldestSeq = entries[Math.max(0, index - CHUNK)].seq;
            this.#draw();
        }
        const row = this.#list.querySelector(`[data-seq="${found.seq}"]`);
        if (row)
            scrollBy(0, row.getBoundingClientRect().top - topPx);
    }

    /* Shows an entry that the address names, and marks it; false: it is not held. */
    reveal(seq) {
        const index = this.#view?.entries.findIndex((entry) => entry.seq === seq) ?? -1;
        if (index < 0)
            return false;
        if (index < this.#startIn(this.#view.entries)) {
            this.#oldestSeq = this.#view.entries[Math.max(0, index - CHUNK)].seq;
            this.#draw();
        }
        for (const old of this.#list.querySelectorAll('[data-sought]'))
            old.removeAttribute('data-sought');
        const node = this.#list.querySelector(`[data-seq="${seq}"]`);
        node?.setAttribute('data-sought', '');
        node?.scrollIntoView({ block: 'center' });
        return node !== null;
    }

    #draw() {
        const { entries, state } = this.#view;
        const inWindow = entries.slice(Math.max(0, this.#startIn(entries)));
        const read = firstInSight(this.#list), topBefore = read?.getBoundingClientRect().top;
        const shown = this.#isKeyOnly
            ? entries.filter((entry) => isKeyEvent(entry, state?.sport)) : inWindow;
        this.#rows.render(rowsOf(shown, state), { fades: true });
        this.#filter.hidden = entries.length === 0;
        this.#noKeyEvents.hidden = entries.length === 0 || shown.length > 0;
        setText(this.#noKeyEvents, this.#noKeyEvents.hidden ? '' : noKeyEventsIn(this.#view));
        this.#newestSeq = entries.reduce((newest, { seq }) => Math.max(newest, seq), 0);
        this.#seenSeq = Math.min(this.#seenSeq, this.#newestSeq);
        this.#keepPlace(read, topBefore);
        this.#renderFoot(this.#isKeyOnly ? entries.length : inWindow.length);
    }

    #toggleFilter() {
        this.#isKeyOnly = !this.#isKeyOnly;
        setAttributes(this.#filter, { 'aria-pressed': String(this.#isKeyOnly) });
        this.#draw();
    }

    /* Older browsers let the page jump when something grows above what is read. */
    #keepPlace(read, topBefore) {
        if (read?.isConnected && !isAtTop())
            scrollBy(0, read.getBoundingClientRect().top - topBefore);
    }

    /* Where the window begins: at the entry of that seq, or what came after it; below 0: nowhere. */
    #startIn(entries) {
        const index = entries.findIndex(({ seq }) => seq === this.#oldestSeq);
        return index >= 0 ? index : entries.findIndex(({ seq }) => seq >= this.#oldestSeq);
    }

    #placeWindow(entries) {
        const first = this.#startIn(entries);
        const isTooLong = entries.length - first > MAX_WINDOW && isAtTop();
        if (this.#oldestSeq === null || first < 0 || isTooLong)
            this.#oldestSeq = entries.at(-CHUNK)?.seq ?? 0;
    }

    #renderFoot(countInWindow) {
        const { entries, isWhole, canAskEarlier } = this.#view;
        const hasMore = countInWindow < entries.length;
        const isCut = !hasMore && !isWhole;
        this.#earlier.hidden = !(hasMore || (isCut && canAskEarlier));
        this.#end.hidden = !(isCut && !canAskEarlier);
    }

    #renderNote({ match, state, entries, refusal, isWhole, canAskEarlier }, isWaiting) {
        isWaiting ||= entries.length === 0 && refusal === null && !isWhole && canAskEarlier;
        this.#note.hidden = entries.length > 0 && !isWaiting;
        if (this.#note.hidden)
            return;
        this.#note.replaceChildren(...refusal !== null ? refused(refusal, match)
            : isWaiting ? [element('p', say('Loading the commentary'))]
                : noEntries(state));
    }

    /* Only news arrives with a flourish, not what is there when the match comes on show. */
    #build(row) {
        const node = buildRow(row, this.#view.state);
        node.classList.toggle('new', this.#newestSeq > 0 && row.seq > this.#newestSeq);
        return node;
    }

    #showEarlier() {
        const { entries } = this.#view;
        const index = this.#startIn(entries);
        if (index <= 0)
            return this.#askEarlier();
        this.#oldestSeq = entries[Math.max(0, index - CHUNK)].seq;
        this.#draw();
    }

    #askEarlier() {
        this.#oldestSeq = Math.max(0, this.#oldestSeq - CHUNK);
        this.#earlier.hidden = true;
        this.#onEarlier();
    }

    /* Keeps track of what has been in sight, and says how much has not. */
    #look() {
        if (this.#view === null)
            return;
        if (isAtTop())
            this.#seenSeq = this.#newestSeq;
        const unseen = this.#view.entries.filter(({ seq }) => seq > this.#seenSeq).length;
        this.#news.hidden = unseen === 0;
        if (unseen > 0)
            setText(this.#news, unseen === 1 ? say('1 new entry') : say('{n} new entries', { n: unseen }));
    }

    #goToNews() {
        scrollTo({ top: 0, behavior: calm.matches ? 'auto' : 'smooth' });
        this.#root.focus({ preventScroll: true });
    }
}

/*
 * When a match begins afresh, as after the lines that came with the document, its entries are
 * other objects that say the same. Rows that were all built anew would leave the browser
 * nothing by which to keep the place of the reader.
 */
function isSameRow(one, other) {
    return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/* The row that is being read, where the browser does not keep it in its place by itself. */
function firstInSight(list) {
    if (CSS.supports('overflow-anchor', 'auto') || isAtTop())
        return null;
    return [...list.children].find(isInSight);
}

function isInSight(row) {
    return row.getBoundingClientRect().bottom > TOP_PX;
}

/* Of the entries that are lines of the original: that one, or else the last before it. */
function nearest(entries, state, line) {
    const lines = entries.filter((entry) => lineOf(entry, state) !== null);
    return lines.filter((entry) => lineOf(entry, state) <= line)
        .reduce((best, one) => (best && lineOf(best, state) >= lineOf(one, state) ? best : one), null)
        ?? lines[0] ?? null;
}

function isAtTop() {
    return scrollY < TOP_PX;
}

function refused(code, match) {
    return [
        element('p', code === 'forbidden' ? say('Your token does not cover match {n}.', { n: match })
            : say('There is no match {n}.', { n: match })),
        element('p', element('a', say('See all matches'), { href: document.querySelector('.brand').href })),
    ];
}

/* What a fan waits for, in a fan's words. */
function noEntries(state) {
    if (isOver(state))
        return [element('p', say('This match has no commentary.'))];
    const start = state?.status === 'scheduled' ? startsIn(state.starts_at) : '';
    return [element('p', say('No commentary yet.')), element('p', start || say('It appears here as it happens.'))];
}
