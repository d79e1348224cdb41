/*
 * The timeline of one match, newest first. Only the rows around the reader's place are in the
 * document (timeline-window.js); empty boxes take the place of the others. The line that is read
 * stays at its place on the screen when rows above it come or go. Some browsers can do that
 * themselves; style.css switches it off, or the page would be moved twice.
 */

import { Growing } from '../../model/growing.js';
import { isKeyEvent } from '../../model/sports.js';
import { say, sayMany } from '../../words/language.js';
import { isOver, noKeyEventsIn, startsIn } from '../../words/words.js';
import { KeyedList, element, saysTheSame, setAttributes, setText } from '../dom.js';
import { Flourish } from './flourish.js';
import { lineOf } from './languages-view.js';
import { buildRow, rowsOf } from './timeline-row.js';
import { TimelineWindow } from './timeline-window.js';

/* If the page is scrolled further than this, a button announces new lines. */
const TOP_PX = 160;

const calm = matchMedia('(prefers-reduced-motion: reduce)');

export class TimelineView {
    #root;
    #news;
    #above = element('div', { 'aria-hidden': 'true' });
    #below = element('div', { 'aria-hidden': 'true' });
    #list = element('ol.entries');
    #keyed;
    #note = element('div.empty');
    #noKeyEvents = element('p.empty', { role: 'status' });
    #filter = element('button.filter', say('Key events only'), { type: 'button', 'aria-pressed': 'false' });
    #earlier = element('button.earlier', say('Show earlier'), { type: 'button' });
    #end = element('p.end', say('The beginning of this match is too far back to show here.'));
    #onEarlier;
    #onNews;
    #window = new TimelineWindow();
    #view = null;
    #isKeyOnly = false;     /* stays as it is when another match is opened */
    #rows = [];             /* all rows: [key, row], the newest first … */
    #drawn = { from: 0, to: 0 };    /* … and those in the document */
    #read = null;           /* { key, topPx }: the row at the reader's place; null: at the top */
    #keptY = -1;            /* where the view itself scrolled to: many rounded steps would add up to a row */
    #newestSeq = 0;         /* of the newest entry that is drawn */
    #newest = new Growing(() => ({ seq: 0 }), (made, { seq }) => {
        made.seq = Math.max(made.seq, seq);
    });
    #flourish = new Flourish();
    #seenSeq = 0;           /* of the newest entry that was visible */
    #widthPx = innerWidth;
    #wanted = null;         /* the place to go to as soon as its lines are there */

    /* onEarlier: somebody wants earlier lines; onNews: somebody wants to see the new lines. */
    constructor(root, { news, onEarlier, onNews }) {
        this.#root = root;
        this.#news = news;
        this.#onEarlier = onEarlier;
        this.#onNews = onNews;
        root.append(this.#filter, this.#note, this.#noKeyEvents, this.#above, this.#list, this.#below,
            this.#earlier, this.#end);
        this.clear();
        this.#earlier.addEventListener('click', () => this.#askEarlier());
        this.#filter.addEventListener('click', () => this.#toggleFilter());
        news.addEventListener('click', () => this.#goToNews());
        addEventListener('scroll', () => this.#scrolled(), { passive: true });
        /* A click may lead away from here, and comes before the scroll event of its frame: note the place now. */
        addEventListener('click', () => this.#isHere && this.#noteRead(), { capture: true });
        addEventListener('resize', () => this.#resized());
        addEventListener('beforeprint', () => this.#drawAll());
        addEventListener('afterprint', () => this.#drawAround(this.#place()));
    }

    clear() {
        this.#list.replaceChildren();
        this.#keyed = new KeyedList(this.#list, (row) => this.#build(row), saysTheSame);
        this.#window.clear();
        this.#rows = [];
        this.#drawn = { from: 0, to: 0 };
        this.#read = null;
        this.#view = null;
        this.#newestSeq = 0;
        this.#seenSeq = 0;
        this.#wanted = null;
        this.#sizeRest();
        for (const node of [this.#news, this.#earlier, this.#end, this.#filter, this.#note, this.#noKeyEvents])
            node.hidden = true;
    }

    /*
     * The reader's place: { line, topPx }, the line of the original match and its distance from
     * the top of the screen. Null: at the top, where the newest lines are.
     */
    get place() {
        if (this.#view === null || this.#read === null)
            return null;
        const { entries, state } = this.#view;
        const start = entries.findIndex(({ seq }) => seq === this.#seqRead());
        const entry = entries.slice(0, start + 1).findLast((one) => lineOf(one, state) !== null);
        return entry ? { line: lineOf(entry, state), topPx: this.#read.topPx } : null;
    }

    goTo(place) {
        this.#wanted = place;
    }

    /* Shows the timeline again, at that place; null: at the top. */
    show(place) {
        this.goTo(place);
        if (this.#view !== null)
            this.render(this.#view);
    }

    /*
     * Draws nothing while history is on its way: when the shown match begins
     * afresh, the old lines stay until all the new ones are there.
     */
    render(view) {
        const isWaiting = !view.isCaughtUp && view.refusal === null;
        this.#root.dataset.state = isWaiting ? 'loading' : 'ready';
        if (!isWaiting || this.#view === null)
            this.#renderNote(view, isWaiting);
        if (isWaiting)
            return;
        this.#view = view;
        this.#take();
        this.#drawAround(this.#place());
        this.#reach();
        this.#look();
    }

    /* Shows the entry that the address names, and marks it; false: it is not there. */
    reveal(seq) {
        if (this.#view?.entries.some((entry) => entry.seq === seq) && this.#isKeyOnly)
            this.#toggleFilter();
        const index = this.#rows.findIndex(([key]) => key === seq);
        if (index < 0)
            return false;
        this.#drawAround({ index });
        for (const old of this.#list.querySelectorAll('[data-sought]'))
            old.removeAttribute('data-sought');
        const node = this.#nodeOf(seq);
        node?.setAttribute('data-sought', '');
        node?.scrollIntoView({ block: 'center' });
        this.#noteRead();
        return node !== null;
    }

    /* ---- the rows ---- */

    #take() {
        const { entries, state } = this.#view;
        const shown = this.#isKeyOnly ? entries.filter((entry) => isKeyEvent(entry, state?.sport)) : entries;
        this.#rows = rowsOf(shown, state);
        this.#filter.hidden = entries.length === 0;
        this.#noKeyEvents.hidden = entries.length === 0 || shown.length > 0;
        setText(this.#noKeyEvents, this.#noKeyEvents.hidden ? '' : noKeyEventsIn(this.#view));
        this.#renderFoot();
    }

    #renderFoot() {
        const { isWhole, canAskEarlier } = this.#view;
        this.#earlier.hidden = isWhole || !canAskEarlier;
        this.#end.hidden = isWhole || canAskEarlier;
    }

    #toggleFilter() {
        this.#isKeyOnly = !this.#isKeyOnly;
        setAttributes(this.#filter, { 'aria-pressed': String(this.#isKeyOnly) });
        this.#take();
        this.#drawAround(this.#place());
    }

    /* ---- which rows are in the document ---- */

    /* { index, topPx }: the row at the reader's place and its position on the screen; or the first row. */
    #place() {
        if (this.#read === null || !this.#isShown)
            return { index: 0 };
        const { key, topPx } = this.#read, seq = this.#seqRead();
        const exact = this.#rows.findIndex(([one]) => one === key);
        const index = exact >= 0 ? exact : this.#rows.findIndex(([one]) => one <= seq);
        return index < 0 ? { index: 0 } : { index, topPx };
    }

    #drawAround({ index, topPx }) {
        this.#draw(this.#window.around(this.#rows, index));
        if (topPx !== undefined)
            this.#keep(this.#rows[index][0], topPx);
    }

    #drawAll() {
        this.#draw({ from: 0, to: this.#rows.length });
    }

    #draw({ from, to }) {
        this.#measure();
        this.#drawn = { from, to };
        this.#keyed.render(this.#rows.slice(from, to));
        this.#sizeRest();
        this.#newestSeq = this.#newest.of(this.#view?.entries ?? []).seq;
        this.#seenSeq = Math.min(this.#seenSeq, this.#newestSeq);
    }

    /* Notes the heights of the rows, because some may leave the document now. */
    #measure() {
        if (this.#drawn.from === 0 && this.#read === null)
            return;     /* nobody has scrolled, so only rows below the screen leave */
        const nodes = [...this.#list.children];
        const tops = nodes.map((node) => node.getBoundingClientRect().top);
        for (let i = 0; i + 1 < nodes.length; i += 1)
            this.#window.note(keyOf(nodes[i]), tops[i + 1] - tops[i]);
    }

    #sizeRest() {
        const { from, to } = this.#drawn;
        this.#above.style.height = `${this.#window.heightOf(this.#rows, 0, from)}px`;
        this.#below.style.height = `${this.#window.heightOf(this.#rows, to, this.#rows.length)}px`;
    }

    #keep(key, topPx) {
        const node = this.#nodeOf(key);
        const movedPx = node ? node.getBoundingClientRect().top - topPx : 0;
        if (Math.abs(movedPx) >= 1)
            scrollBy({ top: movedPx, behavior: 'instant' });
        this.#keptY = scrollY;
        if (node)
            this.#read = { key, topPx };
    }

    /* After scrolling: notes the reader's place, and draws the rows around it. */
    #scrolled() {
        if (!this.#isHere)
            return;
        const { from, to } = this.#drawn;
        const isAboveNear = from > 0 && this.#above.getBoundingClientRect().bottom > -innerHeight;
        const isBelowNear = to < this.#rows.length && this.#below.getBoundingClientRect().top < 2 * innerHeight;
        if (isAboveNear || isBelowNear)
            this.#drawAround(this.#placeOnScreen());
        if (scrollY !== this.#keptY)
            this.#noteRead();
        this.#look();
    }

    /* The row on the screen. After a long jump it is not drawn, and is computed from the heights. */
    #placeOnScreen() {
        const node = [...this.#list.children].find(isInSight);
        if (node && node.getBoundingClientRect().top < innerHeight) {
            const index = this.#rows.findIndex(([key]) => key === keyOf(node));
            return { index, topPx: node.getBoundingClientRect().top };
        }
        const listTopPx = this.#above.getBoundingClientRect().top;
        const { index, topPx } = this.#window.rowAt(this.#rows, TOP_PX - listTopPx);
        return { index, topPx: listTopPx + topPx };
    }

    #noteRead() {
        const node = isAtTop() ? null : [...this.#list.children].find(isInSight);
        this.#read = node ? { key: keyOf(node), topPx: node.getBoundingClientRect().top } : null;
    }

    /* When a phone is turned, the rows have other heights. */
    #resized() {
        if (this.#view === null || innerWidth === this.#widthPx)
            return;
        this.#widthPx = innerWidth;
        this.#window.clear();
        this.#drawAround(this.#place());
    }

    #seqRead() {
        const { key } = this.#read;
        return typeof key === 'number' ? key : Number(key.split(' ')[1]);   /* a heading: the seq is in its key */
    }

    #nodeOf(key) {
        return [...this.#list.children].find((node) => keyOf(node) === key) ?? null;
    }

    get #isHere() {
        return this.#view !== null && this.#isShown;
    }

    /* False while another tab or the list of matches is shown. */
    get #isShown() {
        return this.#root.offsetParent !== null;
    }

    /* Goes to the wanted line, or to the last one before it that is there. */
    #reach() {
        const { entries, state } = this.#view;
        const found = this.#wanted && nearest(entries, state, this.#wanted.line);
        const topPx = this.#wanted?.topPx;
        this.#wanted = null;
        const index = found ? this.#rows.findIndex(([key]) => key === found.seq) : -1;
        if (index >= 0)
            this.#drawAround({ index, topPx });
    }

    /* ---- the texts around the rows ---- */

    #renderNote({ match, state, entries, refusal, isWhole, canAskEarlier }, isWaiting) {
        isWaiting ||= entries.length === 0 && refusal === null && !isWhole && canAskEarlier;
        this.#note.hidden = entries.length > 0 && !isWaiting;
        if (this.#note.hidden)
            return;
        this.#note.replaceChildren(...refusal !== null ? refused(refusal, match)
            : isWaiting ? [element('p', say('Loading the commentary'))]
                : noEntries(state));
    }

    /* Only new rows are animated, not those that are there when the match is opened. */
    #build(row) {
        const node = buildRow(row, this.#view.state);
        const isNews = this.#newestSeq > 0 && row.seq > this.#newestSeq;
        node.classList.toggle('new', isNews && this.#flourish.isFor());
        return node;
    }

    #askEarlier() {
        this.#earlier.hidden = true;
        this.#onEarlier();
    }

    /* Notes which entries have been visible, and says how many have not. */
    #look() {
        if (this.#view === null)
            return;
        if (isAtTop() && this.#isShown)
            this.#seenSeq = this.#newestSeq;
        const unseen = this.#seenSeq === this.#newestSeq ? 0
            : this.#view.entries.filter(({ seq }) => seq > this.#seenSeq).length;
        this.#news.hidden = unseen === 0;
        if (unseen > 0)
            setText(this.#news, sayMany('{n} new entries', unseen));
    }

    #goToNews() {
        this.#onNews();
        scrollTo({ top: 0, behavior: calm.matches ? 'auto' : 'smooth' });
        this.#root.focus({ preventScroll: true });
    }
}

/* The key of the row that the element shows: a seq, or the key of a heading. */
function keyOf(node) {
    return node.dataset.seq ? Number(node.dataset.seq) : node.dataset.key;
}

function isInSight(row) {
    return row.getBoundingClientRect().bottom > TOP_PX;
}

/* The entry for that line of the original match, or else for the last line before it. */
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

/* The text while the match has no lines. */
function noEntries(state) {
    if (isOver(state))
        return [element('p', say('This match has no commentary.'))];
    const start = state?.status === 'scheduled' ? startsIn(state.starts_at) : '';
    return [element('p', say('No commentary yet.')), element('p', start || say('It appears here as it happens.'))];
}
