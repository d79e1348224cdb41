/*
 * The list of matches as it is shown: which of them, in which order, under which headings.
 * Pure.
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

/* What the address may ask for: ?status=live&competition=Coast+Cup&q=rovers */
export function filtersIn(fields) {
    return {
        statuses: (fields.get('status') ?? '').split(',').filter(Boolean),
        competition: fields.get('competition') ?? '',
        words: wordsIn(fields.get('q') ?? ''),
    };
}

/* Words to look for, however they are written: Ürün is found by urun. */
export function wordsIn(text) {
    return plain(text).split(/\s+/).filter(Boolean);
}

export function isWanted(state, { statuses, competition, words }) {
    return (statuses.length === 0 || statuses.includes(state.status))
        && (competition === '' || plain(state.competition) === plain(competition))
        && (words.length === 0 || hasWords(state, words));
}

/*
 * The matches of one group, at most so many, or half as many again if these are all; with a
 * heading before those of each day and competition: { rows, count, isWhole }. A row is
 * [key, item]: a state, or a heading { day, competition }. count: of all; isWhole: all are there.
 */
export function rowsOfGroup(group, states, filters, limit, now = new Date()) {
    const members = states.filter((state) => group.statuses.includes(state.status) && isWanted(state, filters));
    const today = now.toDateString();
    const sorted = members.map((state) => ({ state, day: group.hasDays ? dayIn(state, now, today) : '' }));
    sorted.sort((a, b) => group.order(a.state, b.state));
    const isWhole = members.length <= limit * 1.5;
    return { rows: withHeadings(gathered(sorted).slice(0, isWhole ? members.length : limit)), count: members.length, isWhole };
}

/* A date is slow to write, and there may be thousands: a state keeps its day until midnight. */
const days = new WeakMap();

function dayIn(state, now, today) {
    const kept = days.get(state);
    if (kept?.today === today)
        return kept.day;
    const day = dayOf(state.starts_at, now);
    days.set(state, { today, day });
    return day;
}

/* Matches of one day and competition stand together, where the first of them stands. */
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

/* One object for each heading, so that it is not drawn anew. */
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

/* Letters that Unicode does not decompose, as people write them whose keyboard lacks them; and a phone's apostrophe. */
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

/* By code: in an alphabet of people, '~' stands before the digits. */
function compare(a, b) {
    return a < b ? -1 : Number(a > b);
}

/* ISO 8601 in UTC, so that texts sort as times do. */
function startOf({ starts_at: at }, unknown) {
    return typeof at === 'string' ? at : unknown;
}
