/*
 * A session of PostgreSQL. No call waits for ever: if no answer comes within DB_ANSWER_MS, or the
 * connection breaks, the result is DB_AWAY. Then the server may have run the statement or not; a
 * client_ref makes it safe to send the statement again.
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
    DB_REFUSED, /* `said` has the error of the server, with detail and hint */
    DB_AWAY,    /* `said` has the reason */
};

struct db {
    PGconn *conn; /* NULL: not connected */
    const char *conninfo;
    struct text said;
    struct text warned; /* warnings since the last call, a line each */
};

/* Connects. The environment (PG*) supplies what the conninfo, which may be "", leaves out. */
MUST_CHECK enum db_result db_open(struct db *db, const char *name);

/*
 * Runs the statement and frees it. result NULL: the result is not wanted; else it has to be
 * released with PQclear().
 */
MUST_CHECK enum db_result db_run(struct db *db, struct statement *statement, PGresult **result);

/* Runs SQL without parameters; it must not have text of others in it. */
MUST_CHECK enum db_result db_say(struct db *db, const char *sql);

void db_close(struct db *db);

#endif
