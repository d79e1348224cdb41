/*
 * Server-Sent Events over fetch, parsed as in the HTML standard. An EventSource cannot send a
 * token, and does not say why a stream ends.
 */

/*
 * Reads a stream to its end. Calls onEvent({ type, data, id }) for each event, and onBytes() for
 * all that comes, also for a comment, which only shows that the connection lives.
 */
export async function readEvents(body, { onEvent, onBytes }) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const take = lineTaker(onEvent);
    let rest = '';
    for (;;) {
        const { value, done } = await reader.read();
        if (done)
            return;
        onBytes();
        const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/);
        rest = lines.pop();
        lines.forEach(take);
    }
}

function lineTaker(onEvent) {
    let event = { data: [] };
    return (line) => {
        if (line === '') {
            if (event.data.length > 0)
                onEvent({ ...event, data: event.data.join('\n') });
            event = { data: [] };
            return;
        }
        const colon = line.indexOf(':');
        const name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (name === 'data')
            event.data.push(value);
        else if (name === 'event')
            event.type = value;
        else if (name === 'id')
            event.id = value;
    };
}
