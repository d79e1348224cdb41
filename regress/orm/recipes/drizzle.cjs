/* Drizzle, with node-postgres below it. */
const assert = require('node:assert/strict');
const { and, eq } = require('drizzle-orm');
const { drizzle } = require('drizzle-orm/node-postgres');
const { bigint, integer, pgSchema, text } = require('drizzle-orm/pg-core');
const { Pool } = require('pg');

const MATCH = Number(process.env.MATCH);
const feed = pgSchema('commentary').table('feed', {
    matchId: bigint('match_id', { mode: 'number' }),
    clientRef: text('client_ref'),
    minute: integer('minute'),
    actor: text('actor'),
    message: text('message'),
});
const is = (ref) => and(eq(feed.matchId, MATCH), eq(feed.clientRef, ref));

/* Drizzle gives DEFAULT for each column that it knows and that is left out: null, in a view. */
async function main() {
    const pool = new Pool();
    const db = drizzle(pool);
    await db.transaction(async (transaction) => {
        await transaction.insert(feed).values({ matchId: MATCH, clientRef: 'line-1', minute: 12, actor: 'A. Striker', message: 'Goal!' });
        const { rowCount } = await transaction.update(feed).set({ minute: 13 }).where(is('line-1'));
        assert.equal(rowCount, 1);
    });
    await db.insert(feed).values({ matchId: MATCH, clientRef: 'line-2', message: 'Oops' });
    assert.equal((await db.update(feed).set({ actor: null, message: 'Goal! A header.' }).where(is('line-1'))).rowCount, 1);
    assert.equal((await db.delete(feed).where(is('line-2'))).rowCount, 1);
    await pool.end();
}

main();
