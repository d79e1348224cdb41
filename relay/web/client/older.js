/*
 * Reads older lines of a match, and older matches, over plain HTTP. See `before` in PROTOCOL.md.
 */

import { CommentaryError } from './errors.js';

/*
 * The newest `limit` lines before the seq `before`, and all other entries between them, as the
 * relay sent them: { epoch, head, entries, isWhole }. isWhole: there are no entries before these.
 * Rejects with a CommentaryError or an error of fetch, after answerMs at the latest.
 */
export async function readOlder(base, match, { before, limit, ...how }) {
    const { epoch, head, entries } = await readDocument(
        `${base}/matches/${match}/commentary?before=${before}&limit=${limit}`, match, how);
    return { epoch, head, entries, isWhole: entries.length === 0 || entries[0].seq === 1 };
}

/*
 * The newest `limit` matches with a smaller number than `before`: { matches, next }; next is the
 * `before` of the next page, or null. A relay of a version before 1.2 does not know such pages, and
 * answers with its scoreboard.
 */
export async function readMatches(base, { before, status, competition, limit }, how) {
    const fields = Object.entries({ before, status: status?.join(), competition, limit })
        .filter(([, value]) => value !== undefined);
    const { matches, next } = await readDocument(`${base}/matches?${new URLSearchParams(fields)}`, undefined, how);
    if (!Array.isArray(matches))
        throw new CommentaryError('unsupported', 'this relay lists no other matches than those of its scoreboard');
    return { matches, next: next ?? null };
}

/* An answer that is not a JSON document comes from a proxy, or is the page of a login. */
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
