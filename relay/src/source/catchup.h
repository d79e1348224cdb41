/*
 * Catching up: what is read from the table, and when.
 *
 * One query at a time, on the feed's own connection. All that viewers ask for is
 * coalesced: a topic is read once for all who wait for it. What is wanted for different
 * reasons takes turns (enum want), and each query is bounded: so nobody waits for long
 * because others want much. Statements are constant, names qualified, values always
 * parameters.
 *
 * A check compares heads, of 1,000 topics at a time: those that are followed (all of them
 * at each heartbeat), those that somebody asks for after a while, and, when many are to be
 * loaded, which of those exist at all.
 */
#ifndef CATCHUP_H
#define CATCHUP_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "hub/hub.h"
#include "source/acks.h"

enum catchup_query {
    CATCHUP_NONE,
    CATCHUP_CHECK, /* the epoch, and heads of some topics */
    CATCHUP_NEWER, /* entries after a topic's head */
    CATCHUP_LOAD,  /* a topic's head, state and newest entries */
    CATCHUP_PAGE,  /* entries older than a topic's log */
};

/* Topics in one check: 15 ms for the database. */
#define CATCHUP_SLICE 1000

/* Rows of a load. */
#define CATCHUP_LOAD_ROWS 1000

struct catchup {
    struct hub *hub;
    enum catchup_query query;     /* under way */
    struct topic *topic;          /* of the query, but for a check */
    int turn;                     /* enum want: whose turn it is next */
    int64_t slice[CATCHUP_SLICE]; /* CATCHUP_CHECK: the matches that it asks for */
    size_t slice_count;
    uint32_t slice_number;
    struct history *page; /* CATCHUP_PAGE: being filled */
    int64_t page_wanted;  /* it has to come as far as this entry */
    int64_t first_seq;    /* of the rows so far; 0: none */
    int64_t last_seq;
    int64_t hole_end;     /* the first entry from page_wanted on that is not missing; 0: none */
    int64_t floor;        /* behind the last hole in the rows */
    bool has_reached_log; /* CATCHUP_PAGE: there are rows that the log has */
    int64_t rows;
    int64_t complained_ms; /* when something odd in the table was last logged */
    bool has_epoch;        /* since the connection was made */
    bool has_checked;      /* and all topics that are followed */
    bool must_ask_acks;    /* the next check asks for them as well */
    struct acks acks;
    bool is_broken; /* the rows of this query are of no use */
};

enum catchup_sent { CATCHUP_IDLE, CATCHUP_SENT, CATCHUP_FAILED };

/* A new connection, which LISTENs already: everything is to be compared. */
void catchup_begin(struct catchup *catchup);

/* Sends the next query, if there is anything to read. */
enum catchup_sent catchup_send(struct catchup *catchup, PGconn *conn) MUST_CHECK;

/* One row of it. */
void catchup_row(struct catchup *catchup, const PGresult *row);

/* All rows have come. */
void catchup_done(struct catchup *catchup);

/* The connection was lost: what was under way is wanted again. */
void catchup_abort(struct catchup *catchup);

/* How many entries are known to be in the table, and not here yet, in topics we have. */
int64_t catchup_lag(const struct catchup *catchup);

/* Nothing that was published before this moment is missing. */
bool catchup_is_complete(const struct catchup *catchup);

/* ---- between the two files: catchup.c sends, catchup_rows.c takes rows ---- */

/* Entries that are asked for at once; if all came, there may be more. */
#define CATCHUP_NEWER_ROWS 500

/* The query under way is this one now, of that topic, which has to stay until it is done. */
void catchup_set(struct catchup *catchup, enum catchup_query query, struct topic *topic);

/* None is under way; what is known of the last one stays. */
void catchup_end(struct catchup *catchup);

#endif
