/*
 * commentary.js in the hands of a test: node follow.mjs MODULE URL [OPTIONS]
 *
 * Reads calls, a JSON array on each line: ["follow", 7, {"history": 5}]. Prints what the client
 * tells, a JSON object on each line, and { type: "thrown" } for a call that throws.
 */

import { createInterface } from 'node:readline';
import { WebSocket } from './websocket.mjs';

const [module, url, options = '{}'] = process.argv.slice(2);
const { Commentary } = await import(module);
const client = new Commentary(url, { WebSocket, baseMs: 50, capMs: 500, ...JSON.parse(options) });

function tell(event) {
    process.stdout.write(`${JSON.stringify(event)}\n`);
}

for (const type of ['state', 'subscribed', 'entry', 'error'])
    client.on(type, (event) => tell({ transport: client.transport, ...event, type }));

for await (const line of createInterface({ input: process.stdin })) {
    const [call, ...values] = JSON.parse(line);
    try {
        client[call](...values);
    } catch ({ name, message }) {
        tell({ type: 'thrown', name, message });
    }
}
client.close();
