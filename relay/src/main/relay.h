/*
 * The relay: one process, one thread, one loop, and all its parts. A turn of the loop waits,
 * dispatches what came in, and then sends out everything that is new.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>

#include "base/attr.h"
#include "main/relay_state.h"

/* From its options, certificate and keys. False: memory or descriptors ran out. */
bool relay_build(struct relay *relay) MUST_CHECK;

/* Until it is stopped, and all viewers are gone or the drain is over; relay->code says why. */
void relay_run(struct relay *relay);

/* Reads all options and files again, of the relay or of a supervisor, which is not built. */
void relay_reload(void *relay);

/* Frees all parts that have been built. */
void relay_free(struct relay *relay);

#endif
