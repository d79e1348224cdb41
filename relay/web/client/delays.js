/* How long to wait: after a close, and for another token. */

/*
 * Close codes that mean "mend the client" or "too many": trying again soon
 * would only be refused again, so these wait in the widest window.
 */
const PATIENT_CODES = new Set([1002, 1003, 1007, 1009, 4400, 4401, 4403, 4429]);

/* A timer of browsers cannot wait longer; a token that is good for longer is renewed sooner. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function isPatient(code) {
    return PATIENT_CODES.has(code);
}

/* A minute before it expires, or a fifth of its time if that is less; never without a pause. */
export function renewIn(expiresInMs) {
    const inMs = expiresInMs - Math.min(60000, expiresInMs / 5);
    return Math.max(1000, Math.min(inMs, MAX_TIMER_MS));
}
