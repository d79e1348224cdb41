/*
 * The usual Node server: npm ws, a Map from the match to the Set of its viewers, one
 * JSON.stringify for each entry. Entries come as lines on a port of their own.
 *
 *   node server.js      prints `port N` and `publish N`
 *
 * A viewer follows the match that its path names: /ws?match=1
 */
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { WebSocketServer } from 'ws';

const viewers = new Map();

function viewersOf(match) {
  let set = viewers.get(match);
  if (!set) viewers.set(match, (set = new Set()));
  return set;
}

function publish(line) {
  const entry = JSON.parse(line);
  const text = JSON.stringify(entry);
  for (const socket of viewersOf(entry.match)) socket.send(text);
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096, perMessageDeflate: false });
server.on('connection', (socket, request) => {
  const set = viewersOf(Number(new URL(request.url, 'ws://localhost').searchParams.get('match')));
  set.add(socket);
  socket.on('close', () => set.delete(socket));
  socket.on('error', () => socket.terminate());
});
server.on('listening', () => console.log(`port ${server.address().port}`));

const source = createServer((connection) => {
  connection.setNoDelay(true);
  connection.on('error', () => connection.destroy());
  createInterface({ input: connection }).on('line', publish);
});
source.listen(0, '127.0.0.1', () => console.log(`publish ${source.address().port}`));
