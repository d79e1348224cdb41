/* The lobby: every match with its status and score, by competition and day, those in play first. */

import { say } from '../words/language.js';
import { hasSides, sideScoreOf, statusNameOf, statusOf } from '../words/words.js';
import { GROUPS, rowsOfGroup, wordsIn } from '../page/fixtures.js';
import { KeyedList, element, setAttributes, setText, written } from './dom.js';
import { OlderView } from './older-view.js';

/* The texts that are shown instead of a list. */
const NOTES = { loading, forbidden: notCovered, empty: noMatches, unmatched };

/* How many matches a group shows at first: to lay out a thousand links would keep a phone busy. */
const SHOWN = 100;
const MORE = 400;

/* With fewer matches there is no field for a search. */
const SEARCHED = 8;

/* After this pause in typing, older matches are searched if none of those here fits. */
const PAUSE_MS = 600;

export class LobbyView {
    #root;
    #note = element('div.empty');
    #search = element('input', { type: 'search', 'aria-label': say('Find a match'), placeholder: say('Find a match'),
        autocomplete: 'off' });
    #filter = element('p.filtered', { hidden: '' });
    #groups;
    #older;
    #pause = null;
    #drawn = null;      /* { lobby, given, filters }: filters are the given ones and the words of the search */
    #again = null;      /* draws the same once more */

    /* hrefOf(match): the address of a match; home: the address of the lobby. */
    constructor(root, { hrefOf, home }) {
        this.#root = root;
        this.#groups = GROUPS.map((group) => newGroup(group, { hrefOf, home }, () => this.#again?.()));
        this.#filter.append(element('span'), ' ', element('a', say('All matches'), { href: home }));
        root.append(this.#search, this.#filter, this.#note, ...this.#groups.map(({ section }) => section));
        this.#older = new OlderView(root, { read: () => this.#readOlder(), show: (matches) => this.#showOlder(matches) });
        this.#search.addEventListener('input', () => this.#searchFor());
        this.#search.addEventListener('keydown', ({ key, isComposing }) => key === 'Enter' && !isComposing && this.#older.readOn());
    }

    /*
     * lobby: { scores, older, isKnown, isForbidden }; isForbidden: the token does not cover the
     * list. chosen: the match that is shown, or null; given: the filters, see page/fixtures.js.
     */
    render(lobby, chosen, given) {
        const held = lobby.scores.states;
        const filters = { ...given, words: [...given.words, ...wordsIn(this.#search.value)] };
        const states = lobby.older.mergedWith(held, filters);
        this.#drawn = { lobby, given, filters };
        this.#again = () => this.render(lobby, chosen, given);
        const count = this.#keepingFocus(() =>
            this.#groups.reduce((sum, group) => sum + group.render(states, filters), 0));
        this.#renderOlder(held, count);
        this.#renderNote(count);
        this.#search.hidden = states.length <= SEARCHED && filters.words.length === 0;
        this.#renderFilter(given);
        this.#markChosen(chosen);
    }

    /* A card is made again when its match changes or moves to another group, so the focus is given to the new one. */
    #keepingFocus(draw) {
        const { activeElement: had } = document;
        const match = this.#root.contains(had) ? had.parentElement.dataset.match : undefined;
        const drawn = draw();
        if (match !== undefined && !had.isConnected)
            this.#root.querySelector(`[data-match="${match}"] > a`)?.focus({ preventScroll: true });
        return drawn;
    }

    #searchFor() {
        clearTimeout(this.#pause);
        this.#again?.();
        this.#pause = setTimeout(() => this.#drawn?.count === 0 && !this.#drawn.progress.isBegun && this.#older.readOn(), PAUSE_MS);
    }

    /* Older matches are offered only when all matches that are here are shown. */
    #renderOlder(held, count) {
        const { lobby, given, filters } = this.#drawn;
        const statuses = lobby.isKnown ? lobby.older.statusesOf(filters, held) : [];
        const progress = lobby.older.progressOf(filters);
        const isAsked = statuses.length > 0 && this.#groups.every((group) => group.isWhole() || !group.isOf(statuses));
        Object.assign(this.#drawn, { count, statuses, progress, isAsked });
        this.#older.render({ key: JSON.stringify(filters), isAsked, isSearch: filters.words.length > 0,
            end: progress.end, looked: progress.looked });
        if (isAsked && !progress.isBegun && count < SHOWN && isNarrow(given))
            this.#older.readOn();
    }

    #readOlder() {
        const { lobby, filters } = this.#drawn;
        return lobby.older.readOn(filters, lobby.scores.states);
    }

    /* Shows the new matches, and returns the link of the first. */
    #showOlder(matches) {
        const added = new Set(matches);
        for (const group of this.#groups.filter((one) => one.isOf(this.#drawn.statuses)))
            group.showMore(added.size);
        this.#again();
        return [...this.#root.querySelectorAll('[data-match] > a')]
            .find(({ parentElement }) => added.has(Number(parentElement.dataset.match))) ?? null;
    }

    /* The text "no match like that" waits until there are no older matches to search. */
    #renderNote(count) {
        const { lobby, isAsked, progress } = this.#drawn;
        const state = stateOf(lobby);
        const isUnmatched = state === 'ready' && count === 0 && (!isAsked || progress.end !== 'more');
        this.#root.dataset.state = state;
        this.#note.hidden = state === 'ready' && !isUnmatched;
        if (!this.#note.hidden)
            this.#note.replaceChildren(...NOTES[isUnmatched ? 'unmatched' : state]());
    }

    #renderFilter({ statuses, competition }) {
        const names = [competition, ...statuses.map(statusNameOf)].filter(Boolean);
        this.#filter.hidden = names.length === 0;
        if (this.#filter.dataset.names === names.join('\n'))
            return;
        this.#filter.dataset.names = names.join('\n');
        this.#filter.firstElementChild.replaceChildren(
            ...names.flatMap((name, i) => [i > 0 ? ' · ' : '', written('bdi', name)]));
    }

    #markChosen(chosen) {
        for (const item of this.#root.querySelectorAll('[data-match]')) {
            const isChosen = item.dataset.match === String(chosen);
            setAttributes(item.firstElementChild, { 'aria-current': isChosen ? 'page' : null });
        }
    }
}

