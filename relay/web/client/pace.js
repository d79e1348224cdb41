/*
 * How fast the client may send. A viewer may send 128 messages at once, and 50 in each second;
 * the relay closes the connection of one that sends more (PROTOCOL.md). The rate here is a bit
 * lower, because pings and tokens count as well.
 */

const PER_S = 40;
const BURST = 128;

export class Pace {
    #tokens = BURST;
    #sinceMs = performance.now();

    /* Returns 0 and counts a message, or returns how many milliseconds to wait first. */
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
