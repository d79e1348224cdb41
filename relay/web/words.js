/*
 * What the page says in words: minutes, kinds, periods, states. Pure, so that
 * it can be tested without a browser.
 */

const STATUS = { scheduled: 'Scheduled', live: 'Live', paused: 'Break', finished: 'Full time',
    abandoned: 'Abandoned' };

const FOOTBALL_PERIODS = { 1: 'First half', 2: 'Second half', 3: 'Extra time, first half',
    4: 'Extra time, second half', 5: 'Penalty shoot-out' };

const CONNECTION = {
    connecting: 'Connecting',
    live: 'Live',
    stale: 'Database away',
    offline: 'Offline',
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

/* The kinds that divide a match rather than tell of it. */
const BREAKS = new Set(['kick_off', 'half_time', 'full_time', 'end_of_period', 'start_of_period']);

const GOALS = new Set(['goal', 'own_goal', 'penalty_goal']);

const KINDS = new Map([['var', 'VAR']]);

/* Control characters, separators of lines, and what embeds, overrides or isolates a direction. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+/gu;

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/* Characters of a name in the title. */
const MAX_LINE = 60;

/* 90 and 3 make 90+3'; nothing is known: ''. */
export function minuteOf({ minute, stoppage }) {
    if (minute === undefined)
        return '';
    return stoppage ? `${minute}+${stoppage}'` : `${minute}'`;
}

/* free_kick makes Free kick; a kind that nobody has thought of reads just as well. */
export function kindOf({ kind = 'comment' }) {
    return KINDS.get(kind) ?? sentence(kind.replaceAll('_', ' '));
}

export function isBreak(entry) {
    return BREAKS.has(entry.kind);
}

export function isGoal(entry) {
    return GOALS.has(entry.kind);
}

export function periodOf(sport, period) {
    return (sport === 'football' && FOOTBALL_PERIODS[period]) || `Period ${period}`;
}

/* 'home', 'away' or '': whose entry it is. */
export function sideOf({ team }, state) {
    if (!team || !state)
        return '';
    return team === state.home ? 'home' : team === state.away ? 'away' : '';
}

export function scoreOf({ home_score: home, away_score: away }) {
    return home === undefined || away === undefined ? '' : `${home} – ${away}`;
}

/* 'Scheduled', or when it starts, where that is known. */
export function statusOf(state, now = new Date()) {
    if (state.status === 'scheduled' && state.starts_at)
        return startOf(new Date(state.starts_at), now);
    return STATUS[state.status] ?? sentence(state.status);
}

/*
 * Where the match stands: its minute while it is live, the name of the break
 * while it is paused. entries: oldest first.
 */
export function clockOf(state, entries) {
    if (state.status === 'live')
        return liveClock(state, entries.at(-1));
    const lastBreak = state.status === 'paused' && entries.findLast(isBreak);
    return lastBreak ? kindOf(lastBreak) : statusOf(state);
}

/* One line for a screen reader. */
export function spokenOf(entry) {
    const kind = entry.kind && entry.kind !== 'comment' ? `${kindOf(entry)}.` : '';
    const correction = entry.amended ? 'Correction.' : '';
    return [correction, minuteOf(entry), kind, entry.message].filter(Boolean).join(' ');
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

export function connectionOf(state) {
    return CONNECTION[state];
}

export function tokenWordsOf(reason) {
    return TOKEN[reason];
}

/* What more there is to say of it. */
export function explanationOf({ state, reason = '' }) {
    return state === 'stale' ? 'Entries may be late; none will be lost.' : reason;
}

function liveClock(state, newest) {
    if (newest?.minute !== undefined)
        return minuteOf(newest);
    return newest?.period > 1 ? periodOf(state.sport, newest.period) : STATUS.live;
}

function startOf(date, now) {
    const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    if (date.toDateString() === now.toDateString())
        return time;
    return `${date.toLocaleDateString([], { day: 'numeric', month: 'short' })}, ${time}`;
}

function sentence(words) {
    return words.charAt(0).toUpperCase() + words.slice(1);
}
