import assert from 'node:assert/strict';
import test from 'node:test';

import { Transports } from '../../../client/transport/transports.js';
import { until } from '../../socket.mjs';

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

for (const [what, fetch] of [['nothing answers', () => Promise.reject(new TypeError('refused'))],
    ['its proxy says so', async () => ({ status: 502 })]])
    test(`while the relay is away and ${what}, the client comes back by a WebSocket`, async () => {
        assert.deepEqual(await waysTaken(6, fetch),
            ['websocket', 'websocket', 'events', 'websocket', 'events', 'websocket']);
    });
