/* One match: the scoreboard on top, and the timeline below it. */

import { element, setAttributes, setText, written } from './dom.js';
import { TimelineView } from './timeline-view.js';
import { clockOf, scoreOf } from './words.js';

export class MatchView {
    #root;
    #board;
    #timeline;
    #parts = newBoard();

    constructor(root, { onEarlier }) {
        this.#root = root;
        this.#board = root.querySelector('#scoreboard');
        this.#board.append(...Object.values(this.#parts));
        this.#timeline = new TimelineView(root.querySelector('#timeline'), {
            news: root.querySelector('#news'), onEarlier });
    }

    /* Another match will be shown: forget this one. */
    clear() {
        this.#timeline.clear();
        scrollTo(0, 0);
    }

    /*
     * match, state and entries (oldest first) as known so far; refusal: the code of
     * the error with which the relay refused it (unknown_match, forbidden), or null;
     * isCaughtUp: nothing older than the join is on its way;
     * isWhole: the entries begin with the match; canAskEarlier: if they do not,
     * more of them can be asked for.
     */
    render(view) {
        const { match, state } = view;
        this.#root.hidden = match === null;
        this.#board.hidden = !state;
        if (match === null)
            return;
        if (state)
            this.#renderBoard(view);
        this.#timeline.render(view);
    }

    #renderBoard({ match, state, entries }) {
        const { home, away, score, clock } = this.#parts;
        this.#board.dataset.match = match;
        this.#board.dataset.status = state.status;
        setText(home, state.home);
        setText(away, state.away);
        setText(clock, clockOf(state, entries));
        showScore(score, state);
    }
}

function newBoard() {
    return {
        home: written('p.name.home'),
        score: element('p.score'),
        away: written('p.name.away'),
        clock: element('p.clock'),
    };
}

function showScore(node, state) {
    const score = scoreOf(state);
    const hasChanged = node.dataset.match === String(state.match) && node.textContent !== score;
    setAttributes(node, { 'data-match': state.match, 'data-unknown': score ? null : '' });
    setText(node, score || 'v');
    if (score && hasChanged)
        flash(node);
}

/* Takes the class away and back, so that a second goal flashes as the first did. */
function flash(node) {
    node.classList.remove('flash');
    requestAnimationFrame(() => node.classList.add('flash'));
}
