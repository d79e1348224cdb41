/*
 * publish.c
 *		Entries → payloads → NOTIFY.
 *
 * A notification costs the same whether it carries ten bytes or 7,999, so
 * entries are packed.  README.md ("Notifications") has the format.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/async.h"
#include "lib/stringinfo.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "flush/publish.h"
#include "log/body.h"
#include "shared/channel.h"

#define FORMAT_VERSION 1

/* async.c refuses a payload of 8,000 bytes (NOTIFY_PAYLOAD_MAX_LENGTH). */
#define MAX_PAYLOAD_BYTES 7999

/* "1 EPOCH MATCH SEQ COUNT TIME": 2 + 17 + 21 + 21 + 5 + 17. */
#define MAX_HEADER_BYTES 83

/* How often the queue is looked at: 64 notifications are half a megabyte at most. */
#define LOOK_EVERY_MS			 1000
#define LOOK_EVERY_NOTIFICATIONS 64

typedef struct Payload
{
	int64 match_id; /* key */
	int64 first_seq;
	int64 last_seq;
	int num_entries;
	int64 flushed_us;	  /* of the first, in microseconds since 1970; 0: now */
	StringInfoData lines; /* each begins with a newline */
} Payload;

static int64 notifications_sent = 0; /* by this process */

static void tell_room(bool has_room, double used);
static Payload *find_payload(Publisher *publisher, int64 match_id);
static bool has_room(const Payload *payload, int line_bytes);
static void send_payload(Publisher *publisher, Payload *payload);
static void send_header_only(Publisher *publisher, const char *channel, int64 match_id, int64 seq);
static void announce(Publisher *publisher, const char *channel, const char *message);
static int64 microseconds_since_1970(TimestampTz time);
static int64 flushed_us(const EntryRow *row);

