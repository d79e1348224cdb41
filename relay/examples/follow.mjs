/* Follows a match in Node 18 or later: node follow.mjs https://relay.example 7 */

import { Commentary } from '../web/commentary.js';     // or: from 'commentary-client'

const [relay, match] = process.argv.slice(2);
const client = new Commentary(`${relay.replace(/^http/, 'ws')}/ws`);
client.on('state', ({ state, reason }) => console.error(state, reason ?? ''));
client.connect();
for await (const { type, minute, message } of client.subscribe(Number(match), { history: 50 }))
    if (type === 'commentary')
        console.log(minute ?? '', message ?? '');
