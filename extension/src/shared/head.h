/*
 * head.h
 *		Heads: the last seq that the flusher has written in the log of each match.
 */
#ifndef COMMENTARY_HEAD_H
#define COMMENTARY_HEAD_H

#include "shared/shared.h"

/*
 * The flusher: this transaction appends an entry to this log.  The head counts when
 * the transaction commits.
 */
extern void head_note(Oid log, int64 match_id, int64 seq);

/*
 * The head of a match since the start of the server; 0 when it is not known: the
 * flusher has written nothing there, or other matches since.
 */
extern int64 head_of(DatabaseState *db, Oid log, int64 match_id);

/*
 * The flusher, when the log comes from another server from now on: that server may have
 * fewer entries than were written here.
 */
extern void head_forget(DatabaseState *db);

#endif /* COMMENTARY_HEAD_H */
