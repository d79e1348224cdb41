/* The lobby: every match with its status and score, by competition and day, those in play first. */

import { KeyedList, element, setAttributes, setText, written } from './dom.js';
import { GROUPS, isOverStatus, rowsOfGroup, wordsIn } from './fixtures.js';
import { say } from './language.js';
import { hasSides, sideScoreOf, statusOf } from './words.js';

/* What there is to say while there is no list. */
const NOTES = { loading, forbidden: notCovered, empty: noMatches, unmatched };

/* A phone has better things to do than to lay out a thousand links at once. */
const SHOWN = 100;
const MORE = 400;

/* Of the matches that are over the relay lists so many, and tells of no others. */
const ENDED_LISTED = 100;

/* Fewer are found by looking. */
const SEARCHED = 8;

export class LobbyView {
    #root;
    #note = element('div.empty');
    #search = element('input', { type: 'search', 'aria-label': say('Find a match'), placeholder: say('Find a match'),
        autocomplete: 'off' });
    #filter = element('p.filtered', { hidden: '' });
    #partial = element('p.empty', say('Of the matches that are over, only the last 100 are here. Others open by their links.'));
    #groups;
    #again = null;      /* draws the same once more */

    /* hrefOf(match): the address of a match; home: that of the lobby. */
    constructor(root, { hrefOf, home }) {
        this.#root = root;
        this.#groups = GROUPS.map((group) => newGroup(group, { hrefOf, home }, () => this.#again?.()));
        this.#search.addEventListener('input', () => this.#again?.());
        this.#filter.append(element('span'), ' ', element('a', say('All matches'), { href: home }));
        root.append(this.#search, this.#filter, this.#note, ...this.#groups.map(({ section }) => section),
            this.#partial);
    }

    /*
     * lobby: { scores, isKnown, isForbidden }, the last one where the token does not
     * cover the list; chosen: the match that is shown, or null; filters: see fixtures.js.
     */
    render(lobby, chosen, filters) {
        const { states } = lobby.scores;
        const words = [...filters.words, ...wordsIn(this.#search.value)];
        this.#again = () => this.render(lobby, chosen, filters);
        const count = this.#groups.reduce((sum, group) => sum + group.render(states, { ...filters, words }), 0);
        this.#renderNote(lobby, count);
        this.#partial.hidden = states.filter(({ status }) => isOverStatus(status)).length < ENDED_LISTED;
        this.#search.hidden = states.length <= SEARCHED && words.length === 0;
        this.#renderFilter(filters);
        this.#markChosen(chosen);
    }

    #renderNote(lobby, count) {
        const state = stateOf(lobby);
        const isUnmatched = state === 'ready' && count === 0;
        this.#root.dataset.state = state;
        this.#note.hidden = state === 'ready' && !isUnmatched;
        if (!this.#note.hidden)
            this.#note.replaceChildren(...NOTES[isUnmatched ? 'unmatched' : state]());
    }

    #renderFilter({ statuses, competition }) {
        this.#filter.hidden = statuses.length === 0 && competition === '';
        setText(this.#filter.firstElementChild, [competition, ...statuses].filter(Boolean).join(' · '));
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

/* { section, render(states, filters) }: render returns how many matches are in it. */
function newGroup(group, addresses, draw) {
    const list = element('ul');
    const more = element('button.more', { type: 'button', hidden: '' });
    const section = element('section', { hidden: '', 'data-group': group.name },
        element('h2', say(group.title)), list, more);
    const rows = new KeyedList(list, (item) => row(item, addresses));
    let limit = SHOWN;

    more.addEventListener('click', () => {
        limit += MORE;
        draw();
    });
    return {
        section,
        render(states, filters) {
            const { rows: items, count } = rowsOfGroup(group, states, filters, limit);
            section.hidden = count === 0;
            rows.render(items);
            more.hidden = count <= limit;
            setText(more, say('Show more ({n})', { n: count - limit }));
            return count;
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

/* A race has a title, and somebody who leads it. */
function field({ title, leaderboard }) {
    const leader = Array.isArray(leaderboard) ? leaderboard[0] : null;
    return [
        element('span.team', written('span.name', title)),
        leader ? element('span.team.leader', written('span.name', leader.name), ' ',
            written('span.score', leader.value)) : null,
    ];
}

/* What the scoreboard's clock says while the match goes on; else its status. */
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
