/*
 * Which new rows are animated: those that come after a pause. When lines come quickly, nobody can
 * see the animations, and the browser would draw all the time.
 */

/* After so long without a new row, the next row is animated … */
const PAUSE_MS = 1000;
/* … and so are the rows within this time after it, because they may come in several drawings. */
const TOGETHER_MS = 300;

export class Flourish {
    #newsMs = -Infinity;
    #endMs = -Infinity;

    /* Whether a new row that is drawn now is animated. */
    isFor(nowMs = performance.now()) {
        if (nowMs - this.#newsMs >= PAUSE_MS)
            this.#endMs = nowMs + TOGETHER_MS;
        this.#newsMs = nowMs;
        return nowMs < this.#endMs;
    }
}
