/*
 * Reports of the relays below this one. The newest report of each waits here until the source
 * passes it on: to the relay above, or, at the root, to the database. So commentary.viewers and
 * stat_relay show the whole tree.
 *
 * A report has the fields of commentary.report_relay(), in their order, as texts. They come from
 * another machine, so each is checked when it comes. Beyond REPORTS_MAX reports, or
 * REPORTS_BYTES_MAX in all, the oldest is dropped; its relay reports again.
 */
#ifndef REPORTS_H
#define REPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "wire/link.h"

#define REPORTS_MAX 1000
#define REPORTS_BYTES_MAX ((size_t)16 * 1024 * 1024)
/* Of the followed matches; the table takes no more. */
#define REPORT_MATCHES_MAX 10000
#define REPORT_FIELDS 17
#define REPORT_NAME_BYTES 17

/* Where a report has what: see the shapes in reports.c. */
enum {
    AT_PID = 3,
    AT_STARTED = 5,
    AT_VIEWERS = 7,
    AT_TOPICS,
    AT_CACHED,
    AT_DELIVERIES,
    AT_BYTES,
    AT_CONNECTS,
    AT_LAG,
    AT_LATENCY,
    AT_MATCHES,
    AT_FOLLOWING
};

struct told_report {
    TAILQ_ENTRY(told_report) link;
    size_t bytes;
    const char *fields[REPORT_FIELDS]; /* NULL: not known */
    char text[];
};

TAILQ_HEAD(told_reports, told_report);

/* The newest report of a worker of this relay: it is a part of the relay's own report. */
struct report_part {
    LIST_ENTRY(report_part) link;
    struct told_report *newest; /* NULL: nothing yet */
};

LIST_HEAD(report_parts, report_part);

/* The counters of a worker, which is identified by its pid and its start. */
struct report_counts {
    int64_t pid, started_s;
    int64_t deliveries, sent_bytes;
    double latency_ms; /* weighed by deliveries */
    int64_t timed;     /* the deliveries of those that told their latency */
};

/* Workers that have gone and may connect again; beyond this, the first is added to `ended`. */
#define REPORTS_GONE_MAX 64

struct reports {
    struct told_reports waiting;
    size_t count, bytes; /* of those that wait */
    struct report_parts parts;
    struct report_counts gone[REPORTS_GONE_MAX];
    size_t gone_count;
    struct report_counts ended; /* the sum of those that are gone for good */
};

void reports_init(struct reports *reports);

/* Takes the lines of a message LINK_REPORT. False: the report is not valid. */
bool reports_take(struct reports *reports, struct link_message *message) MUST_CHECK;

/* The report that was taken last. NULL: none. */
const struct told_report *reports_newest(const struct reports *reports);

/* Replaces characters beyond ASCII by question marks, because not every encoding has them. */
void reports_clean_text(char *text);

/* The name of the relay that it is a report of. False: it is longer, or there is none. */
bool reports_read_name(const struct link_message *message, char *relay_id, size_t size) MUST_CHECK;

/* Whether it is a report of the relay with this name. */
bool reports_are_of(const struct link_message *message, const char *relay_id) MUST_CHECK;

/* Takes the report of a worker into its part, which must be zeroed before its first report. */
bool reports_take_part(struct reports *reports, struct report_part *part,
                       struct link_message *message) MUST_CHECK;

/*
 * The worker has gone. Its counters stay in the sum, unless it connects again and reports them
 * itself. So the sum never falls.
 */
void reports_end_part(struct reports *reports, struct report_part *part);

struct report_counts reports_counts_of(const struct told_report *report);
void reports_add_counts(struct report_counts *sum, const struct report_counts *counts);

/* Takes the report that has waited for longest; free it with free(). NULL: none waits. */
struct told_report *reports_next(struct reports *reports);

/* Writes a whole message of these fields. */
void reports_write(struct buffer *out, const char *const fields[REPORT_FIELDS]);

void reports_free(struct reports *reports);

#endif
