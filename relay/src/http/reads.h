/*
 * /matches, /matches/ID and /matches/ID/commentary: documents, from memory when they are
 * there, else by a read of the table.
 *
 * Documents are shared: all exchanges that ask for the same document while it is being read
 * wait for one reading, and all that are sent it hold references to one body.
 */
#ifndef READS_H
#define READS_H

struct exchange;
struct http;
struct reading;

void reads_init(struct http *http);

/* Answers the exchange, by its route, now or later. */
void reads_begin(struct exchange *exchange);

/* The exchange has waited for too long. */
void reads_give_up(struct exchange *exchange);

/* The exchange waits no more. */
void reads_leave(struct exchange *exchange);

/* At the end of a turn: readings that have got further, and documents that are old. */
void reads_turn_end(struct http *http);

/* At the end; no exchange is left. */
void reads_free(struct http *http);

#endif
