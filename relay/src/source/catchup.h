/*
 * Catching up: what is read from the table, and when.
 *
 * One query at a time of a source. All that viewers ask for is coalesced: a topic is read
 * once for all who wait for it. What is wanted for different reasons takes turns (enum want),
 * and each query is bounded: so nobody waits for long because others want much.
 *
 * A check compares heads, of 1,000 topics at a time: those that are followed (all of them
 * at each heartbeat), those that somebody asks for after a while, and, when many are to be
 * loaded, which of those exist at all.
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
    int64_t floor;        /* behind the last hole in the rows */
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
    CATCHUP_ABSENT, /* CATCHUP_LOAD: there is no such match; CATCHUP_LIST: it cannot be told */
    CATCHUP_BROKEN, /* something of it is missing, and its rows are of no use */
};

enum catchup_sent { CATCHUP_IDLE, CATCHUP_SENT, CATCHUP_FAILED };

/* The source has it and the hub from now on. */
void catchup_init(struct catchup *catchup, struct source *source);

/* A new connection, which hears what is new already: everything is to be compared. */
void catchup_begin(struct catchup *catchup);

/* Sends the next query, if there is anything to read. */
enum catchup_sent catchup_send(struct catchup *catchup) MUST_CHECK;

/* At the end of each turn of the loop: asks the next question, if there is one. */
void catchup_turn_end(struct catchup *catchup);

/* ---- answers of the source ---- */

/* The epoch, in the answer to a check. "": there is none yet. */
void catchup_epoch(struct catchup *catchup, const char *epoch);

/*
 * A follower that had an epoch makes its initial copy once more: nothing that it lacks is gone,
 * and nothing is read before the copy is made.
 */
bool catchup_is_copied_anew(const struct catchup *catchup);

/*
 * Of which epoch the rows of the answer are that follow, if that can be told. The answer of
 * another epoch than the hub's is left alone, and asked for again behind the next check: on a
 * standby that is promoted, entries of the new epoch can be read before it is known.
 */
void catchup_is_of(struct catchup *catchup, const char *epoch);

/* Up to which seq the match's history in an earlier epoch is ours, in the answer to a load. */
void catchup_branch(struct catchup *catchup, const char *epoch, int64_t seq);

/* The head of a match that there is, in the answer to a check. */
void catchup_head(struct catchup *catchup, int64_t match_id, int64_t head);

/*
 * The first entry that the lobby's log still has, in the answer to a check, and behind the
 * entries in that to a load of the lobby: older ones may be purged. Without it the relay finds
 * out when a viewer asks for one of them.
 */
void catchup_lobby_first(struct catchup *catchup, int64_t seq);

/* Head and state, before the entries, in the answer to a load. NULL: it has no state yet. */
void catchup_state(struct catchup *catchup, int64_t head, const char *state, size_t length);

/*
 * An older line of the match than the entries that a load gives, before all of these and the
 * oldest first: see topic/lines.h. A source that cannot tell them has a shorter history.
 */
void catchup_line(struct catchup *catchup, int64_t seq);

/* One entry of what was asked for, the oldest first. */
void catchup_row(struct catchup *catchup, int64_t seq, const char *body, size_t length);

/* A match of a list, by falling numbers, with its state. NULL: it has none yet. */
void catchup_match(struct catchup *catchup, int64_t match_id, const char *state, size_t length);

/* Where the list goes on, if the source can say: before this match. 0: it ends. */
void catchup_list_next(struct catchup *catchup, int64_t next);

/* All of the answer has come. */
void catchup_done(struct catchup *catchup, enum catchup_outcome outcome);

/* The connection was lost: what was under way is wanted again. */
void catchup_abort(struct catchup *catchup);

/* How many entries are known to be in the table, and not here yet, in topics we have. */
int64_t catchup_lag(const struct catchup *catchup);

/* Nothing that was published before this moment is missing. */
bool catchup_is_complete(const struct catchup *catchup);

/* ---- between its files: catchup.c asks, the others take the answers ---- */

/* Entries that are asked for at once; if all came, there may be more. */
#define CATCHUP_NEWER_ROWS 500

/* The query under way is this one now, of that topic, which has to stay until it is done. */
void catchup_set(struct catchup *catchup, enum catchup_query query, struct topic *topic);

/* None is under way; what is known of the last one stays. */
void catchup_end(struct catchup *catchup);

/* Is the entry what its row says? If not, it counts as missing. */
bool catchup_is_sound(struct catchup *catchup, int64_t seq, const char *body,
                      size_t length) MUST_CHECK;

/* Less was found than is known: true the first time, and then it has to be read again. */
bool catchup_is_doubtful(struct catchup *catchup, struct topic *topic);

/* These entries do not exist: viewers before them start afresh behind them. */
void catchup_note_hole(struct catchup *catchup, struct topic *topic, int64_t from, int64_t to);

/* A row of CATCHUP_HISTORY, and the end of it; the history is released. */
void catchup_history_row(struct catchup *catchup, int64_t seq, const char *body, size_t length);
void catchup_history_done(struct catchup *catchup, struct topic *topic, struct history *history,
                          bool is_broken);

#endif
