/*
 * The gate: which matches a viewer may follow. Each viewer has a pass. The pass gets a grant
 * from the token of the handshake, or of an `auth` message within a deadline; the grant of a
 * later token replaces it.
 *
 * While everything is public there are no passes, and the gate costs viewers nothing.
 */
#ifndef GATE_H
#define GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/wheel.h"
#include "token/auth.h"

struct viewer;

struct gate {
    const struct auth *auth; /* NULL: everything is public */
    int64_t within_ms;       /* how long a viewer may take to show its token */
    struct wheel wheel;
    struct buffer *scratch; /* the hub's: the message being made */
};

void gate_init(struct gate *gate, const struct auth *auth, int64_t within_ms,
               struct buffer *scratch);

/*
 * Before the viewer is added to the hub: gives it a pass, and takes ownership of the grant.
 * NULL: the viewer still has to show a token. The viewer is closed if memory runs out.
 */
void gate_admit(struct gate *gate, struct viewer *viewer, struct grant *grant);

/* The viewer is gone. Safe at any time, and more than once. */
void gate_leave(struct viewer *viewer);

/* How long the viewer may take to show its token, in ms; 0: it needs none. */
int64_t gate_within_ms(const struct gate *gate, const struct viewer *viewer);

/* Sends `authorised` to a viewer that has a grant. */
void gate_tell(struct gate *gate, struct viewer *viewer);

/* The viewer sends a token in `auth`. A bad token closes the viewer. */
void gate_hear(struct gate *gate, struct viewer *viewer, const char *token);

/* Whether the viewer may follow this match; if not, it gets an error with the reason. */
bool gate_lets_follow(struct gate *gate, struct viewer *viewer, int64_t match_id) MUST_CHECK;

/* At the end of each turn: closes viewers whose token has expired, or has not come in time. */
void gate_turn_end(struct gate *gate);

#endif
