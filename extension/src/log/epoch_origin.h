/*
 * epoch_origin.h
 *		Which server, database and table an epoch belongs to.
 */
#ifndef COMMENTARY_EPOCH_ORIGIN_H
#define COMMENTARY_EPOCH_ORIGIN_H

#include "utils/rel.h"

/* What an epoch belongs to. */
typedef struct EpochOrigin
{
	char *system; /* database, and table */
	int64 timeline;
	char *place;
} EpochOrigin;

/* Of an epoch that would begin here and now, palloc'd. */
extern EpochOrigin epoch_origin_here(void);

/* Has commentary.epoch this column, in the version of the extension that is installed? */
extern bool epoch_has_column(const char *name);

/* Opens commentary.epoch.  ERROR, with a hint, when a column that we name is missing. */
extern Relation epoch_open(LOCKMODE mode);

#endif /* COMMENTARY_EPOCH_ORIGIN_H */