void
publish_open(Publisher *publisher, const char *epoch, bool is_muted)
{
	HASHCTL control = {
		.keysize = sizeof(int64),
		.entrysize = sizeof(Payload),
		.hcxt = CurrentMemoryContext
	};
	DatabaseState *db = shared_database();

	publisher->epoch = epoch;
	publisher->channel = db->channel;
	publisher->gives_hints = channel_wants_hints(db);
	publisher->context = CurrentMemoryContext;
	publisher->notifications = 0;
	publisher->unannounced = 0;
	publisher->is_muted = is_muted;
	publisher->is_of_follower = false;
	publisher->payloads = hash_create("commentary payloads", 64, &control,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

void
publish_add(Publisher *publisher, const EntryRow *row)
{
	int64 match_id = DatumGetInt64(row->values[COL_MATCH_ID]);
	int64 seq = DatumGetInt64(row->values[COL_SEQ]);
	Payload *payload;
	StringInfoData line;

	if (publisher->is_muted)
	{
		publisher->unannounced++;
		return;
	}
	payload = find_payload(publisher, match_id);
	initStringInfo(&line);
	body_append(&line, row);
	if (!has_room(payload, line.len) || seq != payload->last_seq + 1)
		send_payload(publisher, payload);

	if (!has_room(payload, line.len))
		send_header_only(publisher, publisher->channel, match_id, seq);
	else
	{
		if (payload->num_entries++ == 0)
		{
			payload->first_seq = seq;
			payload->flushed_us = publisher->is_of_follower ? flushed_us(row) : 0;
		}
		appendStringInfoChar(&payload->lines, '\n');
		appendBinaryStringInfo(&payload->lines, line.data, line.len);
	}
	payload->last_seq = seq;
	pfree(line.data);
}

void
publish_hint(Publisher *publisher, int64 match_id, int64 seq)
{
	if (!publisher->is_muted)
		send_header_only(publisher, publisher->channel, match_id, seq);
}

void
publish_close(Publisher *publisher)
{
	HASH_SEQ_STATUS scan;
	Payload *payload;

	hash_seq_init(&scan, publisher->payloads);
	while ((payload = hash_seq_search(&scan)) != NULL)
	{
		send_payload(publisher, payload);

		/* Only a hint where to look: any role can listen on this channel. */
		if (publisher->gives_hints)
			send_header_only(publisher, CHANNEL_PUBLIC, payload->match_id, payload->last_seq);
	}
}

/*
 * A header without an entry.  A full queue must not keep an epoch from beginning: then
 * relays find it at their next heartbeat.
 */
void
publish_epoch(const char *epoch)
{
	char *message;

	if (!publish_has_room())
		return;
	message = psprintf("%d %s 0 0 0", FORMAT_VERSION, epoch);
	Async_Notify(shared_database()->channel, message);
	notifications_sent++;
	pfree(message);
}

/*
 * Look at the queue only now and then, since a look takes its locks.  The queue cannot
 * fill within a second, or with a few notifications.
 */
bool
publish_has_room(void)
{
	static TimestampTz looked_at = 0;
	static int64 sent = 0;
	static bool has_room = true;
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	double used;

	if (looked_at != 0 && !TimestampDifferenceExceeds(looked_at, now, LOOK_EVERY_MS) &&
		notifications_sent - sent < LOOK_EVERY_NOTIFICATIONS)
		return has_room;
	looked_at = now;
	sent = notifications_sent;
	used = 100 * DatumGetFloat8(DirectFunctionCall1(pg_notification_queue_usage, (Datum) 0));
	if (has_room != (used <= commentary_notify_queue_limit))
	{
		has_room = !has_room;
		tell_room(has_room, used);
	}
	return has_room;
}

static void
tell_room(bool has_room, double used)
{
	if (has_room)
		ereport(LOG,
				(errmsg("commentary announces its entries again"),
				 errdetail("The notification queue is %.3g %% full.", used)));
	else
		ereport(WARNING,
				(errmsg("commentary goes on without NOTIFY: the notification queue is %.3g %% full", used),
				 errdetail("Nothing is lost: relays find new entries in the table."),
				 errhint("A session that LISTENs stays in a transaction; pg_stat_activity shows it. End that transaction, or the session.")));
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
		payload->flushed_us = 0;
		payload->first_seq = payload->last_seq = 0;
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
	message = psprintf("%d %s " INT64_FORMAT " " INT64_FORMAT " %d " INT64_FORMAT "%s",
					   FORMAT_VERSION, publisher->epoch, payload->match_id,
					   payload->first_seq, payload->num_entries,
					   payload->flushed_us > 0 ? payload->flushed_us
											   : microseconds_since_1970(GetCurrentTimestamp()),
					   payload->lines.data);
	announce(publisher, publisher->channel, message);
	pfree(message);
	payload->num_entries = 0;
	resetStringInfo(&payload->lines);
}

/* An entry too large for a notification, or a hint: to be read from the table. */
static void
send_header_only(Publisher *publisher, const char *channel, int64 match_id, int64 seq)
{
	char *message = psprintf("%d %s " INT64_FORMAT " " INT64_FORMAT " 1",
							 FORMAT_VERSION, publisher->epoch, match_id, seq);

	announce(publisher, channel, message);
	pfree(message);
}

static void
announce(Publisher *publisher, const char *channel, const char *message)
{
	Async_Notify(channel, message);
	publisher->notifications++;
	notifications_sent++;
}

/* Told with the entries, so that a relay can measure how long they took to it. */
static int64
microseconds_since_1970(TimestampTz time)
{
	int64 epoch_days = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;

	return time + epoch_days * USECS_PER_DAY;
}

/* By the clock of the primary. */
static int64
flushed_us(const EntryRow *row)
{
	return row->isnull[COL_FLUSHED_AT]
			   ? 0
			   : microseconds_since_1970(DatumGetTimestampTz(row->values[COL_FLUSHED_AT]));
}
