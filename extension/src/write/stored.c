/*
 * stored.c
 *		Rows that bring nothing new, because the log has them already.
 *
 * The flusher decides this for certain, because it sees all rows one after the other.  Here
 * the usual case ends early: a feed sends again what it has sent.  While other rows wait to be
 * flushed, one of them may change the answer, so then the row is staged.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/value.h"
#include "match/content.h"
#include "match/reference.h"
#include "match/saying.h"
#include "shared/ack.h"
#include "shared/shared.h"
#include "staging/pending.h"
#include "write/overlay.h"
#include "write/score.h"
#include "write/stored.h"

#define AGAIN "Nothing was staged a second time."

static bool is_known_insert(const EntryRow *row, int64 *seq);
static const char *why_known(const Standing *standing, const EntryRow *row, int64 digest);
static bool is_known_correction(const EntryRow *row, int64 *seq);
static bool others_wait(void);
static void tell(const EntryRow *row, int64 seq, const char *detail);
static void fail_retracted(const EntryRow *row, const Standing *standing);

bool
stored_is_known(const EntryRow *row, int64 *seq)
{
	*seq = 0;
	if (!column_op_is(row, OP_INSERT))
		return is_known_correction(row, seq);
	return !row->isnull[COL_CLIENT_REF] && is_known_insert(row, seq);
}

int64
stored_put(EntryRow *row, int64 seq)
{
	ScoreMove move;
	int64 number;

	score_decide(row, seq, &move);
	if (seq == 0)
		overlay_add(row);
	number = pending_put(row);
	score_move(&move);
	return number;
}

static bool
is_known_insert(const EntryRow *row, int64 *seq)
{
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	bool is_doubtful = others_wait(); /* before the log is read */
	EntryRow correction = *row;
	Standing standing;
	int64 digest;

	*seq = reference_find_client_ref(match_id, row->values[COL_CLIENT_REF]);
	if (*seq == 0 || is_doubtful)
		return false;
	digest = content_digest(row);
	if (!reference_read(match_id, *seq, row, digest, &standing) ||
		saying_settle_insert(&standing, &correction, digest) == SAYING_NEW)
		return false;
	tell(row, *seq, why_known(&standing, row, digest));
	return true;
}

static const char *
why_known(const Standing *standing, const EntryRow *row, int64 digest)
{
	if (digest == standing->last_said)
		return AGAIN;
	if (standing->was_said)
		return "It has said this before, and something else since; nothing was staged. A higher client_version says that it is meant.";
	return standing->has_version ? "Nothing was staged: its client_version is lower than one that is stored." : AGAIN;
}

static bool
is_known_correction(const EntryRow *row, int64 *seq)
{
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	int64 ref_seq = row->isnull[COL_REF_SEQ] ? 0 : DatumGetInt64(row->values[COL_REF_SEQ]);
	bool is_doubtful = others_wait();
	EntryRow correction = *row;
	Standing standing;

	if (ref_seq == 0 || !reference_read(match_id, ref_seq, row, 0, &standing))
		return false;
	if (standing.is_retracted && !standing.is_keyed)
		fail_retracted(row, &standing);
	if (row->isnull[COL_CLIENT_REF] || is_doubtful ||
		saying_settle_correction(&standing, &correction) == SAYING_NEW)
		return false;
	*seq = ref_seq;
	tell(row, ref_seq, AGAIN);
	return true;
}

/* Are there rows, committed or of this transaction, that are not in the log yet? */
static bool
others_wait(void)
{
	DatabaseState *db = shared_database();

	return ack_rows_pending() > 0 ||
		   pg_atomic_read_u64(&db->rows_moved) != pg_atomic_read_u64(&db->rows_committed);
}

static void
tell(const EntryRow *row, int64 seq, const char *detail)
{
	ereport(NOTICE,
			(errmsg("client_ref \"%s\" is stored already, as entry " INT64_FORMAT " of match " INT64_FORMAT,
					TextDatumGetCString(row->values[COL_CLIENT_REF]), seq,
					DatumGetInt64(row->values[COL_MATCH_ID])),
			 errdetail_internal("%s", detail)));
}

static void
fail_retracted(const EntryRow *row, const Standing *standing)
{
	ereport(ERROR,
			(value_column_context("feed", "ref_seq"),
			 errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("entry " INT64_FORMAT " of match " INT64_FORMAT " is retracted already", standing->seq,
					DatumGetInt64(row->values[COL_MATCH_ID])),
			 errdetail("Entry " INT64_FORMAT " has withdrawn it.", standing->retracted_seq),
			 column_op_is(row, OP_RETRACT)
				 ? errhint("Nothing is left to be done.")
				 : errhint("Post it as a new entry.")));
}
