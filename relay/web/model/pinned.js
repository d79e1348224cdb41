/*
 * The pinned line of a match: an entry with the tag `pinned` (PROTOCOL.md) stays in sight above
 * the others, until it is withdrawn, loses the tag, or a later one is pinned. None comes back:
 * what an editor has replaced is old.
 */

import { Growing } from './growing.js';

/* Of entries in any order, the one to show, or null. */
export function pinnedOf(entries) {
    const { latest } = grown.of(entries);
    return latest && isPinned(latest) && !latest.retracted ? latest : null;
}

const grown = new Growing(() => ({ latest: null }), (made, entry) => {
    if ((isPinned(entry) || isPinned(entry.was ?? {})) && !(made.latest?.seq > entry.seq))
        made.latest = entry;
});

/* Others wrote it: tags may be anything. */
function isPinned({ tags }) {
    return Array.isArray(tags) && tags.includes('pinned');
}
