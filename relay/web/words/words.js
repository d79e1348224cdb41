/*
 * What the page says in words: minutes, kinds, periods, states. Pure, so that
 * it can be tested without a browser.
 */

import { isBreak, periodName, rulesOf } from '../model/sports.js';
import { locale, say, sayMany } from './language.js';
import { serverNow } from './server-time.js';

const CONNECTION = {
    connecting: 'Connecting',
    live: 'Connected',
    stale: 'Delayed',
    offline: 'No connection',
    away: 'No network',                 /* says the browser */
    closed: 'Waiting for a token',      /* the page closes it for nothing else */
};

/* Why the form for a token is there. */
const TOKEN = {
    none: 'The matches here are for viewers with a token. Paste yours to watch.',
    checking: 'Checking your token',
    malformed: 'This does not look like a token. Was all of it copied?',
    unauthorised: 'The relay does not accept this token. Was all of it copied?',
    expired: 'Your token has expired. Paste a new one to go on watching.',
    expiring: 'Your token is about to expire. Paste a new one to go on without a break.',
    forbidden: 'This token is good, but it covers no match. Paste another one to watch.',
    another: 'Paste a token that covers what you would like to watch.',
};

const OVER = new Set(['finished', 'abandoned', 'cancelled']);

/* Control characters, separators of lines, and what embeds, overrides or isolates a direction. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+/gu;

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/* Characters of a name in the title. */
const MAX_LINE = 60;

/* What the entry says of the time: its clock (19.4 ov), or 90+3' of its minute, or ''. */
export function minuteOf({ clock, minute, stoppage }) {
    if (clock)
        return clock;
    if (!isKnown(minute))
        return '';
    return stoppage ? `${minute}+${stoppage}'` : `${minute}'`;
}

/* free_kick makes Free kick; a kind that nobody has thought of reads just as well. */
export function kindOf({ kind }, sport) {
    const { kinds } = rulesOf(sport);
    const name = kind || 'comment';

    return say(Object.hasOwn(kinds, name) ? kinds[name] : sentence(name.replaceAll('_', ' ')));
}

/* Why the filter for key events shows none: there may be some before the lines that are held. */
export function noKeyEventsIn({ state, isWhole }) {
    return isWhole && !isOver(state) ? say('No key events yet.') : say('No key events among these lines.');
}

/* Is it known that no more comes? */
export function isOver(state) {
    return OVER.has(state?.status);
}

/* The part of the match that an entry belongs to: its phase, or the name of its period; or ''. */
export function phaseOf({ phase, period }, sport) {
    return phase || (isKnown(period) ? periodName(sport, period, say) : '');
}

/* 'home', 'away' or '': which side's entry it is. */
export function sideOf({ team }, state) {
    if (!team || !state)
        return '';
    if (team === state.home || team === state.home_short)
        return 'home';
    return team === state.away || team === state.away_short ? 'away' : '';
}

/* The score of one side: as its sport says it, else the number, else ''. */
export function sideScoreOf(state, side) {
    const score = state[`${side}_display`] ?? state[`${side}_score`];

    return isKnown(score) ? String(score) : '';
}

/* 3 – 2; '' as long as neither side has a score. */
export function scoreOf(state) {
    const home = sideScoreOf(state, 'home'), away = sideScoreOf(state, 'away');

    return home || away ? `${home || '–'} – ${away || '–'}` : '';
}

/* Does the match have two sides, rather than a field of many? */
export function hasSides({ home, away }) {
    return Boolean(home || away);
}

/* 'Scheduled', or when it starts, where that is known. */
export function statusOf(state, now = serverNow()) {
    if (state.status === 'scheduled' && state.starts_at)
        return startOf(new Date(state.starts_at), now);
    return say(rulesOf(state.sport).status[state.status] ?? sentence(state.status));
}

/* A status as a choice of matches, whatever their sport: 'Live'; one that is not known, as it is. */
export function statusNameOf(status) {
    const { status: names } = rulesOf('');

    return Object.hasOwn(names, status) ? say(names[status]) : status;
}

/*
 * Where the match stands: what its scoreboard's clock says, else its minute or the name
 * of its period while it is live, and the name of the break while it is paused.
 * entries: in the order shown (order.js), so that a late line does not turn it back.
 */
