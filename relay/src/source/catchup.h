/*
 * Catching up: what is read from the table, and when.
 *
 * A source answers one query at a time. A topic is read once for all viewers that wait for it.
 * Reads for different purposes take turns (enum want), and each query is bounded, so that no viewer
 * waits for long because others want much.
 *
 * A check compares the heads of up to 1,000 topics: at each heartbeat those of all topics with
 * viewers; the head of a topic that a client asks for after a while; and, when many topics have to
 * be loaded, it finds out which of these matches exist.
 */
#ifndef CATCHUP_H
#define CATCHUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "hub/hub.h"
#include "source/source.h"

enum catchup_query {
    CATCHUP_NONE,
    CATCHUP_CHECK,   /* the epoch, and heads of some topics */
    CATCHUP_NEWER,   /* entries after a topic's head */
    CATCHUP_LOAD,    /* a topic's head, state and newest entries */
    CATCHUP_HISTORY, /* entries older than a topic's log */
    CATCHUP_LIST,    /* matches, also those that are not on the scoreboard */
};

/* Topics in one check: 15 ms for the database. */
#define CATCHUP_SLICE 1000

/* Rows of a load. */
#define CATCHUP_LOAD_ROWS 1000

struct catchup {
    struct hub *hub;
    struct source *source;
    enum catchup_query query;     /* under way */
    struct topic *topic;          /* of the query, but for a check */
    int turn;                     /* enum want, or WANT_KINDS for lists: whose turn it is next */
    int64_t slice[CATCHUP_SLICE]; /* CATCHUP_CHECK: the matches that it asks for */
    size_t slice_count;
    uint32_t slice_number;
    struct history *history; /* CATCHUP_HISTORY: being filled */
    int64_t history_wanted;  /* it has to come as far as this entry */
    int64_t first_seq;       /* of the rows so far; 0: none */
    int64_t last_seq;
    int64_t hole_end;     /* the first entry from history_wanted on that is not missing; 0: none */
    int64_t floor;        /* after the last hole in the rows */
    bool has_reached_log; /* CATCHUP_HISTORY: there are rows that the log has */
    int64_t rows;
    int64_t complained_ms; /* when something odd in the table was last logged */
    bool has_epoch;        /* since the connection was made */
    bool has_checked;      /* and all topics that are followed */
    bool is_behind;        /* the source has less of the lobby than we have, and may lag */
    bool must_ask_acks;    /* the next check asks for them as well */
    bool is_broken;        /* the rows of this query are of no use */
    bool is_foreign;       /* they are of another epoch than the hub's */
};

/* How an answer ends. */
enum catchup_outcome {
    CATCHUP_WHOLE,
    CATCHUP_ABSENT, /* CATCHUP_LOAD: no such match; CATCHUP_LIST: the source cannot list matches */
    CATCHUP_BROKEN, /* a part of the answer is missing, and its rows must not be used */
};

enum catchup_sent { CATCHUP_IDLE, CATCHUP_SENT, CATCHUP_FAILED };

/* The source uses this struct from now on. */
void catchup_init(struct catchup *catchup, struct source *source);

/* A new connection, which gets notifications already: all heads have to be compared. */
void catchup_begin(struct catchup *catchup);

/* Sends the next query, if there is anything to read. */
enum catchup_sent catchup_send(struct catchup *catchup) MUST_CHECK;

/* At the end of each turn of the loop: asks the next question, if there is one. */
void catchup_turn_end(struct catchup *catchup);

/* ---- answers of the source ---- */

/* The epoch, in the answer to a check. "": there is none yet. */
void catchup_epoch(struct catchup *catchup, const char *epoch);

/*
 * Whether a follower that had an epoch makes its initial copy once more. Then missing entries do
 * not count as lost, and nothing is read before the copy is complete.
 */
bool catchup_is_copied_anew(const struct catchup *catchup);

/*
 * The epoch of the rows that follow in this answer, if the source can say so. An answer of
 * another epoch than the hub's is ignored, and asked for again after the next check: on a
 * standby that is promoted, entries of the new epoch can be read before the epoch itself is known.
 */
void catchup_is_of(struct catchup *catchup, const char *epoch);

/* In the answer to a load: the last seq that an earlier epoch shares with the current one. */
void catchup_branch(struct catchup *catchup, const char *epoch, int64_t seq);

/* In the answer to a check: the head of a match that exists. */
void catchup_head(struct catchup *catchup, int64_t match_id, int64_t head);

/*
 * The first entry of the lobby's log, whose older entries may be purged. It comes in the answer
 * to a check, and after the entries in the answer to a load of the lobby. Without it the relay
 * finds out when a viewer asks for a purged entry.
 */
void catchup_lobby_first(struct catchup *catchup, int64_t seq);

/* In the answer to a load, before the entries: head and state. NULL: there is no state yet. */
void catchup_state(struct catchup *catchup, int64_t head, const char *state, size_t length);

/*
 * In the answer to a load, before the entries: the seq of an older line, the oldest first (see
 * topic/lines.h). If a source cannot give these, histories are shorter.
 */
void catchup_line(struct catchup *catchup, int64_t seq);

/* An entry of the answer, the oldest first. */
void catchup_row(struct catchup *catchup, int64_t seq, const char *body, size_t length);

/* A match of a list, by falling numbers, with its state. NULL: it has none yet. */
void catchup_match(struct catchup *catchup, int64_t match_id, const char *state, size_t length);

/* The `before` of the next page of the list, if the source can say it. 0: this is the last page. */
void catchup_list_next(struct catchup *catchup, int64_t next);

/* The answer has ended. */
void catchup_done(struct catchup *catchup, enum catchup_outcome outcome);

/* The connection was lost: the query that was under way will be sent again. */
void catchup_abort(struct catchup *catchup);

/* How many entries of our topics are known to be in the table and are not in the topics yet. */
int64_t catchup_lag(const struct catchup *catchup);

/* Whether no entry is missing that was published before this moment. */
bool catchup_is_complete(const struct catchup *catchup);

/* ---- between its files: catchup.c asks, the others take the answers ---- */

/* Entries that are asked for at once; if all came, there may be more. */
#define CATCHUP_NEWER_ROWS 500

/* Sets the query that is under way, and its topic, which must not be freed until it is done. */
void catchup_set(struct catchup *catchup, enum catchup_query query, struct topic *topic);

/* No query is under way any more; the results of the last one stay. */
void catchup_end(struct catchup *catchup);

/* Whether the JSON of the entry has the match and seq of its row. If not, it counts as missing. */
bool catchup_is_sound(struct catchup *catchup, int64_t seq, const char *body,
                      size_t length) MUST_CHECK;

/* Fewer entries were found than are known. True the first time: then they have to be read again. */
bool catchup_is_doubtful(struct catchup *catchup, struct topic *topic);

/* These entries do not exist: viewers that stand before them start afresh after them. */
void catchup_note_hole(struct catchup *catchup, struct topic *topic, int64_t from, int64_t to);

/* A row of CATCHUP_HISTORY; and the end of its rows, which releases the history. */
void catchup_history_row(struct catchup *catchup, int64_t seq, const char *body, size_t length);
void catchup_history_done(struct catchup *catchup, struct topic *topic, struct history *history,
                          bool is_broken);

#endif
