/*
 * The pinned line of a match: an entry with the tag `pinned` (PROTOCOL.md) stays in sight above
 * the others, until it is withdrawn, loses the tag, or a later one is pinned. None comes back:
 * what an editor has replaced is old.
 */

/* Of entries in any order, the one to show, or null. */
export function pinnedOf(entries) {
    const latest = entries.filter((entry) => isPinned(entry) || isPinned(entry.was ?? {}))
        .reduce((best, entry) => (best && best.seq > entry.seq ? best : entry), null);
    return latest && isPinned(latest) && !latest.retracted ? latest : null;
}

/* Others wrote it: tags may be anything. */
function isPinned({ tags }) {
    return Array.isArray(tags) && tags.includes('pinned');
}
