/*
 * What the relay has put into the document: the newest entries of a match, so that there is
 * something to read before there is a connection. The client gets them once more with the
 * whole history; until then they are what there is.
 */

/* { match, epoch, head, state, entries }, or null; takes it out of the document. */
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
