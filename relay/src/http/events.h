/* /matches/ID/events: streams of Server-Sent Events as exchanges that do not end. */
#ifndef EVENTS_H
#define EVENTS_H

struct exchange;

/* Answers the exchange, by its route. */
void events_begin(struct exchange *exchange);

/* Call it when the exchange was woken: its stream has been refused, or has ended. */
void events_go_on(struct exchange *exchange);

/* Call it when the client takes more. */
void events_writable(struct exchange *exchange);

/* Looks whether the client is still there, and sends a heartbeat when it is time. */
void events_tick(struct exchange *exchange);

#endif
