/*
 * The hub: all topics and all viewers, between the source of entries below and the server
 * above. Entries come in by hub_notice() and hub_publish(), and hub_hint() says where
 * some may be; at the end of each turn of the loop, hub_turn_end() sends them out.
 */
#ifndef HUB_H
#define HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "hub/state.h"

/* False: memory ran out. */
bool hub_init(struct hub *hub, const struct hub_settings *settings) MUST_CHECK;
/* All viewers must be gone. */
void hub_free(struct hub *hub);

/* ---- what the feed calls ---- */

void hub_set_feed(struct hub *hub, enum hub_feed feed);

/* The epoch as the table has it. Another one than before: every topic starts afresh. */
void hub_set_epoch(struct hub *hub, const char *epoch);

/* One payload of the flusher's own channel. */
void hub_notice(struct hub *hub, const char *payload);

/*
 * One payload of a channel on which any role may notify. Nothing of it is believed: it
 * names a match that is worth a look at the table, and there are not many such looks.
 */
void hub_hint(struct hub *hub, const char *payload);

/* Something may have been missed. However often it is said, the heads are compared once a second.
 */
void hub_suspect(struct hub *hub);

/* One entry; what is missing before it, or was published before, is seen to. */
void hub_publish(struct hub *hub, struct topic *topic, int64_t seq, const char *body,
                 size_t length);

/* ---- what the server calls ---- */

/* Greets a new viewer, or closes it when there are too many. */
void hub_add_viewer(struct hub *hub, struct viewer *viewer);
void hub_remove_viewer(struct hub *hub, struct viewer *viewer);

/* One whole message of a viewer. */
void hub_hear(struct hub *hub, struct viewer *viewer, const char *text, size_t length);

/* A viewer takes more: goes on from its cursors. */
void hub_writable(struct hub *hub, struct viewer *viewer);

/* At the end of each turn of the loop: sends what is new. */
void hub_turn_end(struct hub *hub);

#endif
