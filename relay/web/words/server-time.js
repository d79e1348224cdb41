/*
 * What time it is at the relay, by what its entries say: a device whose clock is wrong by hours would
 * show wrong ages. An entry from the future proves a clock that is slow; a clock that is fast is known
 * when news comes, which is some seconds old at most. Small differences are left alone.
 */

/* A clock that is wrong by less does not matter; it is the time on the way, too. */
const TOLERATED_MS = 90000;

let slowMs = 0;             /* so much at least */
let newsMs = -Infinity;     /* of all news, what was the shortest on the way */

/* Takes when an entry was written; isNews: just now. */
export function noteTime(at, isNews, deviceMs = Date.now()) {
    const ms = Date.parse(at) - deviceMs;
    if (Number.isNaN(ms))
        return;
    slowMs = Math.max(slowMs, ms);
    if (isNews)
        newsMs = Math.max(newsMs, ms);
}

export function serverNow(deviceMs = Date.now()) {
    if (slowMs > TOLERATED_MS)
        return new Date(deviceMs + slowMs);
    return new Date(deviceMs + (Number.isFinite(newsMs) && newsMs < -TOLERATED_MS ? newsMs : 0));
}

/* As if nothing had been heard: for tests. */
export function forgetTime() {
    slowMs = 0;
    newsMs = -Infinity;
}
