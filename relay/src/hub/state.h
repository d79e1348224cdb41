/*
 * The state of the hub, for the files of this folder: they include nothing of each other
 * but what they call. hub.h has the functions of the hub.
 */
#ifndef HUB_STATE_H
#define HUB_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bucket.h"
#include "base/buffer.h"
#include "base/map.h"
#include "hub/absent.h"
#include "hub/gate.h"
#include "hub/listing.h"
#include "hub/viewer.h"
#include "hub/wants.h"
#include "topic/history.h"
#include "topic/lobby.h"
#include "topic/topic.h"
#include "wire/notice.h"

/* What is known of the drain: see drain.h. */
struct drain {
    bool is_on;
    bool has_successor; /* which listens on the same port */
    bool is_over;       /* all viewers have been told */
    int64_t begun_ms;
    int64_t window_ms;  /* in which all viewers are told */
    uint32_t spread_ms; /* of their retry times; 0: they come back at once */
    int64_t next_ms;    /* when the next few are told */
    size_t viewers;     /* how many there were when it began */
    size_t told;
};

/* Relays below that are counted, and matches of all of them: 16 MB, and a tenth of a second to
   add up. Beyond either the relay that was heard longest ago is forgotten. */
#define AUDIENCE_RELAYS_MAX 1000
#define AUDIENCE_MATCHES_MAX 1000000

TAILQ_HEAD(audience_reports, audience_report);

/* How many viewers there are at relays below: see audience.h. */
struct audience {
    struct audience_reports reports; /* the one that was heard last is last */
    size_t count, match_count;
    int64_t summed_ms; /* when the sums were made */
};

/* Matches that clients of one lane wait for; a viewer of one more is refused at once. */
#define AWAITED_LANE_MAX 32

/* Matches that a source which may lag does not have yet, and that viewers have seen elsewhere. */
struct awaited {
    struct topic_queue topics;
    uint32_t counts[WANTS_LANES];
    int64_t asked_ms; /* when the source was last asked for them */
};

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
    bool tells_viewers;      /* how many they are */
};

struct hub {
    struct hub_settings settings;
    struct map topics;
    struct topic_shelf shelf;
    struct absent absent;
    struct awaited awaited;
    struct audience audience;
    struct topic *lobby_topic; /* always there */
    struct lobby lobby;
    struct viewer_lists viewers;
    size_t viewer_count; /* of all lists */
    size_t edge_count;   /* of those: relays that follow this one */
    struct gate gate;
    struct history_pool histories;
    struct topic_queue dirty;        /* have news that this turn has to send */
    struct wants wanted[WANT_KINDS]; /* have to be read from the table */
    struct listings listings;        /* the same, of lists of matches */
    struct buffer scratch;           /* the message being made */
    char epoch[EPOCH_BYTES_MAX + 1]; /* "": not known yet */
    struct left_epochs left;         /* the epochs before it */
    struct drain drain;
    enum hub_feed feed;
    bool may_lag;          /* the source's: less than before is late, and not gone: a standby */
    int64_t lost_ms;       /* since when it is not live */
    bool is_late;          /* the feed is live, but what comes is too old: viewers are told stale */
    int64_t late_ms;       /* since when */
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

#endif
