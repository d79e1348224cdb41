/* Older lines of a match, read backwards over plain HTTP: see PROTOCOL.md, `before`. */

import { CommentaryError } from './errors.js';

/*
 * The newest `limit` lines before the seq `before`, and all that stands between them, as the
 * relay sent it: { epoch, head, entries, isWhole }. isWhole: nothing is before them. Rejects
 * with a CommentaryError, or with what fetch rejects with, after answerMs at the latest.
 */
export async function readOlder(base, match, { before, limit, token, fetch, answerMs, signal }) {
    const stopper = new AbortController();
    const stop = () => stopper.abort(signal?.reason);
    const timer = setTimeout(() => stopper.abort(new CommentaryError('http', 'no answer', match)), answerMs);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted)
        stop();
    try {
        const answer = await fetch(`${base}/matches/${match}/commentary?before=${before}&limit=${limit}`, {
            headers: token ? { Authorization: `Bearer ${token}` } : {}, signal: stopper.signal });
        const document = await answer.json();
        if (answer.status !== 200)
            throw new CommentaryError(document.code ?? 'http', document.message ?? `HTTP ${answer.status}`, match);
        const { epoch, head, entries } = document;
        return { epoch, head, entries, isWhole: entries.length === 0 || entries[0].seq === 1 };
    } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
    }
}
