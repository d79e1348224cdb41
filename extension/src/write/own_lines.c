/*
 * own_lines.c
 *		The latest time in each match of this transaction's own lines.
 *
 * A stack: the lines of a savepoint are above the lines before it, and are removed when the
 * savepoint is rolled back.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "fmgr.h"

#include "base/compat.h"
#include "write/own_lines.h"

#define MAX_OWN_LINES 1000 /* matches; find() looks at the newest first */

static OwnLines known[MAX_OWN_LINES];
static int num_known = 0;

static void on_xact_end(XactEvent event, void *argument);
static void on_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						   void *argument);
static OwnLines *find(int64 match_id);
static OwnLines *push(int64 match_id, const OwnLines *before);
static uint64 digest_of(const EntryRow *row);

void
own_lines_install_callbacks(void)
{
	RegisterXactCallback(on_xact_end, NULL);
	RegisterSubXactCallback(on_subxact_end, NULL);
}

const OwnLines *
own_lines_of(int64 match_id)
{
	return find(match_id);
}

void
own_lines_note(const EntryRow *row, bool moves_score)
{
	LineClock clock = line_clock_of(row);
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	OwnLines *lines;

	if (!moves_score && clock.minute == CLOCK_UNKNOWN && clock.period == CLOCK_UNKNOWN)
		return;
	lines = find(match_id);
	if (lines == NULL || lines->nest_level < GetCurrentTransactionNestLevel())
		lines = push(match_id, lines);
	if (lines == NULL)
		return;
	if (lines->latest.minute == CLOCK_UNKNOWN || line_clock_compare(clock, lines->latest) > 0)
		lines->latest = clock;
	if (moves_score)
	{
		lines->has_score = true;
		lines->scorer = digest_of(row);
	}
}

bool
own_lines_is_scorer(const OwnLines *lines, const EntryRow *row)
{
	return lines != NULL && lines->has_score && lines->scorer != 0 &&
		   lines->scorer == digest_of(row);
}

static OwnLines *
find(int64 match_id)
{
	for (int i = num_known - 1; i >= 0; i--)
	{
		if (known[i].match_id == match_id)
			return &known[i];
	}
	return NULL;
}

static OwnLines *
push(int64 match_id, const OwnLines *before)
{
	OwnLines *lines = &known[num_known];

	if (num_known == MAX_OWN_LINES)
		return NULL;
	if (before != NULL)
		*lines = *before;
	else
		*lines = (OwnLines){
			.match_id = match_id,
			.latest = { CLOCK_UNKNOWN, CLOCK_UNKNOWN, CLOCK_UNKNOWN },
		};
	lines->nest_level = GetCurrentTransactionNestLevel();
	num_known++;
	return lines;
}

static uint64
digest_of(const EntryRow *row)
{
	text *packed;

	if (row->isnull[COL_CLIENT_REF])
		return 0;
	packed = DatumGetTextPP(row->values[COL_CLIENT_REF]);
	return hash_bytes_extended((const unsigned char *) VARDATA_ANY(packed),
							   VARSIZE_ANY_EXHDR(packed), 0) |
		   1;
}

static void
on_xact_end(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		num_known = 0;
}

static void
on_subxact_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *argument)
{
	int level = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		while (num_known > 0 && known[num_known - 1].nest_level >= level)
			num_known--;
	}
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
	{
		for (int i = num_known; i > 0 && known[i - 1].nest_level >= level; i--)
			known[i - 1].nest_level = level - 1;
	}
}
