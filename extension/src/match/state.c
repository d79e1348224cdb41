/*
 * state.c
 *		The state of a match as viewers get it: JSON, in the metadata of an entry.
 *
 * The triggers of commentary.match refuse a bad row, but triggers can be disabled, and rows
 * can be older than a rule.  So each state is checked again before it enters the log.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "match/state.h"

static JsonbValue *member(Jsonb *state, const char *name);
static bool is_number(const JsonbValue *value, int64 number);
static const char *status_fault(const JsonbValue *status);

bool
state_is_status(const char *word)
{
	static const char *const known[] = {
		"scheduled", "live", "paused", "finished", "abandoned", "postponed", "cancelled"
	};

	for (int i = 0; i < lengthof(known); i++)
	{
		if (strcmp(word, known[i]) == 0)
			return true;
	}
	return false;
}

bool
state_is_end(const char *status)
{
	return strcmp(status, "finished") == 0 || strcmp(status, "abandoned") == 0 ||
		   strcmp(status, "cancelled") == 0;
}

bool
state_has_ended(Datum state)
{
	const JsonbValue *status = member(DatumGetJsonbP(state), "status");

	return status != NULL && status->type == jbvString &&
		   state_is_end(pnstrdup(status->val.string.val, status->val.string.len));
}

const char *
state_fault(int64 match_id, Datum state)
{
	Jsonb *jsonb = DatumGetJsonbP(state);

	if (!JB_ROOT_IS_OBJECT(jsonb))
		return "It is not an object.";
	if (!is_number(member(jsonb, "match"), match_id))
		return "It is not the state of this match.";
	return status_fault(member(jsonb, "status"));
}

void
state_require(int64 match_id, Datum state)
{
	const char *fault = state_fault(match_id, state);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("the state of match " INT64_FORMAT " cannot be shown to viewers", match_id),
				 errdetail("%s", fault),
				 errhint("Correct the row in commentary.match.")));
}

static JsonbValue *
member(Jsonb *state, const char *name)
{
	return getKeyJsonValueFromContainer(&state->root, name, strlen(name), NULL);
}

static bool
is_number(const JsonbValue *value, int64 number)
{
	Datum wanted = DirectFunctionCall1(int8_numeric, Int64GetDatum(number));

	if (value == NULL || value->type != jbvNumeric)
		return false;
	return DatumGetBool(DirectFunctionCall2(numeric_eq,
											NumericGetDatum(value->val.numeric), wanted));
}

static const char *
status_fault(const JsonbValue *status)
{
	char *word;

	if (status == NULL || status->type != jbvString)
		return "It has no status.";
	word = pnstrdup(status->val.string.val, status->val.string.len);
	return state_is_status(word) ? NULL : psprintf("Its status is \"%s\".", word);
}