export function clockOf(state, entries) {
    const isInPlay = state.status === 'live' || state.status === 'paused';

    if (isInPlay && state.clock)
        return state.clock;
    if (state.status === 'live')
        return liveClock(state, entries.findLast((entry) => !entry.retracted && tellsTime(entry)));
    const lastBreak = state.status === 'paused'
        && entries.findLast((entry) => !entry.retracted && isBreak(entry, state.sport));
    return lastBreak ? kindOf(lastBreak, state.sport) : statusOf(state);
}

/* One line for a screen reader. */
export function spokenOf(entry, sport) {
    const kind = entry.kind && entry.kind !== 'comment' ? `${kindOf(entry, sport)}.` : '';
    const correction = entry.retracted ? `${say('Withdrawn')}.` : entry.amended ? `${say('Correction')}.` : '';
    const reason = entry.retracted && entry.reason ? `(${entry.reason})` : '';
    const headline = entry.headline ? `${entry.headline}.` : '';
    const late = entry.late ? `${say('Late entry')}.` : '';
    return [correction, late, minuteOf(entry), kind, headline, entry.message, reason].filter(Boolean).join(' ');
}

/* What the match is called, for a title: Rovers 2 – 1 City, or its title. */
export function titleOf(state) {
    if (!hasSides(state))
        return lineOf(state.title);
    return `${lineOf(state.home)} ${scoreOf(state) || '–'} ${lineOf(state.away)}`;
}

/*
 * A name where there is no markup to keep it in its place, as in the title: one short line,
 * without what would turn round the rest, and in isolation where it runs from right to left.
 */
export function lineOf(text) {
    const line = [...String(text ?? '').replace(CONTROLS, ' ').trim()];
    const short = line.length > MAX_LINE ? [...line.slice(0, MAX_LINE - 1), '…'] : line;
    return RIGHT_TO_LEFT.test(short.join('')) ? `\u2068${short.join('')}\u2069` : short.join('');
}

/*
 * How long ago, as long as that says more than the time: 'now', '5 min', then 21:42, and
 * with its day when that is another one. '' for what is no date.
 */
export function ageOf(at, now = serverNow()) {
    const date = new Date(at ?? NaN);
    const minutes = Math.floor((now - date) / 60000);
    if (Number.isNaN(minutes))
        return '';
    if (minutes < 1)
        return say('now');
    return minutes < 60 ? sayMany('{n} min', minutes) : startOf(date, now);
}

/* The day of a match: 'Today', or Sat 28 Nov, with its year when that is another one; '' if unknown. */
export function dayOf(at, now = serverNow()) {
    const date = new Date(at ?? NaN);
    if (Number.isNaN(date.getTime()))
        return '';
    if (date.toDateString() === now.toDateString())
        return say('Today');
    const year = date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' };
    return date.toLocaleDateString(locale(), { weekday: 'short', day: 'numeric', month: 'short', ...year });
}

/* When a match begins: 'Starts: 20:45', with its day when that is another one; '' if unknown. */
export function startsIn(at, now = serverNow()) {
    const date = new Date(at ?? NaN);
    return Number.isNaN(date.getTime()) ? '' : say('Starts: {time}', { time: startOf(date, now) });
}

/* Day and time, to the second. */
export function momentOf(at) {
    return new Date(at).toLocaleString(locale());
}

export function connectionOf(state) {
    return say(CONNECTION[state]);
}

export function tokenWordsOf(reason) {
    return say(TOKEN[reason]);
}

/* What more there is to say of it, to a fan. */
export function explanationOf({ state }) {
    return state === 'stale' ? say('New lines are late. None will be lost.') : '';
}

function liveClock(state, newest = {}) {
    const { clock, status } = rulesOf(state.sport);

    if (newest.clock || (clock === 'minute' && isKnown(newest.minute)))
        return minuteOf(newest);
    const isFirst = newest.period === 1 && clock === 'minute';
    return (!isFirst && phaseOf(newest, state.sport)) || say(status.live);
}

/* A cleared member is null, an absent one undefined. */
function isKnown(value) {
    return value !== undefined && value !== null;
}

/* A comment without a time does not take the clock away. */
function tellsTime({ clock, minute, period, phase }) {
    return Boolean(clock || phase) || isKnown(minute) || isKnown(period);
}

function startOf(date, now) {
    const time = date.toLocaleTimeString(locale(), { timeStyle: 'short' });
    if (date.toDateString() === now.toDateString())
        return time;
    const year = date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' };
    return `${date.toLocaleDateString(locale(), { day: 'numeric', month: 'short', ...year })}, ${time}`;
}

function sentence(words) {
    return words.charAt(0).toUpperCase() + words.slice(1);
}
