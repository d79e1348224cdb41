/* Sequelize: a model with the key (match_id, client_ref). */
const assert = require('node:assert/strict');
const { DataTypes, Sequelize } = require('sequelize');

const MATCH = process.env.MATCH;

async function main() {
    const sequelize = new Sequelize({ dialect: 'postgres', host: process.env.PGHOST, port: process.env.PGPORT,
        username: process.env.PGUSER, database: process.env.PGDATABASE, logging: false });
    const Line = sequelize.define('Line', {
        match_id: { type: DataTypes.BIGINT, primaryKey: true },
        client_ref: { type: DataTypes.TEXT, primaryKey: true },
        minute: DataTypes.INTEGER,
        actor: DataTypes.TEXT,
        message: DataTypes.TEXT,
    }, { tableName: 'feed', schema: 'commentary', timestamps: false });
    const goal = await sequelize.transaction(async (transaction) => {
        const line = await Line.create({ match_id: MATCH, client_ref: 'line-1', minute: 12, actor: 'A. Striker', message: 'Goal!' },
            { transaction });
        await line.update({ minute: 13 }, { transaction });
        return line;
    });
    await Line.create({ match_id: MATCH, client_ref: 'line-2', message: 'Oops' });
    await goal.update({ actor: null, message: 'Goal! A header.' });
    const [count] = await Line.update({ minute: 13 }, { where: { match_id: MATCH, client_ref: 'line-1' } });
    assert.equal(count, 1);
    assert.equal(await Line.destroy({ where: { match_id: MATCH, client_ref: 'line-2' } }), 1);
    await sequelize.close();
}

main();
