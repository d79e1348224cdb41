"""asyncpg: prepared statements, and COPY of records."""
import asyncio
import os

import asyncpg

MATCH = int(os.environ["MATCH"])


async def main():
    connection = await asyncpg.connect(host=os.environ["PGHOST"], port=os.environ["PGPORT"], user=os.environ["PGUSER"],
                                       database=os.environ["PGDATABASE"])
    seq = await connection.fetchval("INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message)"
                                    " VALUES ($1, $2, $3, $4, $5) RETURNING seq", MATCH, "line-1", 12, "A. Striker", "Goal!")
    assert seq is None
    await connection.copy_records_to_table("feed", schema_name="commentary", records=[(MATCH, "line-2", "Oops")],
                                           columns=["match_id", "client_ref", "message"])
    async with connection.transaction():
        done = await connection.execute("UPDATE commentary.feed SET minute = 13, actor = NULL, message = $2"
                                        " WHERE match_id = $1 AND client_ref = 'line-1'", MATCH, "Goal! A header.")
        assert done == "UPDATE 1", done
        assert await connection.execute("DELETE FROM commentary.feed WHERE match_id = $1 AND client_ref = 'line-2'",
                                        MATCH) == "DELETE 1"
    line = await connection.fetchrow("SELECT minute, actor, message FROM commentary.feed WHERE match_id = $1", MATCH)
    assert tuple(line) == (13, None, "Goal! A header."), line
    await connection.close()

asyncio.run(main())
