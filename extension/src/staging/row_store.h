/*
 * row_store.h
 *		Rows that wait in memory, and beyond work_mem in a temporary file.
 */
#ifndef COMMENTARY_ROW_STORE_H
#define COMMENTARY_ROW_STORE_H

#include "tables/columns.h"

typedef struct RowStore RowStore;

/*
 * An empty store.  It lives as long as the top transaction: call row_store_free()
 * before that commits, since a file that is still open then is reported as a leak.
 * After an abort there is nothing to do.
 */
extern RowStore *row_store_new(void);
extern void row_store_free(RowStore *store);

/* Copies the row.  ERROR when memory, temp_file_limit or the disk does not allow it. */
extern void row_store_add(RowStore *store, const EntryRow *row);

extern int64 row_store_count(const RowStore *store);

/* Forgets the newest rows, so that so many are left. */
extern void row_store_keep(RowStore *store, int64 count);

/*
 * Reading, oldest first.  A row and what its Datums point at are there until the next
 * call for this store.  Columns that are not staged are null.
 */
extern void row_store_rewind(RowStore *store);
extern bool row_store_next(RowStore *store, EntryRow *row);

#endif /* COMMENTARY_ROW_STORE_H */
