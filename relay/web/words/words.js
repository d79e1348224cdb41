/*
 * The words for minutes, kinds, periods, states and times. Pure, so that it can be tested
 * without a browser.
 */

import { isBreak, periodName, rulesOf } from '../model/sports.js';
import { locale, say, sayMany } from './language.js';
import { serverNow } from './server-time.js';

const CONNECTION = {
    connecting: 'Connecting',
    live: 'Connected',
    stale: 'Delayed',
    offline: 'No connection',
    away: 'No network',                 /* as the browser says */
    closed: 'Waiting for a token',      /* the page closes the connection for no other reason */
};

/* The reasons why the form for a token is shown. */
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

/* Control characters, line separators, and characters that embed, override or isolate a direction. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+/gu;

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/* The most characters of a name in the title. */
const MAX_LINE = 60;

/* The time of an entry: its clock (19.4 ov), or its minute (90+3'), or ''. */
export function minuteOf({ clock, minute, stoppage }) {
    if (clock)
        return clock;
    if (!isKnown(minute))
        return '';
    return stoppage ? `${minute}+${stoppage}'` : `${minute}'`;
}

/* The name of a kind. An unknown one is made from the kind itself: free_kick is 'Free kick'. */
export function kindOf({ kind }, sport) {
    const { kinds } = rulesOf(sport);
    const name = kind || 'comment';

    return say(Object.hasOwn(kinds, name) ? kinds[name] : sentence(name.replaceAll('_', ' ')));
}

/* The text when the filter for key events shows nothing. If not all lines are held, earlier ones may have key events. */
export function noKeyEventsIn({ state, isWhole }) {
    return isWhole && !isOver(state) ? say('No key events yet.') : say('No key events among these lines.');
}

/* Whether the match has ended, so that no more lines are expected. */
export function isOver(state) {
    return OVER.has(state?.status);
}

/* The part of the match that an entry belongs to: its phase, or the name of its period; or ''. */
export function phaseOf({ phase, period }, sport) {
    return phase || (isKnown(period) ? periodName(sport, period, say) : '');
}

/* The side that the entry belongs to: 'home', 'away' or ''. */
export function sideOf({ team }, state) {
    if (!team || !state)
        return '';
    if (team === state.home || team === state.home_short)
        return 'home';
    return team === state.away || team === state.away_short ? 'away' : '';
}

/* The score of one side: in the words of its sport, or the number, or ''. */
export function sideScoreOf(state, side) {
    const score = state[`${side}_display`] ?? state[`${side}_score`];

    return isKnown(score) ? String(score) : '';
}

/* '3 – 2', or '' if neither side has a score. */
export function scoreOf(state) {
    const home = sideScoreOf(state, 'home'), away = sideScoreOf(state, 'away');

    return home || away ? `${home || '–'} – ${away || '–'}` : '';
}

/* Whether the match has two sides. A race has a field of many. */
export function hasSides({ home, away }) {
    return Boolean(home || away);
}

/* The status in words; of a scheduled match the start, if it is known. */
export function statusOf(state, now = serverNow()) {
    if (state.status === 'scheduled' && state.starts_at)
        return startOf(new Date(state.starts_at), now);
    return say(rulesOf(state.sport).status[state.status] ?? sentence(state.status));
}

/* A status in general words, for a filter of matches of all sports: 'Live'. An unknown status stays as it is. */
export function statusNameOf(status) {
    const { status: names } = rulesOf('');

    return Object.hasOwn(names, status) ? say(names[status]) : status;
}

/*
 * The current time of the match: the clock of its state; without it the minute or the name of the
 * period while it is live, and the name of the break while it is paused. entries: in the order of
 * model/order.js, so that a late line does not set the clock back.
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

/* An entry as one line for a screen reader. */
export function spokenOf(entry, sport) {
    const kind = entry.kind && entry.kind !== 'comment' ? `${kindOf(entry, sport)}.` : '';
    const correction = entry.retracted ? `${say('Withdrawn')}.` : entry.amended ? `${say('Correction')}.` : '';
    const reason = entry.retracted && entry.reason ? `(${entry.reason})` : '';
    const headline = entry.headline ? `${entry.headline}.` : '';
    const late = entry.late ? `${say('Late entry')}.` : '';
    return [correction, late, minuteOf(entry), kind, headline, entry.message, reason].filter(Boolean).join(' ');
}

/* The name of a match for a title: 'Rovers 2 – 1 City', or its own title. */
export function titleOf(state) {
    if (!hasSides(state))
        return lineOf(state.title);
    return `${lineOf(state.home)} ${scoreOf(state) || '–'} ${lineOf(state.away)}`;
}

/*
 * A name for a place without markup, such as the title of the page: one short line. Characters that
 * would change the direction of other text are removed, and text from right to left is isolated.
 */
export function lineOf(text) {
    const line = [...String(text ?? '').replace(CONTROLS, ' ').trim()];
    const short = line.length > MAX_LINE ? [...line.slice(0, MAX_LINE - 1), '…'] : line;
    return RIGHT_TO_LEFT.test(short.join('')) ? `\u2068${short.join('')}\u2069` : short.join('');
}

/*
 * How long ago: 'now' or '5 min'; after an hour the time, 21:42, with the day if it is not today. ''
 * if `at` is not a date.
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

/* The day of a match: 'Today', or 'Sat 28 Nov', with the year if it is not this one; '' if unknown. */
export function dayOf(at, now = serverNow()) {
    const date = new Date(at ?? NaN);
    if (Number.isNaN(date.getTime()))
        return '';
    if (date.toDateString() === now.toDateString())
        return say('Today');
    const year = date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' };
    return date.toLocaleDateString(locale(), { weekday: 'short', day: 'numeric', month: 'short', ...year });
}

/* When a match begins: 'Starts: 20:45', with the day if it is not today; '' if unknown. */
export function startsIn(at, now = serverNow()) {
    const date = new Date(at ?? NaN);
    return Number.isNaN(date.getTime()) ? '' : say('Starts: {time}', { time: startOf(date, now) });
}

/* Day and time, with seconds. */
export function momentOf(at) {
    return new Date(at).toLocaleString(locale());
}

export function connectionOf(state) {
    return say(CONNECTION[state]);
}

export function tokenWordsOf(reason) {
    return say(TOKEN[reason]);
}

/* A longer explanation of the state, for fans; or ''. */
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

/* A member that was cleared is null, one that is absent is undefined. */
function isKnown(value) {
    return value !== undefined && value !== null;
}

/* Entries without a time are skipped, so that they do not clear the clock. */
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
