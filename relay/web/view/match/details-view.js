/*
 * More about a match, from the well-known keys of its metadata: statistics, line-ups, venue,
 * officials and weather. Others wrote the metadata, so a key that is absent or has a value of
 * the wrong type is left out.
 */

import { say } from '../../words/language.js';
import { element, written } from '../dom.js';

/* The most rows of each list. */
const MAX_ROWS = 60;

/* Values that can be compared. 4-4-2 and 12:31 cannot. */
const AMOUNT = /^\d{1,15}(\.\d+)?\s*%?$/;

/* The content of each panel. */
const PARTS = {
    statistics: ({ metadata, home, away }) => statistics(listOf(metadata?.statistics), home, away),
    lineups: ({ metadata, home, away }) => lineups(metadata?.lineups, home, away),
    about: ({ metadata }) => facts(metadata ?? {}),
};

export class DetailsView {
    #panels;
    #drawn = null;
    #there = [];

    /* panels: the elements { statistics, lineups, about }. */
    constructor(panels) {
        this.#panels = panels;
    }

    /* Returns the names of the panels that have something to show. */
    render({ metadata, home, away }) {
        const text = JSON.stringify([metadata, home, away]);
        if (text === this.#drawn)
            return this.#there;
        this.#drawn = text;
        this.#there = Object.keys(PARTS).filter((name) => {
            const part = PARTS[name]({ metadata, home, away });
            this.#panels[name].replaceChildren(...part ? [part] : []);
            return part;
        });
        return this.#there;
    }
}

function statistics(rows, home, away) {
    const good = rows.filter(({ name }) => isText(name));
    return good.length === 0 ? null : element('table.statistics',
        element('thead', element('tr', written('th', home ?? say('Home')), element('td'),
            written('th', away ?? say('Away')))),
        element('tbody', ...good.map(statistic)));
}

/* Two numbers get a bar below them, which shows the share of each side. */
function statistic({ name, home, away }) {
    const share = shareOf(home, away);
    const title = element('th', { scope: 'row' }, written('span.name', name));
    if (share !== null) {
        const bar = element('span.balance', { 'aria-hidden': 'true' });
        bar.style.setProperty('--share', share);
        title.append(bar);
    }
    return element('tr', written('td', home), title, written('td', away));
}

/* The share of the home side: 0.57 for '57 %' and '43 %'; null if the values cannot be compared. */
export function shareOf(home, away) {
    const [one, other] = [home, away].map((value) => (AMOUNT.test(value) ? Number.parseFloat(value) : NaN));
    return one + other > 0 ? one / (one + other) : null;
}

function lineups(both, home, away) {
    const sides = [[home, listOf(both?.home)], [away, listOf(both?.away)]]
        .filter(([, players]) => players.length > 0);
    return sides.length === 0 ? null : element('div.lineups',
        ...sides.map(([name, players]) => element('section', written('h3', name),
            element('ul', ...players.map(player)))));
}

function player(one) {
    if (isText(one))
        return written('li', one);
    return element('li', written('span.number', one.number), written('span.name', one.name),
        ' ', written('span.position', one.position));
}

function facts({ venue, officials, weather }) {
    const rows = [
        [say('Venue'), isText(venue) ? venue : [venue?.name, venue?.city].filter(isText).join(', ')],
        ...listOf(officials).map((one) => [one.role ?? say('Official'), one.name]),
        [say('Weather'), weather],
    ].filter(([name, value]) => isText(name) && isText(value));
    return rows.length === 0 ? null : element('dl',
        ...rows.flatMap(([name, value]) => [written('dt', name), written('dd', value)]));
}

function listOf(value) {
    return Array.isArray(value)
        ? value.filter((one) => one !== null && ['object', 'string'].includes(typeof one))
            .slice(0, MAX_ROWS)
        : [];
}

function isText(value) {
    return (typeof value === 'string' && value !== '') || typeof value === 'number';
}
