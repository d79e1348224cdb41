/* The gate, and the passes of viewers. */
#include "hub/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hub/viewer.h"
#include "wire/protocol.h"

#define TICK_MS 1000
/* The wall clock may be set: a token's end is looked at anew at least so often. */
#define LOOK_AGAIN_S 3600

struct pass {
    struct wheel_timer timer; /* first: the wheel leads back to here */
    struct viewer *viewer;
    struct grant *grant; /* NULL: no token yet */
};

void gate_init(struct gate *gate, const struct auth *auth, int64_t within_ms,
               struct buffer *scratch)
{
    *gate = (struct gate){.auth = auth, .within_ms = within_ms, .scratch = scratch};
    wheel_init(&gate->wheel, clock_ms(), TICK_MS);
}

/* ---- time ---- */

static int64_t seconds_left(const struct grant *grant)
{
    return grant->expires_s - clock_real_s();
}

static void wait_for_end(struct gate *gate, struct pass *pass)
{
    int64_t left_s = seconds_left(pass->grant) + AUTH_LEEWAY_S;

    if (left_s > LOOK_AGAIN_S)
        left_s = LOOK_AGAIN_S;
    wheel_set(&gate->wheel, &pass->timer, clock_ms(), left_s > 0 ? left_s * 1000 : 0);
}

static void on_timer(struct wheel_timer *timer, void *context)
{
    struct pass *pass = (struct pass *)timer;

    if (!pass->grant)
        viewer_close(pass->viewer, CLOSE_UNAUTHORISED);
    else if (seconds_left(pass->grant) + AUTH_LEEWAY_S <= 0)
        viewer_close(pass->viewer, CLOSE_EXPIRED);
    else
        wait_for_end(context, pass);
}

void gate_turn_end(struct gate *gate)
{
    if (gate->auth)
        wheel_turn(&gate->wheel, clock_ms(), on_timer, gate);
}

/* ---- passes ---- */

static void pass_take(struct gate *gate, struct pass *pass, struct grant *grant)
{
    grant_free(pass->grant);
    pass->grant = grant;
    wait_for_end(gate, pass);
}

void gate_admit(struct gate *gate, struct viewer *viewer, struct grant *grant)
{
    if (!gate->auth)
        return;
    viewer->pass = calloc(1, sizeof(*viewer->pass));
    if (!viewer->pass) {
        grant_free(grant);
        viewer_close(viewer, CLOSE_TOO_MANY);
        return;
    }
    viewer->pass->viewer = viewer;
    if (grant)
        pass_take(gate, viewer->pass, grant);
    else
        wheel_set(&gate->wheel, &viewer->pass->timer, clock_ms(), gate->within_ms);
}

void gate_leave(struct viewer *viewer)
{
    if (!viewer->pass)
        return;
    wheel_unset(&viewer->pass->timer);
    grant_free(viewer->pass->grant);
    free(viewer->pass);
    viewer->pass = NULL;
}

static const struct grant *grant_of(const struct viewer *viewer)
{
    return viewer->pass ? viewer->pass->grant : NULL;
}

int64_t gate_within_ms(const struct gate *gate, const struct viewer *viewer)
{
    return gate->auth && !grant_of(viewer) ? gate->within_ms : 0;
}

/* ---- what is said ---- */

static void turn_away(struct gate *gate, struct viewer *viewer, const char *code,
                      const char *message, enum close_code close)
{
    viewer_refuse(viewer, gate->scratch, code, message, PROTOCOL_NO_MATCH);
    viewer_close(viewer, close);
}

void gate_tell(struct gate *gate, struct viewer *viewer)
{
    const struct grant *grant = grant_of(viewer);
    int64_t left_s;

    if (!grant)
        return;
    left_s = seconds_left(grant);
    protocol_authorised(gate->scratch, left_s > 0 ? left_s * 1000 : 0);
    viewer_say(viewer, frame_end(gate->scratch));
}

/* From the end: the last slot moves to the place of a slot that is given up. */
static void unfollow_what_is_not_covered(struct gate *gate, struct viewer *viewer)
{
    for (int slot = viewer->slot_count; slot-- > 0;) {
        int64_t match_id = viewer->slots[slot].topic->match_id;

        if (grant_covers(grant_of(viewer), match_id))
            continue;
        viewer_unfollow(viewer, slot);
        viewer_refuse(viewer, gate->scratch, "forbidden", "the new token does not cover this match",
                      match_id);
        protocol_unsubscribed(gate->scratch, match_id);
        viewer_say(viewer, frame_end(gate->scratch));
        if (viewer_is_closing(viewer))
            return;
    }
}

void gate_hear(struct gate *gate, struct viewer *viewer, const char *token)
{
    struct auth_fault fault;
    struct grant *grant;

    if (!gate->auth) {
        protocol_authorised(gate->scratch, PROTOCOL_NEVER);
        viewer_say(viewer, frame_end(gate->scratch));
        return;
    }
    grant = auth_check(gate->auth, token, strlen(token), clock_real_s(), &fault);
    if (!grant) {
        turn_away(gate, viewer, fault.is_expired ? "expired" : "unauthorised", fault.message,
                  fault.is_expired ? CLOSE_EXPIRED : CLOSE_UNAUTHORISED);
        return;
    }
    if (grant_is_empty(grant) || !viewer->pass) {
        grant_free(grant);
        turn_away(gate, viewer, "forbidden", "the token covers no match", CLOSE_FORBIDDEN);
        return;
    }
    pass_take(gate, viewer->pass, grant);
    gate_tell(gate, viewer);
    unfollow_what_is_not_covered(gate, viewer);
}

bool gate_lets_follow(struct gate *gate, struct viewer *viewer, int64_t match_id)
{
    const struct grant *grant = grant_of(viewer);

    if (!gate->auth || (grant && grant_covers(grant, match_id)))
        return true;
    if (grant)
        viewer_refuse(viewer, gate->scratch, "forbidden", "the token does not cover this match",
                      match_id);
    else
        viewer_refuse(viewer, gate->scratch, "unauthorised", "show a token first: send auth",
                      match_id);
    return false;
}
