/*
 * The ports of a relay: that for viewers, whose sockets the supervisor opens, or is given by
 * the service manager or by the program before; and that for metrics, which each worker opens.
 */
#ifndef PORTS_H
#define PORTS_H

#include <stdbool.h>

#include "base/attr.h"
#include "door/listener.h"

struct handover;
struct relay;

/* ---- in the supervisor ---- */

/* False: error says why not, and what to do. */
bool ports_open(struct relay *relay, char error[LISTENER_ERROR_BYTES]) MUST_CHECK;

/* For struct supervisor_settings; the context is the relay. */
void ports_close(void *context);
void ports_rest(void *context, int number);
bool ports_hand_over(void *context, struct handover *handover) MUST_CHECK;

/* ---- in a worker ---- */

/* It keeps its share of the sockets. */
void ports_share(struct relay *relay);

/* Listens. False: it cannot, and has said why. */
bool ports_listen(struct relay *relay) MUST_CHECK;
bool ports_listen_for_metrics(struct relay *relay) MUST_CHECK;

void ports_close_listeners(struct relay *relay);
void ports_close_metrics(struct relay *relay);

#endif
