/*
 * What most people would write: Express, npm ws and pg with a pool. A POST inserts,
 * then broadcasts to the viewers of its match, then answers.
 *
 *   node server.js POOL     prints `port N`; the database is that of PG*
 *
 *   POST /matches/ID/commentary             {"message": "…", "kind": "…", …}
 *   GET  /matches
 *   GET  /matches/ID/commentary?since=SEQ&limit=N
 *   GET  /ws?match=ID                       a WebSocket that follows the match
 *
 * All else is as the packages have it by default.
 */
import { createServer } from 'node:http';
import express from 'express';
import pg from 'pg';
import { WebSocketServer } from 'ws';

const pool = new pg.Pool({ max: Number(process.argv[2] ?? 10) });
pool.on('error', (error) => console.error(error.message));

const viewers = new Map();

function viewersOf(match) {
  let set = viewers.get(match);
  if (!set) viewers.set(match, (set = new Set()));
  return set;
}

function broadcast(entry) {
  const text = JSON.stringify(entry);
  for (const socket of viewersOf(entry.match)) socket.send(text);
}

const insert = `
  INSERT INTO node.commentary (match_id, minute, kind, actor, team, message)
  VALUES ($1, $2, $3, $4, $5, $6)
  RETURNING seq::integer, message, minute, kind, actor, team, created_at`;

const history = `
  SELECT seq::integer, message, minute, kind, actor, team, created_at FROM node.commentary
  WHERE match_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`;

const app = express();
app.use(express.json());

/* Express 4 does not wait for promises. */
const wait = (handler) => (request, response, next) => handler(request, response).catch(next);

app.post('/matches/:id/commentary', wait(async (request, response) => {
  const { minute, kind, actor, team, message } = request.body;
  if (typeof message !== 'string' || message === '') {
    response.status(400).json({ error: 'message is required' });
    return;
  }
  const match = Number(request.params.id);
  const { rows } = await pool.query(insert, [match, minute, kind ?? 'comment', actor, team, message]);
  const entry = { type: 'commentary', match, ...rows[0] };
  broadcast(entry);
  response.status(201).json(entry);
}));

app.get('/matches', wait(async (_request, response) => {
  const { rows } = await pool.query('SELECT * FROM node.match ORDER BY match_id');
  response.json(rows);
}));

app.get('/matches/:id/commentary', wait(async (request, response) => {
  const { since = 0, limit = 100 } = request.query;
  const { rows } = await pool.query(history, [request.params.id, since, limit]);
  response.json(rows);
}));

app.use((error, _request, response, _next) => {
  response.status(500).json({ error: error.message });
});

const server = createServer(app);
const sockets = new WebSocketServer({ server, path: '/ws' });
sockets.on('connection', (socket, request) => {
  const set = viewersOf(Number(new URL(request.url, 'ws://localhost').searchParams.get('match')));
  set.add(socket);
  socket.on('close', () => set.delete(socket));
  socket.on('error', () => socket.terminate());
});

server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  console.log(`port ${server.address().port}`);
});
