/* A match: the scoreboard, and below it the timeline and the other tabs. */

import { say } from '../../words/language.js';
import { clockOf, hasSides, scoreOf, sideScoreOf } from '../../words/words.js';
import { element, setAttributes, setText, written } from '../dom.js';
import { DetailsView } from './details-view.js';
import { LanguagesView } from './languages-view.js';
import { LeaderboardView } from './leaderboard-view.js';
import { MomentsView } from './moments-view.js';
import { PinnedView } from './pinned-view.js';
import { TabsView } from './tabs-view.js';
import { TimelineView } from './timeline-view.js';

/* A score of more characters does not fit between two names on a phone. */
const LONG_SCORE = 9;

/* A name of more characters does not fit beside the score on the smallest phone. */
const SHORT_NAME = 9;

export class MatchView {
    #root;
    #board;
    #timeline;
    #details;
    #languages;
    #leaderboard;
    #pathOf;
    #moments;
    #pinned;
    #tabs;
    #place = null;      /* the reader's place in the timeline before another tab was chosen */
    #parts = newBoard();

    /* pathOf(match): the address of a match. */
    constructor(root, { onEarlier, pathOf }) {
        this.#root = root;
        this.#pathOf = pathOf;
        this.#board = root.querySelector('#scoreboard');
        setAttributes(this.#parts.score, { dir: document.documentElement.dir || 'ltr' });  /* the home side is first */
        this.#board.append(...Object.values(this.#parts));
        this.#languages = new LanguagesView(root.querySelector('#languages'));
        this.#leaderboard = new LeaderboardView(root.querySelector('#leaderboard'));
        this.#moments = new MomentsView(root.querySelector('#moments'));
        this.#pinned = new PinnedView(root.querySelector('#pinned-line'));
        this.#details = new DetailsView({ statistics: root.querySelector('#statistics'),
            lineups: root.querySelector('#lineups'), about: root.querySelector('#about') });
        this.#timeline = new TimelineView(root.querySelector('#timeline'), {
            news: root.querySelector('#news'), onEarlier, onNews: () => this.#tabs.choose('commentary') });
        this.#tabs = this.#newTabs(root);
    }

    /* The reader's place, as a line that can be found in another language; null: at the top. */
    get place() {
        return this.#timeline.place;
    }

    /* Goes to that place as soon as the lines of the other match are there. */
    goTo(place) {
        this.#timeline.goTo(place);
    }

    /* Forgets this match, because another one will be shown. */
    clear() {
        this.#place = null;
        this.#timeline.clear();
        this.#languages.render(null, this.#pathOf);
        this.#leaderboard.render();
        this.#moments.clear();
        this.#pinned.render([]);
        this.#details.render({});
        this.#tabs.choose('commentary');
        this.#tabs.render([]);
        scrollTo(0, 0);
    }

    /* Scrolls to an entry. */
    reveal(seq) {
        this.#tabs.choose('commentary');
        return this.#timeline.reveal(seq);
    }

    /*
     * match, state and entries (oldest first): what is known so far. refusal: the code of
     * the relay's error (unknown_match, forbidden), or null. isCaughtUp: the history has
     * come. isWhole: the first entry of the match is there. canAskEarlier: if it is not,
     * the page can ask for earlier entries.
     */
    render(view) {
        const { match, state } = view;
        this.#root.hidden = match === null;
        this.#board.hidden = !state;
        if (match === null)
            return;
        if (state)
            this.#renderBoard(view);
        if (view.isCaughtUp) {
            this.#moments.render(view);
            this.#pinned.render(view.entries);
        }
        this.#timeline.render(view);
    }

    #renderBoard({ match, state, entries }) {
        const parts = this.#parts;
        this.#board.dataset.match = match;
        this.#board.dataset.status = state.status;
        this.#board.dataset.shape = shapeOf(state);
        this.#board.dataset.names = longestName(state) > SHORT_NAME ? 'long' : 'short';
        showText(parts.competition, state.competition);
        showText(parts.title, state.title);
        showText(parts.home, state.home);
        showText(parts.homeScore, sideScoreOf(state, 'home'));
        showText(parts.away, state.away);
        showText(parts.awayScore, sideScoreOf(state, 'away'));
        showText(parts.clock, clockOf(state, entries));
        showText(parts.result, state.result);
        showScore(parts.score, state);
        this.#languages.render(state, this.#pathOf);
        const hasLeaderboard = this.#leaderboard.render(state.leaderboard);
        this.#tabs.render([...this.#details.render(state), hasLeaderboard ? 'leaderboard' : '']);
    }

    #newTabs(root) {
        const panel = (name, title) => ({ name, title, panel: root.querySelector(`#${name}`) });
        return new TabsView(root.querySelector('#tabs'), [
            panel('commentary', say('Commentary')), panel('leaderboard', say('Leaderboard')),
            panel('statistics', say('Statistics')), panel('lineups', say('Line-ups')),
            panel('about', say('Info')),
        ], { onLeave: (name) => this.#leave(name), onChange: (name) => this.#come(name) });
    }

    /* Keeps the reader's place, to show it when the commentary is chosen again. */
    #leave(name) {
        if (name === 'commentary')
            this.#place = this.#timeline.place;
    }

    #come(name) {
        if (name === 'commentary')
            this.#timeline.show(this.#place);
        else if (this.#place !== null)
            this.#root.querySelector('#tabs').scrollIntoView({ block: 'center' });
    }
}

function newBoard() {
    return {
        competition: written('p.competition'),
        title: written('p.title'),
        home: written('p.name.home'),
        score: written('p.score'),
        homeScore: written('p.side-score.home'),
        away: written('p.name.away'),
        awayScore: written('p.side-score.away'),
        clock: written('p.clock'),
        result: written('p.result'),
    };
}

function showText(node, text) {
    node.hidden = !text;
    setText(node, text ?? '');
}

/*
 * The layout of the scoreboard: 'sides' with the names around the score, 'rows' with a line for each
 * side if the score is long (245/7 & 13/0), 'field' for a race.
 */
function shapeOf(state) {
    if (!hasSides(state))
        return 'field';
    return scoreOf(state).length > LONG_SCORE ? 'rows' : 'sides';
}

function longestName({ home, away }) {
    return Math.max(String(home ?? '').length, String(away ?? '').length);
}

/* Without a score the style sheet shows a v between the two sides. */
function showScore(node, state) {
    const score = scoreOf(state);
    const hasChanged = node.dataset.match === String(state.match) && node.textContent !== score;
    setAttributes(node, { 'data-match': state.match, 'data-unknown': score ? null : '' });
    node.hidden = shapeOf(state) !== 'sides';
    setText(node, score || 'v');
    if (score && hasChanged)
        flash(node);
}

/* Removes the class and adds it again, so that each goal flashes. */
function flash(node) {
    node.classList.remove('flash');
    requestAnimationFrame(() => node.classList.add('flash'));
}
