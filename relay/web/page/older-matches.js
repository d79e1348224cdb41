/*
 * The matches that are not in the lobby, usually because they are over; read a page at a time.
 * Pure: read(wish) is commentary.matches().
 *
 * Each choice of matches (status, competition, words of a search) is read from the newest match on,
 * without those that are in the lobby. At most MOST matches of a choice are kept; then reading ends,
 * and a narrower choice finds the others. The last CHOICES choices are kept, so that the button "back"
 * shows the list as it was.
 */

import { GROUPS, isOverStatus, isWanted } from './fixtures.js';

export const MOST = 2000;
export const CHOICES = 4;
const PAGE = 100;

/*
 * A search that finds nothing stops after PAGES_AT_ONCE pages, and the button goes on. Pages whose
 * matches are all in the lobby do not count, but PAGES_AT_MOST bounds them all.
 */
const PAGES_AT_ONCE = 10;
const PAGES_AT_MOST = 100;

/* Each letter that somebody types makes another choice of the same pages, so the first pages are kept. */
const PAGES_KEPT = 20;
const NO_PAGES = { key: null, byBefore: new Map() };

/*
 * The lobby lists 100 matches that are over, or a few less if some of them were purged or are
 * live again; so from 50 on there may be others. See relay/src/topic/lobby.h.
 */
const OVER_LISTED = 50;

/* With so many matches or characters the lobby may also lack matches that are not over. */
const LISTED = 5000;
const LETTERS_LISTED = 2 * 1024 * 1024;

/* The `end` of a choice that the relay refuses: it is too old, or no competition can have such a name. */
const REFUSALS = { unsupported: 'closed', bad_request: 'whole' };

const STATUSES = GROUPS.flatMap(({ statuses }) => statuses);

export class OlderMatches {
    #read;
    #isCut = false;
    #choices = new Map();       /* by key; the most recently used choice is the last */
    #pages = NO_PAGES;
    #stopper = null;            /* aborts the current read */

    constructor(read) {
        this.#read = read;
    }

    /* The lobby has begun afresh with these states, or may not be read (no states). */
    begin(states = []) {
        this.#stopper?.abort();
        this.#stopper = null;
        this.#choices.clear();
        this.#pages = NO_PAGES;
        this.#isCut = states.length >= LISTED || JSON.stringify(states).length >= LETTERS_LISTED;
    }

    /* Those statuses of the choice for which there may be matches that are not in the lobby. */
    statusesOf({ statuses }, held) {
        return this.#missing(held).filter((status) => statuses.length === 0 || statuses.includes(status));
    }

    /* The states of the choice and those of the lobby. The lobby's are never older, so they replace the others. */
    mergedWith(held, filters) {
        const choice = this.#choices.get(keyOf(filters));
        if (!choice || choice.states.size === 0)
            return held;
        return [...new Map([...choice.states, ...held.map((state) => [state.match, state])]).values()];
    }

    /*
     * How far the choice has been read: { end, isBegun, looked }. end: 'more', 'whole' (there are no
     * older ones), 'full' (no more can be kept), 'closed' (the relay cannot list them). looked: how
     * many matches were read.
     */
    progressOf(filters) {
        return this.#choices.get(keyOf(filters)) ?? newChoice();
    }

    /*
     * Reads on until it finds a match. Returns the numbers of the new matches, or null if another
     * choice was asked for meanwhile. held: the states of the lobby. Rejects as read() does.
     */
    async readOn(filters, held) {
        const choice = this.#use(keyOf(filters));
        const stopper = new AbortController();
        this.#stopper?.abort();
        this.#stopper = stopper;
        choice.isBegun = true;
        try {
            return await this.#readUntilFound(choice, filters, held, stopper.signal);
        } catch (error) {
            if (stopper.signal.aborted)
                return null;
            if (!Object.hasOwn(REFUSALS, error?.code))
                throw error;
            choice.end = REFUSALS[error.code];
            return [];
        }
    }

    async #readUntilFound(choice, filters, held, signal) {
        const known = new Set(held.map(({ match }) => match));
        const wish = { status: this.statusesOf(filters, held), competition: spelled(filters.competition, held), limit: PAGE };
        for (let pages = 0, all = 0; pages < PAGES_AT_ONCE && all < PAGES_AT_MOST && choice.end === 'more'; all += 1) {
            const { matches, next } = await this.#ask(wish, choice.before, signal);
            if (signal.aborted)
                return null;
            const others = matches.filter(({ match }) => !known.has(match) && !choice.states.has(match));
            const added = take(choice, others.filter((state) => isWanted(state, filters)));
            choice.before = next ?? undefined;
            choice.looked += others.length;
            if (choice.end === 'more' && next === null)
                choice.end = 'whole';
            if (added.length > 0)
                return added;
            pages += others.length > 0;
        }
        return [];
    }

    async #ask(wish, before, signal) {
        const key = JSON.stringify(wish);
        if (this.#pages.key !== key)
            this.#pages = { key, byBefore: new Map() };
        const { byBefore } = this.#pages;
        const page = byBefore.get(before) ?? await this.#read({ ...wish, before, signal });
        if (!signal.aborted && byBefore.size < PAGES_KEPT)
            byBefore.set(before, page);
        return page;
    }

    #missing(held) {
        if (this.#isCut)
            return STATUSES;
        const over = held.filter(({ status }) => isOverStatus(status));
        return over.length >= OVER_LISTED ? GROUPS.at(-1).statuses : [];
    }

    #use(key) {
        const choice = this.#choices.get(key) ?? newChoice();
        this.#choices.delete(key);
        this.#choices.set(key, choice);
        if (this.#choices.size > CHOICES)
            this.#choices.delete(this.#choices.keys().next().value);
        return choice;
    }
}

function newChoice() {
    return { states: new Map(), before: undefined, end: 'more', isBegun: false, looked: 0 };
}

/* Adds as many states as there is room for, and returns their numbers. */
function take(choice, states) {
    const taken = states.slice(0, MOST - choice.states.size);
    for (const state of taken)
        choice.states.set(state.match, state);
    if (choice.states.size >= MOST)
        choice.end = 'full';
    return taken.map(({ match }) => match);
}

function keyOf({ statuses, competition, words }) {
    return JSON.stringify([statuses, competition, words]);
}

/* The relay needs the exact name. In the address it may have other capitals, so it is looked up in the lobby. */
function spelled(competition, held) {
    if (competition === '')
        return undefined;
    const like = held.find((state) => isWanted(state, { statuses: [], competition, words: [] }));
    return like?.competition ?? competition;
}
