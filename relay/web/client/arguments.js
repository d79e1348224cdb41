/*
 * Checks of the arguments of the client. A wrong argument throws at once, in the call that has it,
 * because the relay's error would come later and say less.
 */

export const LOBBY = 'lobby';
export const MAX_HISTORY = 500;

/* The most matches in a page of matches(). */
const MAX_LISTED = 100;

/* Returns the match, or throws a TypeError that says what to pass. */
export function checkMatch(match) {
    if (match === LOBBY || (Number.isSafeInteger(match) && match >= 1))
        return match;
    throw new TypeError(`a match is a whole number from 1 to 2 ** 53 - 1, or '${LOBBY}',`
        + ` and not ${described(match)}${isNumberInDisguise(match)
            ? `: pass Number(${shown(match)})` : ''}`);
}

function isNumberInDisguise(match) {
    return (typeof match === 'string' || typeof match === 'bigint')
        && Number.isSafeInteger(Number(match)) && Number(match) >= 1;
}

/* Returns how many lines of history to ask for: at most as many as the relay gives. */
export function checkHistory(history) {
    if (Number.isSafeInteger(history) && history >= 0)
        return Math.min(history, MAX_HISTORY);
    throw new TypeError(`history is a whole number from 0 to ${MAX_HISTORY},`
        + ` and not ${described(history)}`);
}

/* before: the seq of an entry. */
export function checkBefore(before) {
    if (!Number.isSafeInteger(before) || before < 1)
        throw new TypeError(`before is the seq of the oldest entry that you have, from 1, and not ${described(before)}`);
}

/* Which matches to list; status becomes an array, or stays undefined. */
export function checkListing({ before, status, competition, limit }) {
    if (before !== undefined && (!Number.isSafeInteger(before) || before < 1))
        throw new TypeError(`before is the number of a match, from 1, and not ${described(before)}`);
    if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LISTED))
        throw new TypeError(`limit is a whole number from 1 to ${MAX_LISTED}, and not ${described(limit)}`);
    if (competition !== undefined && (typeof competition !== 'string' || competition === ''))
        throw new TypeError(`competition is the name of one, and not ${described(competition)}`);
    const statuses = typeof status === 'string' ? [status] : status;
    if (statuses !== undefined && !(Array.isArray(statuses) && statuses.length > 0
        && statuses.every((one) => typeof one === 'string' && one !== '')))
        throw new TypeError(`status is one, as 'finished', or an array of such, and not ${described(status)}`);
    return { before, status: statuses, competition, limit };
}

/* Returns the place to resume from, or null for a fresh start. position() without a seq means a fresh start, too. */
export function checkSince(since) {
    if (since === null || (typeof since === 'object' && since.seq === null))
        return null;
    const { epoch, seq } = Object(since);
    if (typeof epoch === 'string' && epoch.length >= 1 && epoch.length <= 64
        && Number.isSafeInteger(seq) && seq >= 0)
        return { epoch, seq };
    throw new TypeError('since is { epoch, seq }, as position() gave it, or null,'
        + ` and not ${described(since)}`);
}

function described(value) {
    if (typeof value === 'object' && value !== null)
        return Array.isArray(value) ? 'an array' : 'an object';
    if (typeof value === 'function' || typeof value === 'symbol')
        return `a ${typeof value}`;
    return typeof value === 'string' || typeof value === 'bigint'
        ? `the ${typeof value} ${shown(value)}` : String(value);
}

function shown(value) {
    if (typeof value === 'bigint')
        return `${value}n`;
    const text = String(value);
    return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
