/*
 * Reports: the relay tells the database how it is and how many viewers each match has, for
 * commentary.stat_relay and commentary.viewers.
 *
 * They share the feed's connection and come after everything else: one constant
 * statement, once in an interval, while nothing waits to be read. A database that
 * takes no report (an older schema, no privilege, read-only) serves the relay all the same:
 * that is logged once, and tried again much later.
 */
#ifndef REPORT_H
#define REPORT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "source/reports.h"
#include "stats/metrics.h"

struct source;

#define SQLSTATE_BYTES 6
#define REPORT_NUMBERS 10

struct report {
    char relay_id[17];
    char host[256];
    int64_t interval_ms;          /* 0: never */
    int64_t due_ms;               /* 0: at once */
    char refused[SQLSTATE_BYTES]; /* with what it was last refused; "": it is not */
};

/* The name is one that no other relay has. */
void report_init(struct report *report, const char *relay_id, int64_t interval_ms);

bool report_is_due(const struct report *report, int64_t now_ms);

/* What a report says, and the memory that it takes. */
struct report_values {
    const char *fields[REPORT_FIELDS]; /* NULL: not known */
    char numbers[REPORT_NUMBERS][24], latency[32];
    struct buffer match_ids, viewers;
};

/*
 * With the parts of its workers, if the source is a feeder: the relay is one row, of which
 * viewers, memory and what was sent are added up. False: memory ran out. It is to be freed
 * either way.
 */
bool report_collect(struct report_values *values, const struct report *report,
                    const struct source *source, const struct gauges *now) MUST_CHECK;
void report_values_free(struct report_values *values);

/* Sends one, of this relay or of another. False: the connection is broken. */
bool report_send(PGconn *conn, const char *const fields[REPORT_FIELDS]) MUST_CHECK;

/* The database took it, or did not: the next is due an interval later. */
void report_taken(struct report *report);
void report_refused(struct report *report, const PGresult *result);

#endif
