/*
 * epoch_others.h
 *		In a follower: epochs of this server beside those of its primary.
 */
#ifndef COMMENTARY_EPOCH_OTHERS_H
#define COMMENTARY_EPOCH_OTHERS_H

#include "utils/rel.h"

/*
 * Epochs that began here lose their number, when those of the primary have it or come
 * behind it.  Needs SPI.
 */
extern void epoch_disown_unused(Relation epoch);

/* The highest number of an epoch that the entries have; 0: none has one.  Needs SPI. */
extern int64 epoch_newest_in_log(void);

#endif /* COMMENTARY_EPOCH_OTHERS_H */
