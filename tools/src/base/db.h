/*
 * A session of PostgreSQL. No call waits for ever: an answer that does not come within DB_ANSWER_MS
 * counts as a server that is away, and so does a connection that breaks. What was asked may have
 * been done or not then; a client_ref makes it safe to ask again.
 */
#ifndef DB_H
#define DB_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/statement.h"
#include "base/text.h"

#define DB_ANSWER_MS 60000

enum db_result {
    DB_DONE,
    DB_REFUSED, /* `said` has the server's error, its detail and its hint */
    DB_AWAY,    /* `said` has why */
};

struct db {
    PGconn *conn; /* NULL: not connected */
    const char *conninfo;
    struct text said;
    struct text warned; /* warnings since the last call, a line each */
};

/* Connects; the PG* environment gives what the conninfo (which may be "") leaves out. */
MUST_CHECK enum db_result db_open(struct db *db, const char *name);

/* Runs it, hands the result over if it is wanted (PQclear() it), and frees the statement. */
MUST_CHECK enum db_result db_run(struct db *db, struct statement *statement, PGresult **result);

/* SQL of ours, without parameters. */
MUST_CHECK enum db_result db_say(struct db *db, const char *sql);

void db_close(struct db *db);

#endif
