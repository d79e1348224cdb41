import assert from 'node:assert/strict';
import test from 'node:test';

import { Transports } from '../transports.js';
import { until } from './socket.mjs';

class Deaf {
    close() {}
}

/* The ways that are taken, one after the other, while no message of the relay comes by any. */
async function waysTaken(count, fetch) {
    const transports = new Transports('ws://relay.example/ws', 'commentary.v1', { WebSocket: Deaf,
        transports: ['websocket', 'events', 'polling'], fetch });
    const taken = [];
    while (taken.length < count) {
        const socket = transports.open();
        taken.push(transports.name);
        if (transports.name !== 'websocket') {
            let isAnswered = false;
            socket.onmessage = socket.onclose = () => {
                isAnswered = true;
            };
            await until(() => isAnswered);
        }
        transports.onLost(false);
    }
    transports.stop();
    return taken;
}

test('where plain HTTP comes through, each way is tried', async () => {
    assert.deepEqual(await waysTaken(6, async () => ({ status: 200 })),
        ['websocket', 'websocket', 'events', 'polling', 'websocket', 'websocket']);
});

test('while the relay is away, a WebSocket is what it comes back with', async () => {
    assert.deepEqual(await waysTaken(6, () => Promise.reject(new TypeError('refused'))),
        ['websocket', 'websocket', 'events', 'websocket', 'events', 'websocket']);
});
