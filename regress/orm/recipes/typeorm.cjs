/* TypeORM: an entity with the key (match_id, client_ref). */
const assert = require('node:assert/strict');
const { DataSource, EntitySchema } = require('typeorm');

const MATCH = process.env.MATCH;
const Line = new EntitySchema({
    name: 'Line',
    schema: 'commentary',
    tableName: 'feed',
    synchronize: false,
    columns: {
        match_id: { type: 'bigint', primary: true },
        client_ref: { type: 'text', primary: true },
        minute: { type: 'integer', nullable: true },
        actor: { type: 'text', nullable: true },
        message: { type: 'text' },
    },
});

async function main() {
    const source = await new DataSource({ type: 'postgres', host: process.env.PGHOST, port: Number(process.env.PGPORT),
        username: process.env.PGUSER, database: process.env.PGDATABASE, entities: [Line], installExtensions: false }).initialize();
    const lines = source.getRepository(Line);
    const goal = await source.transaction(async (manager) => {
        const line = await manager.save(Line, { match_id: MATCH, client_ref: 'line-1', minute: 12, actor: 'A. Striker', message: 'Goal!' });
        line.minute = 13;
        return manager.save(Line, line);
    });
    await lines.insert({ match_id: MATCH, client_ref: 'line-2', message: 'Oops' });
    await lines.save({ ...goal, actor: null, message: 'Goal! A header.' });
    assert.equal((await lines.update({ match_id: MATCH, client_ref: 'line-1' }, { minute: 13 })).affected, 1);
    assert.equal((await lines.delete({ match_id: MATCH, client_ref: 'line-2' })).affected, 1);
    await source.destroy();
}

main();
