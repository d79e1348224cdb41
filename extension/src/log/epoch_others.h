/*
 * epoch_others.h
 *		In a follower: epochs of this server beside those of its primary.
 */
#ifndef COMMENTARY_EPOCH_OTHERS_H
#define COMMENTARY_EPOCH_OTHERS_H

#include "utils/rel.h"

/*
 * Takes the number from epochs that began here, unless it is below the numbers of the
 * primary's.  Needs SPI.
 */
extern void epoch_disown_unused(Relation epoch);

/* The highest number of an epoch that the entries have; 0: none has one.  Needs SPI. */
extern int64 epoch_newest_in_log(void);

#endif /* COMMENTARY_EPOCH_OTHERS_H */
