"""psycopg2."""
import os

import psycopg2

MATCH = int(os.environ["MATCH"])

connection = psycopg2.connect("")
with connection, connection.cursor() as cursor:
    cursor.execute("INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message)"
                   " VALUES (%s, %s, %s, %s, %s) RETURNING seq", (MATCH, "line-1", 12, "A. Striker", "Goal!"))
    assert cursor.fetchone() == (None,)  # it is numbered after the COMMIT
    cursor.execute("UPDATE commentary.feed SET minute = %s WHERE match_id = %s AND client_ref = %s", (13, MATCH, "line-1"))
    assert cursor.rowcount == 1
with connection, connection.cursor() as cursor:
    cursor.execute("INSERT INTO commentary.feed (match_id, client_ref, message) VALUES (%s, %s, %s)", (MATCH, "line-2", "Oops"))
with connection, connection.cursor() as cursor:
    cursor.execute("UPDATE commentary.feed SET actor = NULL, message = %s WHERE match_id = %s AND client_ref = %s",
                   ("Goal! A header.", MATCH, "line-1"))
    assert cursor.rowcount == 1
    cursor.execute("DELETE FROM commentary.feed WHERE match_id = %s AND client_ref = %s", (MATCH, "line-2"))
    assert cursor.rowcount == 1
with connection, connection.cursor() as cursor:
    cursor.execute("SELECT seq, minute, actor, message FROM commentary.feed WHERE match_id = %s", (MATCH,))
    (seq, *line), = cursor.fetchall()
    assert seq > 0 and line == [13, None, "Goal! A header."], line
