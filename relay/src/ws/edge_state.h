/*
 * An edge, a relay that follows this one, as the files edge*.c share it: edge.c is the
 * connection, edge_follow.c what it follows, edge_read.c what it asks for, and edge_list.c lists
 * of matches. ws/edge.h has what others call.
 *
 * To the hub each thing that an edge follows or reads is a viewer of one topic, so that it
 * joins, resumes, reads history and waits as any viewer does; only what it is sent is put into
 * other words. One viewer more, of no topic, hears what concerns the whole connection.
 *
 * What an edge does not take: of each match that it follows one write at most (16 KiB) waits in
 * the outbox of its peer, which is bounded with those of all clients (peer.h); the rest stays
 * a cursor. A match whose cursor falls off is told of as lost, and followed again by the edge
 * from where it is. So neither memory nor other viewers pay for a slow edge.
 */
#ifndef EDGE_STATE_H
#define EDGE_STATE_H

#include <sys/queue.h>

#include "base/buffer.h"
#include "base/map.h"
#include "hub/listing.h"
#include "hub/viewer.h"
#include "source/reports.h"
#include "wire/link.h"
#include "ws/frames.h"

struct edge;
struct peer;
struct server;

/* Matches that one edge follows; one more is told of as lost, and served by questions. */
#define EDGE_FOLLOWS_MAX 100000

enum edge_part_kind { EDGE_FOLLOW, EDGE_READ };

/* A viewer of one topic for an edge. First in what it is a part of. */
struct edge_part {
    struct viewer viewer;
    struct edge *edge;
    int64_t match_id;
    enum edge_part_kind kind;
    bool is_over;    /* the hub is done with it */
    bool is_waiting; /* in edge->waiting */
    TAILQ_ENTRY(edge_part) waiting_link;
};

TAILQ_HEAD(edge_parts, edge_part);
LIST_HEAD(edge_reads, edge_read);

/* One question at a time: an edge asks the next when it has the answer. */
struct edge_question {
    int64_t number;
    enum link_kind kind; /* HEADS, LOAD, PAGE or LIST */
    bool is_open;
    enum link_outcome outcome;  /* so far */
    struct edge_reads reads;    /* that it waits for; LIST: none */
    struct listing_client list; /* LIST */
    struct buffer heads;        /* HEADS: the lines of the answer */
    /* LOAD: state and head are sent first, then as many entries up to that head. */
    bool has_state;
    int64_t head, rows;
    char epoch[EPOCH_BYTES_MAX + 1];
};

struct edge {
    struct viewer viewer; /* of no topic */
    struct peer *peer;
    struct server *server;
    struct frames frames;
    struct map follows;        /* struct edge_follow by match */
    struct edge_parts waiting; /* to send more, or to end; the first goes first */
    struct edge_question question;
    struct report_part part; /* of a worker: see reports.h */
    uint8_t lane;
    int64_t heard_ms;
};

/* ---- edge.c ---- */

/* A message, begun with edge_begin(), goes out. */
struct buffer *edge_begin(struct edge *edge);
enum wire_result edge_send(struct edge *edge, struct buffer *message);

/* It has more to send, or is over: it gets its turn when the edge takes more. */
void edge_wait(struct edge_part *part);

void edge_part_init(struct edge_part *part, struct edge *edge, enum edge_part_kind kind,
                    int64_t match_id, const struct viewer_wire *ops);

/* It must not be known to the hub or the queue any more. The caller frees it. */
void edge_part_end(struct edge_part *part);

/* A viewer_wire's want_writable, close and read for parts. */
void edge_part_want_writable(void *wire);
void edge_part_close(void *wire);
void edge_part_read(void *wire, bool is_wanted);

/* ---- edge_follow.c ---- */

void edge_follow_hear(struct edge *edge, struct link_message *message);
void edge_unfollow_hear(struct edge *edge, struct link_message *message);

/* The hub is done with it: the edge is told, and it is gone. */
void edge_follow_over(struct edge_part *part);
void edge_follow_end_all(struct edge *edge);

/* ---- edge_report.c ---- */

/* A report: of the edge, or of a relay below it. False: it is no right one. */
bool edge_report_hear(struct edge *edge, struct link_message *message) MUST_CHECK;

/* ---- edge_list.c ---- */

/* Begins the question. False: it wishes for what there is not. */
bool edge_list_hear(struct edge *edge, struct link_message *message) MUST_CHECK;

/* ---- edge_read.c ---- */

/* Begins a message that answers the question. */
struct buffer *edge_question_begin(struct edge *edge, enum link_kind kind);

/* All of the answer has been sent. */
void edge_question_finish(struct edge *edge);

/*
 * Begins a question. A list without an answer is given up for it: the edge may have forgotten it
 * while this relay had no source. False: the last question is another one and has no answer yet,
 * or this one asks for too much.
 */
bool edge_question_hear(struct edge *edge, struct link_message *message) MUST_CHECK;

void edge_read_over(struct edge_part *part);
void edge_read_end_all(struct edge *edge);

#endif
