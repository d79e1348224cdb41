/*
 * The newest entries of a match, which the relay has put into the document, so that there is
 * something to read before the connection is made. The client gets them again with the history;
 * until then the page shows these.
 */

/* Returns { match, epoch, head, state, entries }, or null, and removes the data from the document. */
export function takeFirstEntries(document) {
    const data = document.getElementById('first-entries');
    document.getElementById('first')?.remove();
    data?.remove();
    try {
        const first = JSON.parse(data?.textContent ?? 'null');
        return Array.isArray(first?.entries) ? first : null;
    } catch {
        return null;
    }
}
