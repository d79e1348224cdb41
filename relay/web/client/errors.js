/* Errors, with a `code`: one of PROTOCOL.md, or one of the client's own. */

/* The client's own codes: 'closed', 'unsubscribed', 'token', 'overflow', 'http', 'rewritten', 'unsupported'. */
export class CommentaryError extends Error {
    constructor(code, message, match = undefined) {
        super(message || code);
        this.name = 'CommentaryError';
        this.code = code;
        this.match = match;
    }
}

/* The reason of an aborted signal. */
export function aborted(signal) {
    return signal.reason ?? new DOMException('this was aborted', 'AbortError');
}
