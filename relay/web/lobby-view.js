/* The lobby: every match with its status and score, those in play first. */

import { KeyedList, element, setAttributes, written } from './dom.js';
import { hasSides, sideScoreOf, statusOf } from './words.js';

/* What there is to say while there is no list. */
const NOTES = { loading, forbidden: notCovered, empty: howToMakeOne };

const GROUPS = [
    { title: 'In play', statuses: ['live', 'paused'], order: newestFirst },
    { title: 'To come', statuses: ['scheduled', 'postponed'], order: soonestFirst },
    { title: 'Over', statuses: ['finished', 'abandoned', 'cancelled'], order: newestFirst },
];

/* A phone has better things to do than to lay out a thousand links. */
const MAX_SHOWN = 100;

export class LobbyView {
    #root;
    #note = element('div.empty');
    #groups;

    /* hrefOf(match): the address of a match. */
    constructor(root, { hrefOf }) {
        this.#root = root;
        this.#groups = GROUPS.map((group) => newGroup(group, hrefOf));
        root.append(this.#note, ...this.#groups.map(({ section }) => section));
    }

    /*
     * lobby: { scores, isKnown, isForbidden }, the last one where the token does not
     * cover the list; chosen: the match that is shown, or null.
     */
    render(lobby, chosen) {
        const { states } = lobby.scores;
        const state = stateOf(lobby);
        this.#root.dataset.state = state;
        this.#note.hidden = state === 'ready';
        if (state !== 'ready')
            this.#note.replaceChildren(...NOTES[state]());
        for (const group of this.#groups)
            renderGroup(group, states);
        this.#markChosen(chosen);
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

function newGroup({ title, statuses, order }, hrefOf) {
    const list = element('ul');
    const section = element('section', { hidden: '' }, element('h2', title), list);
    return { section, statuses, order, rows: new KeyedList(list, (state) => matchItem(state, hrefOf)) };
}

function renderGroup({ section, statuses, order, rows }, states) {
    const members = states.filter(({ status }) => statuses.includes(status));
    section.hidden = members.length === 0;
    rows.render(members.sort(order).slice(0, MAX_SHOWN).map((state) => [state.match, state]));
}

function matchItem(state, hrefOf) {
    return element('li', { 'data-match': state.match, 'data-status': state.status },
        element('a.card', { href: hrefOf(state.match) },
            state.competition ? written('span.competition', state.competition) : null,
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
    return [element('p', 'Loading the matches')];
}

function notCovered() {
    return [element('p', 'Your token is for single matches, not for the list of them. '
        + 'The link to yours opens it.')];
}

function howToMakeOne() {
    return [
        element('p', 'No matches yet. Make one:'),
        element('pre', element('code', "select commentary.create_match('Home', 'Away');")),
    ];
}

function newestFirst(a, b) {
    return b.match - a.match;
}

function soonestFirst(a, b) {
    return startOf(a).localeCompare(startOf(b)) || a.match - b.match;
}

/* ISO 8601 in UTC, so that texts sort as times do; unknown sorts last. */
function startOf(state) {
    return state.starts_at ?? '~';
}
