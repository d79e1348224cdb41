/* postgres.js: tagged templates, and helpers for rows. */
const assert = require('node:assert/strict');
const postgres = require('postgres');

const MATCH = process.env.MATCH;

async function main() {
    const sql = postgres({ host: process.env.PGHOST, port: Number(process.env.PGPORT), onnotice: () => {} });
    await sql.begin(async (transaction) => {
        const line = { match_id: MATCH, client_ref: 'line-1', minute: 12, actor: 'A. Striker', message: 'Goal!' };
        await transaction`INSERT INTO commentary.feed ${transaction(line)}`;
        const done = await transaction`UPDATE commentary.feed SET minute = 13 WHERE match_id = ${MATCH} AND client_ref = 'line-1'`;
        assert.equal(done.count, 1);
    });
    await sql`INSERT INTO commentary.feed ${sql({ match_id: MATCH, client_ref: 'line-2', message: 'Oops' })}`;
    const edited = await sql`UPDATE commentary.feed SET ${sql({ actor: null, message: 'Goal! A header.' })}
        WHERE match_id = ${MATCH} AND client_ref = 'line-1'`;
    assert.equal(edited.count, 1);
    const gone = await sql`DELETE FROM commentary.feed WHERE match_id = ${MATCH} AND client_ref = 'line-2'`;
    assert.equal(gone.count, 1);
    await sql.end();
}

main();
