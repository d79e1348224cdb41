"""psycopg 3: a pipeline, and COPY in binary."""
import os

import psycopg

MATCH = int(os.environ["MATCH"])
INSERT = "INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message) VALUES (%s, %s, %s, %s, %s)"

with psycopg.connect("", autocommit=True) as connection:
    with connection.pipeline():
        connection.execute(INSERT, (MATCH, "line-1", 12, "A. Striker", "Goal!"))
        connection.execute("UPDATE commentary.feed SET minute = 13 WHERE match_id = %s AND client_ref = 'line-1'", (MATCH,))
    with connection.cursor().copy("COPY commentary.feed (match_id, client_ref, minute, message)"
                                  " FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int8", "text", "int4", "text"])
        copy.write_row((MATCH, "line-2", 20, "Oops"))
    with connection.transaction():
        done = connection.execute("UPDATE commentary.feed SET actor = NULL, message = %s WHERE match_id = %s"
                                  " AND client_ref = 'line-1'", ("Goal! A header.", MATCH))
        assert done.rowcount == 1
        assert connection.execute("DELETE FROM commentary.feed WHERE match_id = %s AND client_ref = 'line-2'",
                                  (MATCH,)).rowcount == 1
    line = connection.execute("SELECT minute, actor, message FROM commentary.feed WHERE match_id = %s", (MATCH,)).fetchall()
    assert line == [(13, None, "Goal! A header.")], line
