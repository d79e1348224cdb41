/*
 * The pinned line of a match: an entry with the tag `pinned` (PROTOCOL.md) stays in sight above
 * the others, until it is withdrawn, loses the tag, or a later one is pinned. Then an earlier pinned
 * line does not come back, because an editor has replaced it.
 */

import { Growing } from './growing.js';

/* The entry to show, or null. The entries may be in any order. */
export function pinnedOf(entries) {
    const { latest } = grown.of(entries);
    return latest && isPinned(latest) && !latest.retracted ? latest : null;
}

const grown = new Growing(() => ({ latest: null }), (made, entry) => {
    if ((isPinned(entry) || isPinned(entry.was ?? {})) && !(made.latest?.seq > entry.seq))
        made.latest = entry;
});

/* Others wrote the entry, so `tags` may have any type. */
function isPinned({ tags }) {
    return Array.isArray(tags) && tags.includes('pinned');
}
