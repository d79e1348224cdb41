/*
 * client_ref.h
 *		The writer's own key: an entry is stored once for it in its match.
 */
#ifndef COMMENTARY_CLIENT_REF_H
#define COMMENTARY_CLIENT_REF_H

#include "utils/hsearch.h"
#include "utils/rel.h"

#include "tables/columns.h"

/*
 * Is a row's client_ref new to the log and to this transaction?  It counts as
 * known from now on.  True for a row that has none.  *seen begins as NULL and
 * lives in the current memory context: one for each transaction.
 */
extern bool client_ref_is_new(Relation entry, HTAB **seen, const EntryRow *row);

#endif /* COMMENTARY_CLIENT_REF_H */
