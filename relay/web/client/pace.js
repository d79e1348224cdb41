/*
 * How fast the client may speak: the relay closes a viewer that sends more than 50
 * messages in a second and 128 at once (PROTOCOL.md). A bit less than that, because pings
 * and tokens count as well.
 */

const PER_S = 40;
const BURST = 128;

export class Pace {
    #tokens = BURST;
    #sinceMs = performance.now();

    /* 0, and one message is counted; or how many milliseconds to wait for it. */
    take() {
        const nowMs = performance.now();
        this.#tokens = Math.min(BURST, this.#tokens + (nowMs - this.#sinceMs) * PER_S / 1000);
        this.#sinceMs = nowMs;
        if (this.#tokens < 1)
            return Math.ceil((1 - this.#tokens) * 1000 / PER_S);
        this.#tokens -= 1;
        return 0;
    }
}
