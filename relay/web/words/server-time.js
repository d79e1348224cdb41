/*
 * The time at the relay, from the times of its entries, because a device whose clock is wrong by hours
 * would show wrong ages. If an entry is from the future, the clock of the device is slow. A new entry is
 * a few seconds old at most, so if it seems older, the clock is fast. Small differences are ignored.
 */

/* A smaller difference does not matter, and may be the time that an entry was on its way. */
const TOLERATED_MS = 90000;

let slowMs = 0;             /* the clock of the device is slow by at least this */
let newsMs = -Infinity;     /* entry time minus device time, of the new entry that came fastest */

/* Takes the time of an entry; isNews: it was written just now. */
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

/* Forgets all times; for tests. */
export function forgetTime() {
    slowMs = 0;
    newsMs = -Infinity;
}
