/*
 * commentary.js in the hands of a test: node follow.mjs MODULE URL [OPTIONS]
 *
 * Reads calls, a JSON array of them on each line: [["follow", 7, {"history": 5}]]. All calls of a
 * line are made before the client hears of an answer. Prints what the client tells, a JSON object
 * on each line, and { type: "thrown" } for a call that throws. What a subscription tells is
 * { type: "own", index, event, … }; the first one has the index 0, and ["unsubscribe", 0] ends it.
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

const subscriptions = [];
const calls = {
    subscribe(...values) {
        const subscription = client.subscribe(...values), index = subscriptions.push(subscription) - 1;
        for (const type of ['subscribed', 'entry', 'error', 'end'])
            subscription.on(type, (event) => tell({ ...event, type: 'own', index, event: type }));
    },
    unsubscribe: (index) => subscriptions[index].unsubscribe(),
};

function make([call, ...values]) {
    try {
        if (Object.hasOwn(calls, call))
            calls[call](...values);
        else
            client[call](...values);
    } catch ({ name, message }) {
        tell({ type: 'thrown', name, message });
    }
}

for await (const line of createInterface({ input: process.stdin }))
    JSON.parse(line).forEach(make);
client.close();
