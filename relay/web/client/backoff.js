/*
 * How long to wait before the next attempt: exponential, with full jitter, so
 * that viewers who were dropped together do not come back together.
 */

/* The client waits at most this long, whatever retry_after_ms says. */
const MAX_RETRY_AFTER_MS = 600000;
/* The relay already gives each viewer another time, so a little jitter is enough. */
const TOLD_JITTER_MS = 250;

export class Backoff {
    #baseMs;
    #capMs;
    #random;
    #attempts = 0;

    constructor({ baseMs = 1000, capMs = 30000, random = Math.random } = {}) {
        this.#baseMs = baseMs;
        this.#capMs = capMs;
        this.#random = random;
    }

    /* Milliseconds to wait, 0 … min(cap, base * 2^attempts). */
    next() {
        const windowMs = Math.min(this.#capMs, this.#baseMs * 2 ** this.#attempts);
        this.#attempts += 1;
        return this.#random() * windowMs;
    }

    /* Milliseconds to wait when trying soon is pointless: cap/2 … cap. */
    patient() {
        this.#attempts += 1;
        return this.#capMs * (0.5 + this.#random() / 2);
    }

    /* Milliseconds to wait when the relay has said how long, with a little jitter. */
    told(retryAfterMs) {
        const jitterMs = Math.min(TOLD_JITTER_MS, this.#baseMs);
        return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) + this.#random() * jitterMs;
    }

    reset() {
        this.#attempts = 0;
    }
}
