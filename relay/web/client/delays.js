/* How long to wait before the next attempt, and before asking for the next token. */

/*
 * Close codes that mean "the client is wrong" or "too many". The relay would refuse another
 * attempt as well, so the client waits for the longest time.
 */
const PATIENT_CODES = new Set([1002, 1003, 1007, 1009, 4400, 4401, 4403, 4429]);

/* The longest timer of browsers. A token that is valid for longer is renewed after this time. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function isPatient(code) {
    return PATIENT_CODES.has(code);
}

/* Renew a token a minute before it expires, or a fifth of its time if that is less; at least 1 s from now. */
export function renewIn(expiresInMs) {
    const inMs = expiresInMs - Math.min(60000, expiresInMs / 5);
    return Math.max(1000, Math.min(inMs, MAX_TIMER_MS));
}
