/* What goes wrong, as values: `code` is one of PROTOCOL.md, or one of those of this client. */

/* Of this client: 'closed', 'unsubscribed', 'token', 'overflow', 'http', 'rewritten', 'unsupported'. */
export class CommentaryError extends Error {
    constructor(code, message, match = undefined) {
        super(message || code);
        this.name = 'CommentaryError';
        this.code = code;
        this.match = match;
    }
}

/* What a signal aborts with. */
export function aborted(signal) {
    return signal.reason ?? new DOMException('this was aborted', 'AbortError');
}
