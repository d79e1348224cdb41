/*
 * What else is known of a match, from the well-known keys of its metadata: statistics,
 * line-ups, venue, officials and weather. A key that is absent, or that holds something
 * else than it should, is left out; others wrote it.
 */

import { element, written } from './dom.js';
import { say } from './language.js';

/* Of each list; more would be a mistake. */
const MAX_ROWS = 60;

export class DetailsView {
    #root;
    #drawn = null;

    constructor(root) {
        this.#root = root;
    }

    render({ metadata, home, away }) {
        const text = JSON.stringify([metadata, home, away]);
        if (text === this.#drawn)
            return;
        this.#drawn = text;
        const parts = partsOf(metadata ?? {}, home, away);
        this.#root.hidden = parts.length === 0;
        this.#root.replaceChildren(...parts);
    }
}

function partsOf(metadata, home, away) {
    return [
        statistics(listOf(metadata.statistics), home, away),
        lineups(metadata.lineups, home, away),
        facts(metadata),
    ].filter(Boolean);
}

function statistics(rows, home, away) {
    const good = rows.filter(({ name }) => isText(name));
    return good.length === 0 ? null : folded('Statistics', element('table.statistics',
        element('thead', element('tr', written('th', home ?? say('Home')), element('td'),
            written('th', away ?? say('Away')))),
        element('tbody', ...good.map((row) => element('tr', written('td', row.home),
            element('th', { scope: 'row' }, written('span', row.name)), written('td', row.away))))));
}

function lineups(both, home, away) {
    const sides = [[home, listOf(both?.home)], [away, listOf(both?.away)]]
        .filter(([, players]) => players.length > 0);
    return sides.length === 0 ? null : folded('Line-ups', element('div.lineups',
        ...sides.map(([name, players]) => element('section', written('h3', name),
            element('ul', ...players.map(player))))));
}

function player(one) {
    if (isText(one))
        return written('li', one);
    return element('li', written('span.number', one.number), ' ', written('span.name', one.name),
        ' ', written('span.position', one.position));
}

function facts({ venue, officials, weather }) {
    const rows = [
        [say('Venue'), isText(venue) ? venue : [venue?.name, venue?.city].filter(isText).join(', ')],
        ...listOf(officials).map((one) => [one.role ?? 'Official', one.name]),
        [say('Weather'), weather],
    ].filter(([name, value]) => isText(name) && isText(value));
    return rows.length === 0 ? null : folded('About the match', element('dl',
        ...rows.flatMap(([name, value]) => [written('dt', name), written('dd', value)])));
}

function folded(title, content) {
    return element('details', element('summary', say(title)), content);
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
