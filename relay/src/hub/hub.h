/*
 * The hub: all topics and all viewers. It gets entries from the source, and sends them to the
 * viewers of the server. Entries come in by hub_notice() and hub_publish(); hub_hint() says that
 * a match may have new ones. At the end of each turn of the loop, hub_turn_end() sends them out.
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

/*
 * The epoch of the table. If it is not the one from before, every topic is read anew, and its
 * viewers go on where they were, or start afresh if they hold what the new epoch does not have.
 */
void hub_set_epoch(struct hub *hub, const char *epoch);

/* One payload of the flusher's own channel. */
void hub_notice(struct hub *hub, const char *payload);

/*
 * One payload of a channel on which any role may notify. It is not trusted: only the match that it
 * names is read from the table, and the rate of such reads is bounded.
 */
void hub_hint(struct hub *hub, const char *payload);

/* Entries may have been missed: the heads are compared, at most once a second. */
void hub_suspect(struct hub *hub);

/* An entry as the table has it. */
struct hub_entry {
    int64_t match_id, seq;
    int64_t flushed_us; /* since 1970 */
    const char *body;
    size_t length;
};

/* Publishes an entry of any match, if the relay has its topic: see hub_publish(). */
void hub_take_entry(struct hub *hub, const struct hub_entry *entry);

/* Publishes an entry. Drops it if the topic has it already; if entries before it are missing, it
   has them read. */
void hub_publish(struct hub *hub, struct topic *topic, int64_t seq, const char *body,
                 size_t length);

/* ---- what the server calls ---- */

/* Greets a new viewer, or closes it when there are too many. */
void hub_add_viewer(struct hub *hub, struct viewer *viewer);
void hub_remove_viewer(struct hub *hub, struct viewer *viewer);

/* One whole message of a viewer. */
void hub_hear(struct hub *hub, struct viewer *viewer, const char *text, size_t length);

/* The viewer's connection takes more bytes: sending goes on from its cursors. */
void hub_writable(struct hub *hub, struct viewer *viewer);

/* At the end of each turn of the loop: sends what is new. */
void hub_turn_end(struct hub *hub);

#endif
