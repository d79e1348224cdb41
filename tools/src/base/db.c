#include "base/db.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"

/*
 * Keeps only warnings. To set client_min_messages in the options instead would make a pooler
 * refuse the session.
 */
static void on_notice(void *context, const PGresult *result)
{
    struct db *db = context;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);

    if (!severity || strcmp(severity, "WARNING") != 0)
        return;
    text_print(&db->warned, "%s%s%s\n", message ? message : "", hint ? " " : "", hint ? hint : "");
}

static void set_said(struct db *db, const char *text)
{
    text_clear(&db->said);
    text_add_string(&db->said, text);
    while (db->said.length > 0 && strchr("\n ", db->said.bytes[db->said.length - 1]))
        db->said.bytes[--db->said.length] = '\0';
}

static enum db_result lose(struct db *db, const char *why)
{
    set_said(db, why && *why ? why : "the connection is lost");
    db_close(db);
    return DB_AWAY;
}

/* Whether another try may help: the server is starting, or gone, or full. */
static bool is_away(const char *sqlstate)
{
    return !sqlstate || strncmp(sqlstate, "08", 2) == 0 || strncmp(sqlstate, "57P", 3) == 0 ||
           strcmp(sqlstate, "53300") == 0;
}

enum db_result db_open(struct db *db, const char *name)
{
    const char *const keywords[] = {"dbname", "fallback_application_name", "client_encoding",
                                    "connect_timeout", NULL};
    const char *const values[] = {db->conninfo ? db->conninfo : "", name, "UTF8", "5", NULL};

    db_close(db);
    /* libpq expands dbname in its place: it overrides only the parameters before it. */
    db->conn = PQconnectdbParams(keywords, values, 1);
    if (!db->conn || PQstatus(db->conn) != CONNECTION_OK)
        return lose(db, db->conn ? PQerrorMessage(db->conn) : "no memory");
    (void)PQsetNoticeReceiver(db->conn, on_notice, db);
    if (PQsetnonblocking(db->conn, 1) != 0)
        return lose(db, PQerrorMessage(db->conn));
    return DB_DONE;
}

/* Waits until libpq has gone on; false: the deadline is over. */
static bool wait_for_server(PGconn *conn, bool is_writing, int64_t deadline_ms)
{
    struct pollfd descriptor = {PQsocket(conn), POLLIN, 0};
    int64_t left_ms = deadline_ms - clock_ms();

    if (is_writing)
        descriptor.events |= POLLOUT;
    if (left_ms <= 0)
        return false;
    return poll(&descriptor, 1, (int)left_ms) >= 0 || errno == EINTR;
}

static bool send_all(struct db *db, int64_t deadline_ms)
{
    int left;

    while ((left = PQflush(db->conn)) == 1)
        if (!wait_for_server(db->conn, true, deadline_ms) || !PQconsumeInput(db->conn))
            return false;
    return left == 0;
}

/* The last result of what was sent; NULL: the server is away. */
static PGresult *receive(struct db *db, int64_t deadline_ms)
{
    PGresult *last = NULL, *next;

    for (;;) {
        while (PQisBusy(db->conn)) {
            if (!wait_for_server(db->conn, false, deadline_ms) || !PQconsumeInput(db->conn)) {
                PQclear(last);
                return NULL;
            }
        }
        next = PQgetResult(db->conn);
        if (!next)
            return last;
        /* Of several the first error counts. */
        if (last && PQresultStatus(last) == PGRES_FATAL_ERROR) {
            PQclear(next);
            continue;
        }
        PQclear(last);
        last = next;
    }
}

static void say_error(struct db *db, const PGresult *result)
{
    static const int fields[] = {PG_DIAG_MESSAGE_DETAIL, PG_DIAG_MESSAGE_HINT};
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    set_said(db, message ? message : PQresultErrorMessage(result));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *more = PQresultErrorField(result, fields[i]);

        if (more)
            text_print(&db->said, "%s%s", i == 0 ? ". " : " ", more);
    }
}

static enum db_result judge(struct db *db, PGresult *result, PGresult **wanted)
{
    ExecStatusType status = PQresultStatus(result);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
        if (wanted)
            *wanted = result;
        else
            PQclear(result);
        return DB_DONE;
    }
    say_error(db, result);
    if (is_away(sqlstate) || PQstatus(db->conn) != CONNECTION_OK) {
        PQclear(result);
        db_close(db);
        return DB_AWAY;
    }
    PQclear(result);
    return DB_REFUSED;
}

enum db_result db_run(struct db *db, struct statement *statement, PGresult **result)
{
    int64_t deadline_ms = clock_ms() + DB_ANSWER_MS;
    PGresult *last = NULL;
    bool is_sent;

    if (!db->conn) {
        statement_free(statement);
        return DB_AWAY;
    }
    /* Only the simple protocol takes several statements, and it has no parameters. */
    is_sent = statement->count == 0
                  ? PQsendQuery(db->conn, statement->sql.bytes)
                  : PQsendQueryParams(db->conn, statement->sql.bytes, statement->count, NULL,
                                      statement->values, NULL, NULL, 0);
    is_sent = is_sent && send_all(db, deadline_ms);
    statement_free(statement);
    if (is_sent)
        last = receive(db, deadline_ms);
    if (!last)
        return lose(db, PQerrorMessage(db->conn));
    return judge(db, last, result);
}

enum db_result db_say(struct db *db, const char *sql)
{
    struct statement statement = {0};

    statement_add(&statement, sql);
    return db_run(db, &statement, NULL);
}

void db_close(struct db *db)
{
    PQfinish(db->conn);
    db->conn = NULL;
}