function stateOf({ scores, isKnown, isForbidden }) {
    if (isForbidden)
        return 'forbidden';
    if (!isKnown)
        return 'loading';
    return scores.states.length > 0 ? 'ready' : 'empty';
}

/* Whether there is a filter or a search, so that older matches may be meant. */
function isNarrow({ statuses, competition, words }) {
    return statuses.length > 0 || competition !== '' || words.length > 0;
}

/*
 * Returns { section, render(states, filters), isWhole(), isOf(statuses), showMore(count) }. render
 * returns how many matches are in the group; showMore makes it draw `count` more.
 */
function newGroup(group, addresses, draw) {
    const list = element('ul');
    const more = element('button.more', { type: 'button', hidden: '' });
    const section = element('section', { hidden: '', 'data-group': group.name },
        element('h2', say(group.title)), list, more);
    const rows = new KeyedList(list, (item) => row(item, addresses));
    let limit = SHOWN;
    let isWhole = true;

    more.addEventListener('click', () => {
        const count = list.querySelectorAll('.card').length;
        limit += MORE;
        draw();
        list.querySelectorAll('.card')[count]?.focus();     /* the button may be hidden now */
    });
    return {
        section,
        render(states, filters) {
            const shown = rowsOfGroup(group, states, filters, limit);
            section.hidden = shown.count === 0;
            rows.render(shown.rows);
            ({ isWhole } = shown);
            more.hidden = isWhole;
            setText(more, say('Show more ({n})', { n: shown.count - limit }));
            return shown.count;
        },
        isWhole: () => isWhole,
        isOf: (statuses) => group.statuses.some((status) => statuses.includes(status)),
        showMore(count) {
            limit += count;
        },
    };
}

function row(item, { hrefOf, home }) {
    return 'match' in item ? matchItem(item, hrefOf) : headingItem(item, home);
}

function headingItem({ day, competition }, home) {
    return element('li.heading', element('h3', day ? written('span.day', day) : null, ' ',
        competition ? element('a.competition', { dir: 'auto',
            href: `${home}?${new URLSearchParams({ competition })}` }, competition) : null));
}

function matchItem(state, hrefOf) {
    return element('li', { 'data-match': state.match, 'data-status': state.status },
        element('a.card', { href: hrefOf(state.match) },
            element('span.teams', ...(hasSides(state) ? sides(state) : field(state))),
            written('span.status', lineOf(state))));
}

function sides(state) {
    return ['home', 'away'].map((side) => element('span.team',
        written('span.name', state[`${side}_short`] ?? state[side]), ' ',
        written('span.score', sideScoreOf(state, side))));
}

/* A race shows its title and the leader. */
function field({ title, leaderboard }) {
    const leader = Array.isArray(leaderboard) ? leaderboard[0] : null;
    return [
        element('span.team', written('span.name', title)),
        leader ? element('span.team.leader', written('span.name', leader.name), ' ',
            written('span.score', leader.value)) : null,
    ];
}

/* The clock of the match while it is in play; else its status. */
function lineOf(state) {
    const isInPlay = state.status === 'live' || state.status === 'paused';
    return (isInPlay && state.clock) || statusOf(state);
}

function loading() {
    return [element('p', say('Loading the matches'))];
}

function notCovered() {
    return [element('p',
        say('Your token is for single matches, not for the list of them. The link to yours opens it.'))];
}

function noMatches() {
    return [element('p', say('No matches at the moment.')), element('p', say('They appear here by themselves.'))];
}

function unmatched() {
    return [element('p', say('No match like that.'))];
}
