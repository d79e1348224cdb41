/*
 * Which matches the lobby shows, in which order, and under which headings. Pure.
 */

import { dayOf } from '../words/words.js';

export const GROUPS = [
    { name: 'in-play', title: 'In play', statuses: ['live', 'paused'], order: newestFirst, hasDays: false },
    { name: 'to-come', title: 'To come', statuses: ['scheduled', 'postponed'], order: soonestFirst, hasDays: true },
    { name: 'over', title: 'Over', statuses: ['finished', 'abandoned', 'cancelled'], order: latestFirst, hasDays: true },
];

export function isOverStatus(status) {
    return GROUPS.at(-1).statuses.includes(status);
}

/* The filters in the address: ?status=live&competition=Coast+Cup&q=rovers */
export function filtersIn(fields) {
    return {
        statuses: (fields.get('status') ?? '').split(',').filter(Boolean),
        competition: fields.get('competition') ?? '',
        words: wordsIn(fields.get('q') ?? ''),
    };
}

/* The words of a search, without accents and capitals: 'urun' finds 'Ürün'. */
export function wordsIn(text) {
    return plain(text).split(/\s+/).filter(Boolean);
}

export function isWanted(state, { statuses, competition, words }) {
    return (statuses.length === 0 || statuses.includes(state.status))
        && (competition === '' || plain(state.competition) === plain(competition))
        && (words.length === 0 || hasWords(state, words));
}

/*
 * The matches of one group, at most `limit`, or up to half as many more if the rest then fits; with
 * a heading before each day and competition: { rows, count, isWhole }. A row is [key, item]: a state,
 * or a heading { day, competition }. count: of all matches in the group; isWhole: rows has all of them.
 */
export function rowsOfGroup(group, states, filters, limit, now = new Date()) {
    const members = states.filter((state) => group.statuses.includes(state.status) && isWanted(state, filters));
    const today = now.toDateString();
    const sorted = members.map((state) => ({ state, day: group.hasDays ? dayIn(state, now, today) : '' }));
    sorted.sort((a, b) => group.order(a.state, b.state));
    const isWhole = members.length <= limit * 1.5;
    return { rows: withHeadings(gathered(sorted).slice(0, isWhole ? members.length : limit)), count: members.length, isWhole };
}

/* A cache of the day of each state until midnight, because writing thousands of dates is slow. */
const days = new WeakMap();

function dayIn(state, now, today) {
    const kept = days.get(state);
    if (kept?.today === today)
        return kept.day;
    const day = dayOf(state.starts_at, now);
    days.set(state, { today, day });
    return day;
}

/* Brings matches of the same day and competition together, at the place of the first of them. */
function gathered(items) {
    const places = new Map();
    for (const item of items) {
        const key = headingKey(item);
        if (!places.has(key))
            places.set(key, []);
        places.get(key).push(item);
    }
    return [...places.values()].flat();
}

function withHeadings(items) {
    const rows = [];
    let last = '';
    for (const item of items) {
        const key = headingKey(item);
        if (key !== last && key !== headingKey({ day: '', state: {} }))
            rows.push([`heading ${key}`, headingFor(key)]);
        last = key;
        rows.push([item.state.match, item.state]);
    }
    return rows;
}

function headingKey({ day, state }) {
    return JSON.stringify([day, state.competition ?? '']);
}

/* The same object each time for the same heading, so that it is not drawn again. */
const headings = new Map();

function headingFor(key) {
    if (headings.size > 1000)
        headings.clear();
    if (!headings.has(key)) {
        const [day, competition] = JSON.parse(key);
        headings.set(key, { day, competition });
    }
    return headings.get(key);
}

function hasWords(state, words) {
    const text = plain([state.home, state.away, state.home_short, state.away_short, state.title,
        state.competition].filter(Boolean).join(' '));
    return words.every((word) => text.includes(word));
}

/* Letters that Unicode does not decompose, as people write them on other keyboards; and the apostrophe of phones. */
const PLAIN = { ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ß: 'ss', æ: 'ae', œ: 'oe', ı: 'i', ħ: 'h', ς: 'σ', '’': "'", '‘': "'" };
const SPECIAL = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'g');

function plain(text) {
    return String(text ?? '').normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
        .replace(SPECIAL, (letter) => PLAIN[letter]).trim();
}

function newestFirst(a, b) {
    return b.match - a.match;
}

function soonestFirst(a, b) {
    return compare(startOf(a, '~'), startOf(b, '~')) || a.match - b.match;
}

function latestFirst(a, b) {
    return compare(startOf(b, ''), startOf(a, '')) || b.match - a.match;
}

/* Compares by code, because localeCompare() puts '~' before the digits. */
function compare(a, b) {
    return a < b ? -1 : Number(a > b);
}

/* As ISO 8601 in UTC, whose order as text is the order of time. */
function startOf({ starts_at: at }, unknown) {
    return typeof at === 'string' ? at : unknown;
}
