/*
 * Which rows arrive with a movement: those that come after a pause. In a quick run of lines the
 * eye cannot follow one, and the browser would draw frame after frame without an end.
 */

/* After so long without news, the next row is one to look at … */
const PAUSE_MS = 1000;
/* … and all that come with it, which may take several drawings. */
const TOGETHER_MS = 300;

export class Flourish {
    #newsMs = -Infinity;
    #endMs = -Infinity;

    /* A row that is news is drawn now: does it arrive with a movement? */
    isFor(nowMs = performance.now()) {
        if (nowMs - this.#newsMs >= PAUSE_MS)
            this.#endMs = nowMs + TOGETHER_MS;
        this.#newsMs = nowMs;
        return nowMs < this.#endMs;
    }
}
