/*
 * saying.c
 *		Compares a row that has a stored client_ref with the earlier rows of this client_ref.
 *
 * A saying is a row of a client_ref.  A feed that lost its connection sends all its rows
 * again, in the same order, and files have each version of an event.  So a row is compared
 * with the sayings of its client_ref, and not with the entry as it is now, which an editor
 * may have corrected meanwhile:
 *
 *	equal to a saying				nothing is done
 *	a lower client_version			nothing is done
 *	new, or a higher client_version	the differences from the last saying are amended
 *	the entry was retracted			a new saying reinstates it, and so does any row if
 *									the retraction had the same client_ref
 *
 * The digest of each saying is kept with it in the log, because a foreign trigger may
 * change its columns there.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "match/content.h"
#include "match/saying.h"

static bool is_older(const Standing *standing, const EntryRow *row);
static bool is_newer(const Standing *standing, const EntryRow *row);
static bool reinstates(const Standing *standing, const EntryRow *row, int64 digest);
static bool become_amendment(const EntryRow *said, EntryRow *row);
static void become_reinstatement(const Standing *standing, EntryRow *row);
static Saying settle_own_amendment(const Standing *standing, EntryRow *row);
static void set_digest(EntryRow *row, int64 digest);
static bool is_retracted_by(const Standing *standing, const EntryRow *row);

Saying
saying_settle_insert(const Standing *standing, EntryRow *row, int64 digest)
{
	if (is_older(standing, row))
		return SAYING_KNOWN;
	if (standing->is_retracted)
	{
		if (!reinstates(standing, row, digest))
			return SAYING_KNOWN;
		become_reinstatement(standing, row);
	}
	else if (digest == standing->last_said ||
			 (standing->was_said && !is_newer(standing, row)) ||
			 !become_amendment(&standing->said, row))
		return SAYING_KNOWN;

	row->values[COL_REF_SEQ] = Int64GetDatum(standing->seq);
	row->isnull[COL_REF_SEQ] = false;
	set_digest(row, digest);
	return SAYING_NEW;
}

Saying
saying_settle_correction(const Standing *standing, EntryRow *row)
{
	if (column_op_is(row, OP_RETRACT))
		return standing->is_retracted ? SAYING_KNOWN : SAYING_NEW;
	if (row->isnull[COL_CLIENT_REF])
		return SAYING_NEW;
	if (content_is_equal(&standing->said, row, COL_CLIENT_REF))
		return settle_own_amendment(standing, row);
	return standing->is_keyed ? SAYING_KNOWN : SAYING_NEW;
}

static bool
is_older(const Standing *standing, const EntryRow *row)
{
	return standing->has_version && !row->isnull[COL_CLIENT_VERSION] &&
		   DatumGetInt64(row->values[COL_CLIENT_VERSION]) < standing->version;
}

static bool
is_newer(const Standing *standing, const EntryRow *row)
{
	return !row->isnull[COL_CLIENT_VERSION] &&
		   (!standing->has_version ||
			DatumGetInt64(row->values[COL_CLIENT_VERSION]) > standing->version);
}

/* An entry that an editor has retracted comes back only with a saying that is new. */
static bool
reinstates(const Standing *standing, const EntryRow *row, int64 digest)
{
	return is_retracted_by(standing, row) || !standing->was_said ||
		   (is_newer(standing, row) && digest != standing->last_said);
}

static bool
is_retracted_by(const Standing *standing, const EntryRow *row)
{
	return standing->has_retracted_ref &&
		   datum_image_eq(standing->retracted_ref, row->values[COL_CLIENT_REF], false, -1);
}

/*
 * Reduces the row to what differs from the last saying: columns that it gives anew, and
 * columns that it leaves out now.  False: nothing differs.
 */
static bool
become_amendment(const EntryRow *said, EntryRow *row)
{
	Datum cleared[NUM_ENTRY_COLUMNS];
	int num_cleared = 0;
	bool is_different = false;

	for (EntryColumn i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		if (!column_is_content(i))
			continue;
		if (content_is_equal(said, row, i))
			column_set_null(row, i);
		else if (!row->isnull[i])
			is_different = true;
		else if (entry_columns[i].may_clear)
			cleared[num_cleared++] = CStringGetTextDatum(entry_columns[i].name);
	}
	column_set_text(row, COL_OP, OP_AMEND);
	row->isnull[COL_CLEAR] = num_cleared == 0;
	if (num_cleared > 0)
		row->values[COL_CLEAR] = PointerGetDatum(
			construct_array(cleared, num_cleared, TEXTOID, -1, false, TYPALIGN_INT));
	return is_different || num_cleared > 0;
}

/* Writes the whole entry again: viewers have dropped it, and need all of it. */
static void
become_reinstatement(const Standing *standing, EntryRow *row)
{
	EntryRow given = *row;
	EntryRow whole = standing->now;

	(void) become_amendment(&standing->said, &given);
	standing_apply(&whole, &given);
	for (EntryColumn i = 0; i < NUM_ENTRY_COLUMNS; i++)
	{
		if (!column_is_content(i))
			continue;
		row->values[i] = whole.values[i];
		row->isnull[i] = whole.isnull[i];
	}
	column_set_text(row, COL_OP, OP_REINSTATE);
	column_set_null(row, COL_CLEAR);
}

/* amend() with the entry's own client_ref is a saying too, but gives only some columns. */
static Saying
settle_own_amendment(const Standing *standing, EntryRow *row)
{
	EntryRow whole = standing->said;
	EntryRow changes;

	if (is_older(standing, row))
		return SAYING_KNOWN;
	standing_apply(&whole, row);
	changes = whole;
	if (!become_amendment(&standing->said, &changes))
		return SAYING_KNOWN;
	set_digest(row, content_digest(&whole));
	return SAYING_NEW;
}

static void
set_digest(EntryRow *row, int64 digest)
{
	row->values[COL_SAID] = Int64GetDatum(digest);
	row->isnull[COL_SAID] = false;
}
