/* The leaderboard of a race: rank, name, value and note, as texts of its sport. */

import { say, sayMany } from '../../words/language.js';
import { element, written } from '../dom.js';

/* How many rows are shown at first; a button shows the others. */
const SHOWN = 10;

export class LeaderboardView {
    #root;
    #body = element('tbody');
    #more = element('button.more', { type: 'button' });
    #rows = [];
    #drawn = '[]';
    #isWhole = false;

    constructor(root) {
        this.#root = root;
        root.append(element('table', { 'aria-label': say('Leaderboard') }, this.#body), this.#more);
        this.#more.addEventListener('click', () => this.#toggle());
    }

    /* leaderboard: [{ rank, name, value, note }, …], or undefined. Returns whether there is one. */
    render(leaderboard) {
        const rows = Array.isArray(leaderboard) ? leaderboard : [];
        const text = JSON.stringify(rows);
        if (text !== this.#drawn) {
            this.#drawn = text;
            this.#rows = rows;
            this.#draw();
        }
        return rows.length > 0;
    }

    #toggle() {
        this.#isWhole = !this.#isWhole;
        this.#draw();
    }

    #draw() {
        const shown = this.#isWhole ? this.#rows : this.#rows.slice(0, SHOWN);
        this.#body.replaceChildren(...shown.map(leaderboardRow));
        this.#more.hidden = this.#rows.length <= SHOWN;
        this.#more.textContent = this.#isWhole ? say('Show fewer')
            : sayMany('Show all {n}', this.#rows.length);
    }
}

function leaderboardRow({ rank, name, value, note }) {
    return element('tr', written('td.rank', rank),
        element('th', { scope: 'row' }, written('span.name', name), ' ',
            note === undefined || note === null ? null : written('span.note', note)),
        written('td.value', value));
}
