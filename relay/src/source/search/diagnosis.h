/*
 * What is wrong with the database, and what to do about it.
 *
 * A mistake in the relay's own options (role, password, database) is refused for
 * good: trying again would change nothing, and lock accounts. For a fault that a DBA can
 * mend in the database, the relay waits.
 */
#ifndef DIAGNOSIS_H
#define DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>

#define DIAGNOSIS_REASON_BYTES 384

struct diagnosis {
    const char *sqlstate; /* or what stands in a message that has none */
    bool is_for_good;
    bool is_brief; /* it may be over in a moment, and asking again costs little */
    const char *hint;
};

/* Of a query that failed. NULL, as sqlstate: the connection is lost. Never returns NULL. */
const struct diagnosis *diagnosis_of_state(const char *sqlstate);

/*
 * Of a message of libpq, which gives no SQLSTATE before a connection stands, but
 * writes it into verbose ones: FATAL:  28P01: password authentication failed …
 */
const struct diagnosis *diagnosis_of_message(const char *message);

/* A message of libpq, which may be of several lines, as one; LOCATION is left out. */
void diagnosis_reason(char reason[DIAGNOSIS_REASON_BYTES], const char *message);

#endif
