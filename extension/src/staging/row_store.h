/*
 * row_store.h
 *		Rows that wait in memory and, beyond work_mem, in a temporary file.
 */
#ifndef COMMENTARY_ROW_STORE_H
#define COMMENTARY_ROW_STORE_H

#include "tables/columns.h"

typedef struct RowStore RowStore;

/*
 * Makes an empty store, in the memory of the top transaction.  Call row_store_free() before
 * that commits: PostgreSQL reports a file that is still open then as a leak.  An abort frees
 * the store.
 */
extern RowStore *row_store_new(void);
extern void row_store_free(RowStore *store);

/* Copies the row.  ERROR when memory, temp_file_limit or the disk does not allow it. */
extern void row_store_add(RowStore *store, const EntryRow *row);

extern int64 row_store_count(const RowStore *store);

/* Removes the newest rows, so that `count` rows are left. */
extern void row_store_keep(RowStore *store, int64 count);

/*
 * Reads the rows, oldest first.  A row and what its Datums point at are valid until the next
 * call for this store.  Columns that are not staged are null.
 */
extern void row_store_rewind(RowStore *store);
extern bool row_store_next(RowStore *store, EntryRow *row);

#endif /* COMMENTARY_ROW_STORE_H */
