/*
 * Whether the database acknowledges commits: asked with each heartbeat, from version 1.2 of
 * the extension on. Everything may be live, and no writer be told that a row is on disk:
 * the flusher is paused, has no worker process, waits for a lock or for a standby.
 */
#ifndef ACKS_H
#define ACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACKS_REASON_BYTES 384

struct acks {
    bool can_be_asked; /* the relay's role may */
    bool is_known;     /* it was answered on this connection */
    bool is_working;
    int64_t oldest_ms;              /* how long the oldest commit has waited */
    char reason[ACKS_REASON_BYTES]; /* !is_working: one line, for operators */
};

/* Another connection: nothing is known yet. */
void acks_begin(struct acks *acks);

/* The answer; waits_for may be empty. */
void acks_take(struct acks *acks, bool is_working, int64_t oldest_ms, const char *waits_for);

/* Nothing speaks against it. */
bool acks_are_fine(const struct acks *acks);

#endif
