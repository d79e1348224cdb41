/*
 * The hub: all topics and all viewers, between the feed below and the server
 * above. Entries come in by hub_notice() and hub_publish(), and hub_hint() says where
 * some may be; at the end of each
 * turn of the loop, hub_turn_end() sends them out. The keeping of topics is in
 * topics.h.
 */
#ifndef HUB_H
#define HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/bucket.h"
#include "base/buffer.h"
#include "base/map.h"
#include "hub/absent.h"
#include "hub/drain.h"
#include "hub/gate.h"
#include "hub/history.h"
#include "hub/lobby.h"
#include "hub/topic.h"
#include "hub/viewer.h"
#include "wire/notice.h"

enum hub_feed {
    HUB_AWAY,   /* no connection, and none is being made */
    HUB_TRYING, /* connecting or catching up: worth waiting for */
    HUB_LIVE,
};

struct hub_settings {
    size_t max_viewers;
    size_t topic_bytes;
    size_t cache_bytes;
    int64_t ping_interval_ms;
    const struct auth *auth; /* NULL: everything is public */
    int64_t auth_within_ms;  /* how long a viewer may take to show its token */
};

struct hub {
    struct hub_settings settings;
    struct map topics;
    struct topic_shelf shelf;
    struct absent absent;
    struct topic *lobby_topic; /* always there */
    struct lobby lobby;
    struct viewer_list viewers;
    size_t viewer_count;
    struct gate gate;
    struct history_pool histories;
    struct topic_queue dirty;              /* have news that this turn has to send */
    struct topic_queue wanted[WANT_KINDS]; /* have to be read from the table */
    struct buffer scratch;                 /* the message being made */
    char epoch[EPOCH_BYTES_MAX + 1];       /* "": not known yet */
    struct drain drain;
    enum hub_feed feed;
    int64_t lost_ms;       /* since when it is not live */
    bool needs_check;      /* something was missed: compare all heads */
    size_t unsure_count;   /* topics that have to be loaded, if there is such a match */
    int64_t fresh_for_ms;  /* for so long after a check, a topic is as good as the table */
    bool is_suspicious;    /* something may have been missed: see hub_suspect() */
    struct bucket hints;   /* how many of them are followed at once */
    size_t cached_bytes;   /* of all topics */
    int64_t shed_ms;       /* when memory last ran out */
    int64_t trimmed_ms;    /* when the cache was last looked through */
    int64_t complained_ms; /* when a malformed notification was last logged */
};

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

/* Tells a viewer whether the feed is live, if it believes otherwise; `live` when it has all. */
void hub_tell_feed(struct hub *hub, struct viewer *viewer);

/* An error message to a viewer. It concerns that match alone, and closes nothing. */
void hub_refuse(struct hub *hub, struct viewer *viewer, const char *code, const char *message,
                int64_t match_id);

/* At the end of each turn of the loop: sends what is new. */
void hub_turn_end(struct hub *hub);

#endif
