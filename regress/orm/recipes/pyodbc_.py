"""pyodbc, by psqlodbc: as Excel, Access and BI tools do."""
import os

import pyodbc

MATCH = int(os.environ["MATCH"])

connection = pyodbc.connect("Driver={PostgreSQL Unicode}", server=os.environ["PGHOST"], port=os.environ["PGPORT"],
                            database=os.environ["PGDATABASE"], uid=os.environ["PGUSER"])
cursor = connection.cursor()
cursor.execute("INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message) VALUES (?, ?, ?, ?, ?) RETURNING seq",
               MATCH, "line-1", 12, "A. Striker", "Goal!")
assert cursor.fetchone()[0] is None  # it is numbered after the COMMIT
cursor.execute("UPDATE commentary.feed SET minute = ? WHERE match_id = ? AND client_ref = ?", 13, MATCH, "line-1")
assert cursor.rowcount == 1
connection.commit()
cursor.executemany("INSERT INTO commentary.feed (match_id, client_ref, message) VALUES (?, ?, ?)", [(MATCH, "line-2", "Oops")])
connection.commit()
cursor.execute("UPDATE commentary.feed SET actor = ?, message = ? WHERE match_id = ? AND client_ref = ?",
               None, "Goal! A header.", MATCH, "line-1")
assert cursor.rowcount == 1
cursor.execute("DELETE FROM commentary.feed WHERE match_id = ? AND client_ref = ?", MATCH, "line-2")
assert cursor.rowcount == 1
connection.commit()
cursor.execute("SELECT seq, minute, actor, message FROM commentary.feed WHERE match_id = ?", MATCH)
(seq, *line), = cursor.fetchall()
assert seq > 0 and line == [13, None, "Goal! A header."], line
try:
    cursor.execute("INSERT INTO commentary.feed (match_id, minute, message) VALUES (?, ?, ?)", MATCH, -1, "x")
    raise AssertionError("a minute below 0 was taken")
except pyodbc.Error as error:
    assert error.args[0].startswith("2") and "minute" in error.args[1], error
connection.rollback()
