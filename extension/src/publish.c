/*
 * publish.c
 *		Entries → payloads → NOTIFY.
 *
 * A notification costs the same whether it carries ten bytes or 7,999, so
 * entries are packed.  README.md ("Notifications") has the format.
 */
#include "postgres.h"

#include "commands/async.h"
#include "lib/stringinfo.h"

#include "body.h"
#include "publish.h"

#define CHANNEL		   "commentary"
#define FORMAT_VERSION 1

/* async.c refuses a payload of 8,000 bytes (NOTIFY_PAYLOAD_MAX_LENGTH). */
#define MAX_PAYLOAD_BYTES 7999

/* "1 EPOCH MATCH SEQ COUNT": 2 + 17 + 21 + 21 + 5, and what it may grow by. */
#define MAX_HEADER_BYTES 80

typedef struct Payload
{
	int64 match_id; /* key */
	int64 first_seq;
	int num_entries;
	StringInfoData lines; /* each begins with a newline */
} Payload;

static Payload *find_payload(Publisher *publisher, int64 match_id);
static bool has_room(const Payload *payload, int line_bytes);
static void send_payload(Publisher *publisher, Payload *payload);
static void send_header_only(Publisher *publisher, int64 match_id, int64 seq);

void
publish_open(Publisher *publisher, const char *epoch)
{
	HASHCTL control = {
		.keysize = sizeof(int64),
		.entrysize = sizeof(Payload),
		.hcxt = CurrentMemoryContext
	};

	publisher->epoch = epoch;
	publisher->context = CurrentMemoryContext;
	publisher->notifications = 0;
	publisher->payloads = hash_create("commentary payloads", 64, &control,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

void
publish_add(Publisher *publisher, const EntryRow *row)
{
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	int64 seq = DatumGetInt64(row->values[COL_SEQ]);
	Payload *payload = find_payload(publisher, match_id);
	StringInfoData line;

	initStringInfo(&line);
	body_append(&line, row);
	if (!has_room(payload, line.len))
		send_payload(publisher, payload);

	if (!has_room(payload, line.len))
		send_header_only(publisher, match_id, seq);
	else
	{
		if (payload->num_entries++ == 0)
			payload->first_seq = seq;
		appendStringInfoChar(&payload->lines, '\n');
		appendBinaryStringInfo(&payload->lines, line.data, line.len);
	}
	pfree(line.data);
}

void
publish_close(Publisher *publisher)
{
	HASH_SEQ_STATUS scan;
	Payload *payload;

	hash_seq_init(&scan, publisher->payloads);
	while ((payload = hash_seq_search(&scan)) != NULL)
		send_payload(publisher, payload);
}

static Payload *
find_payload(Publisher *publisher, int64 match_id)
{
	bool found;
	Payload *payload = hash_search(publisher->payloads, &match_id, HASH_ENTER, &found);

	if (!found)
	{
		MemoryContext old = MemoryContextSwitchTo(publisher->context);

		payload->num_entries = 0;
		payload->first_seq = 0;
		initStringInfo(&payload->lines);
		MemoryContextSwitchTo(old);
	}
	return payload;
}

static bool
has_room(const Payload *payload, int line_bytes)
{
	return MAX_HEADER_BYTES + payload->lines.len + 1 + line_bytes <= MAX_PAYLOAD_BYTES;
}

static void
send_payload(Publisher *publisher, Payload *payload)
{
	char *message;

	if (payload->num_entries == 0)
		return;
	message = psprintf("%d %s " INT64_FORMAT " " INT64_FORMAT " %d%s",
					   FORMAT_VERSION, publisher->epoch, payload->match_id,
					   payload->first_seq, payload->num_entries, payload->lines.data);
	Async_Notify(CHANNEL, message);
	pfree(message);
	publisher->notifications++;
	payload->num_entries = 0;
	resetStringInfo(&payload->lines);
}

/* Too large for a notification: whoever wants it reads it from the table. */
static void
send_header_only(Publisher *publisher, int64 match_id, int64 seq)
{
	char *message = psprintf("%d %s " INT64_FORMAT " " INT64_FORMAT " 1",
							 FORMAT_VERSION, publisher->epoch, match_id, seq);

	Async_Notify(CHANNEL, message);
	pfree(message);
	publisher->notifications++;
}
