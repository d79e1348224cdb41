/* node-postgres: a pool. */
const assert = require('node:assert/strict');
const { Pool } = require('pg');

const MATCH = process.env.MATCH;

async function main() {
    const pool = new Pool();
    const client = await pool.connect();
    await client.query('BEGIN');
    const { rows } = await client.query('INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message)'
        + ' VALUES ($1, $2, $3, $4, $5) RETURNING seq', [MATCH, 'line-1', 12, 'A. Striker', 'Goal!']);
    assert.equal(rows[0].seq, null);
    const first = await client.query("UPDATE commentary.feed SET minute = 13 WHERE match_id = $1 AND client_ref = 'line-1'", [MATCH]);
    assert.equal(first.rowCount, 1);
    await client.query('COMMIT');
    client.release();
    await pool.query("INSERT INTO commentary.feed (match_id, client_ref, message) VALUES ($1, 'line-2', 'Oops')", [MATCH]);
    const edited = await pool.query('UPDATE commentary.feed SET actor = $2, message = $3 WHERE match_id = $1 AND client_ref = $4',
        [MATCH, null, 'Goal! A header.', 'line-1']);
    assert.equal(edited.rowCount, 1);
    const gone = await pool.query("DELETE FROM commentary.feed WHERE match_id = $1 AND client_ref = 'line-2'", [MATCH]);
    assert.equal(gone.rowCount, 1);
    await pool.end();
}

main();
