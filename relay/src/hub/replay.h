/*
 * Replay: the entries that a viewer has to get before it is live. They come from the
 * topic's run, or, if they are older, from a history that is read from the table.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include <stdint.h>

#include "hub/state.h"

/* The limit of all histories together: see replay_trim(). */
#define REPLAY_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* Moves the follow to where entry next_seq can be read: the run, a history, or the table. */
void replay_from(struct topic *topic, struct follow *follow, int64_t next_seq);

/* Sends from its cursor on, until the viewer is live, choked, or needs entries from the table. */
void replay_pump(struct hub *hub, struct topic *topic, uint32_t index);

/* The seq for which history is read next; 0: no viewer waits for one. */
int64_t replay_next_wanted(const struct topic *topic);

/*
 * Where a history that holds this seq should begin: a little before it, so that it also
 * serves viewers that come later and have seen a little less.
 */
int64_t replay_history_begin(int64_t wanted);

/* Memory ran out for a history: closes the viewers that wait for one. */
void replay_fail(struct topic *topic);

/* A history has been read: the viewers that wait for its entries go on. */
void replay_history_read(struct hub *hub, struct topic *topic, const struct history *history);

/*
 * Keeps all histories within REPLAY_BYTES_MAX: frees the unused ones first; if that is not
 * enough, closes the viewers that still read the oldest.
 */
void replay_trim(struct hub *hub);

#endif
