/*
 * What is read backwards over plain HTTP: older lines of a match, older matches. See PROTOCOL.md,
 * `before`.
 */

import { CommentaryError } from './errors.js';

/*
 * The newest `limit` lines before the seq `before`, and all that stands between them, as the
 * relay sent it: { epoch, head, entries, isWhole }. isWhole: nothing is before them. Rejects
 * with a CommentaryError, or with what fetch rejects with, after answerMs at the latest.
 */
export async function readOlder(base, match, { before, limit, ...how }) {
    const { epoch, head, entries } = await readDocument(
        `${base}/matches/${match}/commentary?before=${before}&limit=${limit}`, match, how);
    return { epoch, head, entries, isWhole: entries.length === 0 || entries[0].seq === 1 };
}

/*
 * The newest `limit` matches before that number: { matches, next }; next is the `before` of those
 * that are still older, or null. A relay of before 1.2 knows no such pages, and answers with its
 * scoreboard.
 */
export async function readMatches(base, { before, status, competition, limit }, how) {
    const fields = Object.entries({ before, status: status?.join(), competition, limit })
        .filter(([, value]) => value !== undefined);
    const { matches, next } = await readDocument(`${base}/matches?${new URLSearchParams(fields)}`, undefined, how);
    if (!Array.isArray(matches))
        throw new CommentaryError('unsupported', 'this relay lists no other matches than those of its scoreboard');
    return { matches, next: next ?? null };
}

/* An answer that is no document comes from a proxy, or is the page of a login. */
async function readDocument(url, match, { token, fetch, answerMs, signal }) {
    const stopper = new AbortController();
    const stop = () => stopper.abort(signal?.reason);
    const timer = setTimeout(() => stopper.abort(new CommentaryError('http', 'no answer', match)), answerMs);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted)
        stop();
    try {
        const answer = await fetch(url, {
            headers: token ? { Authorization: `Bearer ${token}` } : {}, signal: stopper.signal });
        const document = await answer.json().catch(() => null);
        if (stopper.signal.aborted)
            throw stopper.signal.reason;
        if (answer.status !== 200)
            throw new CommentaryError(document?.code ?? 'http', document?.message ?? `HTTP ${answer.status}`, match);
        if (typeof document !== 'object' || document === null)
            throw new CommentaryError('http', 'no answer of a relay: is the address right?', match);
        return document;
    } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
    }
}
