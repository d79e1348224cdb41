/* Whether the database acknowledges commits. */
#include "source/acks.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"

void acks_begin(struct acks *acks)
{
    acks->can_be_asked = false;
    acks->is_known = false;
}

/* A change is news, and that it still is so is none. */
void acks_take(struct acks *acks, bool is_working, int64_t oldest_ms, const char *waits_for)
{
    bool was_fine = !*acks->reason;

    acks->is_known = true;
    acks->is_working = is_working;
    acks->oldest_ms = oldest_ms;
    acks->reason[0] = '\0';
    if (!is_working)
        snprintf(acks->reason, sizeof(acks->reason),
                 "the database acknowledges no commit: the oldest has waited for %" PRId64
                 " ms; the flusher waits for %s",
                 oldest_ms, *waits_for ? waits_for : "nothing that is known");
    if (was_fine && !is_working)
        log_error("the database acknowledges no commit", LOG_TEXT("waits_for", waits_for),
                  LOG_NUMBER("oldest_ms", oldest_ms),
                  LOG_TEXT("hint", "viewers are served; commentary.check() says what to do"));
    else if (!was_fine && is_working)
        log_info("the database acknowledges commits again");
}

bool acks_are_fine(const struct acks *acks)
{
    return !acks->is_known || acks->is_working;
}
