/*
 * Documents for /matches, /matches/ID, /matches/ID/commentary and /match/ID: from memory when
 * they are there, else by a read of the table.
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

/* Call it when the exchange has waited for too long. */
void reads_give_up(struct exchange *exchange);

/* Ends the wait of the exchange, without an answer. */
void reads_leave(struct exchange *exchange);

/* Call it at the end of each turn: continues readings, and forgets old documents. */
void reads_turn_end(struct http *http);

/* Call it when no exchange is left. */
void reads_free(struct http *http);

#endif
