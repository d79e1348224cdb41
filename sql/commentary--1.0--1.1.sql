-- What version 1.1 of the extension commentary adds to 1.0: rows set aside,
-- steering the flusher, statistics, relays and their viewers, a doctor, and purging.

\echo Use "ALTER EXTENSION commentary UPDATE" to load this file. \quit

-- Whoever may create in the schema in which the extension is made could put a
-- function or an operator of his own in front of PostgreSQL's.
SET LOCAL search_path = pg_catalog, pg_temp;

--
-- Rows set aside
--

-- The columns of a staging segment, behind those that tell why.
CREATE TABLE commentary.rejected (
	rejected_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	rejected_at  timestamptz NOT NULL DEFAULT now(),
	sqlstate     text NOT NULL,
	error        text NOT NULL,
	detail       text,
	wants_replay boolean NOT NULL DEFAULT false,
	match_id     bigint,
	stage_no     bigint NOT NULL,
	op           text,
	ref_seq      bigint,
	kind         text,
	period       smallint,
	minute       smallint,
	stoppage     smallint,
	actor        text,
	team         text,
	message      text,
	tags         text[],
	metadata     jsonb,
	home_score   integer,
	away_score   integer,
	client_ref   text,
	created_at   timestamptz
);
COMMENT ON TABLE commentary.rejected IS 'Rows that could not be flushed, with the error. Mend what it tells and call commentary.replay_rejected(), or DELETE the row';
COMMENT ON COLUMN commentary.rejected.sqlstate IS 'Of the newest attempt to flush it, like error and detail';
COMMENT ON COLUMN commentary.rejected.wants_replay IS 'Private: set by commentary.replay_rejected() for the flusher';
COMMENT ON COLUMN commentary.rejected.stage_no IS 'The order in which rows were staged; not the seq';

CREATE INDEX rejected_wants_replay ON commentary.rejected (rejected_id) WHERE wants_replay;

CREATE FUNCTION commentary.replay_rejected(rejected_id bigint) RETURNS void
	LANGUAGE c VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	AS 'MODULE_PATHNAME', 'commentary_replay_rejected';
COMMENT ON FUNCTION commentary.replay_rejected(bigint) IS 'Has a rejected row flushed again: after your COMMIT it is in the log, or still in commentary.rejected with its new error';

SELECT pg_catalog.pg_extension_config_dump('commentary.rejected', '');
SELECT pg_catalog.pg_extension_config_dump('commentary.rejected_rejected_id_seq', '');

--
-- Epochs
--

COMMENT ON COLUMN commentary.epoch.system_identifier IS 'The system and the database whose history this is: SYSTEM/OID. A copy of either begins an epoch of its own';

--
-- Steering the flusher
--

CREATE FUNCTION commentary.pause() RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_pause';
COMMENT ON FUNCTION commentary.pause() IS 'Stops flushing in this database until resume() or a restart of the server; returns when no flush is under way. Writers go on staging, and durable commits wait';

CREATE FUNCTION commentary.resume() RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_resume';
COMMENT ON FUNCTION commentary.resume() IS 'Ends pause(): what was staged meanwhile is flushed';

CREATE FUNCTION commentary.worker_restart() RETURNS integer
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_worker_restart';
COMMENT ON FUNCTION commentary.worker_restart() IS 'Has the flusher of this database flush what there is and end, and another one start; returns the pid of that';

--
-- Statistics
--

CREATE FUNCTION commentary.flush_counters(
	OUT flushes bigint, OUT entries bigint, OUT notifications bigint, OUT unannounced bigint,
	OUT duplicates bigint, OUT rejected bigint, OUT waits bigint, OUT staged_rows bigint,
	OUT last_flush_at timestamptz, OUT last_flush_rows bigint,
	OUT mean_ms double precision, OUT max_ms double precision, OUT since timestamptz)
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_flush_counters';
COMMENT ON FUNCTION commentary.flush_counters() IS 'Private: the row of commentary.stat_flush';

CREATE VIEW commentary.stat_flush AS SELECT * FROM commentary.flush_counters();
COMMENT ON VIEW commentary.stat_flush IS 'What the flusher of this database has done since the server started or reset_stats() was called';
COMMENT ON COLUMN commentary.stat_flush.flushes IS 'Transactions that wrote entries';
COMMENT ON COLUMN commentary.stat_flush.unannounced IS 'Entries without a NOTIFY, because the notification queue was full: relays find them in the table';
COMMENT ON COLUMN commentary.stat_flush.duplicates IS 'Rows that the log had already, by their client_ref or as the same state of the match';
COMMENT ON COLUMN commentary.stat_flush.rejected IS 'Rows set aside in commentary.rejected';
COMMENT ON COLUMN commentary.stat_flush.waits IS 'Inserts that had to wait for room in staging';
COMMENT ON COLUMN commentary.stat_flush.staged_rows IS 'Rows that wait to be flushed now, at most';
COMMENT ON COLUMN commentary.stat_flush.mean_ms IS 'A flush, from its beginning to the end of its commit';

CREATE FUNCTION commentary.reset_stats() RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_reset_stats';
COMMENT ON FUNCTION commentary.reset_stats() IS 'Sets the counters of commentary.stat_flush and commentary.status() to zero';

CREATE VIEW commentary.stat_match AS
SELECT m.match_id, m.home, m.away, m.status,
	coalesce(newest.seq, 0) AS head,
	first.created_at AS first_entry_at,
	newest.created_at AS last_entry_at,
	newest.flushed_at - newest.created_at AS last_entry_lag,
	(SELECT count(*) FROM commentary.entry c
		WHERE c.match_id = m.match_id AND c.ref_seq IS NOT NULL) AS corrections,
	(SELECT count(*) FROM commentary.rejected r WHERE r.match_id = m.match_id) AS rejected
FROM commentary.match m
LEFT JOIN LATERAL (SELECT e.seq, e.created_at, e.flushed_at FROM commentary.entry e
	WHERE e.match_id = m.match_id ORDER BY e.seq DESC LIMIT 1) AS newest ON true
LEFT JOIN LATERAL (SELECT e.created_at FROM commentary.entry e
	WHERE e.match_id = m.match_id ORDER BY e.seq LIMIT 1) AS first ON true;
COMMENT ON VIEW commentary.stat_match IS 'Each match and its log: how far it is, since when, how far the newest entry lagged behind its insert';
COMMENT ON COLUMN commentary.stat_match.head IS 'The newest seq, which is the number of entries';
COMMENT ON COLUMN commentary.stat_match.last_entry_lag IS 'Of the newest entry: from its insert to its flush';

--
-- Relays and their viewers
--

-- A row for each relay that reports. UNLOGGED: it is out of date in seconds, and a
-- report writes no WAL but the few bytes of its commit, for which nobody waits.
CREATE UNLOGGED TABLE commentary.relay (
	relay_id      text PRIMARY KEY CHECK (relay_id ~ '^[0-9a-f]{16}$'),
	reported_by   text NOT NULL DEFAULT session_user,
	last_seen     timestamptz NOT NULL DEFAULT now(),
	report_ms     integer NOT NULL CHECK (report_ms BETWEEN 1 AND 3600000),
	host          text NOT NULL CHECK (octet_length(host) <= 255),
	pid           integer NOT NULL,
	version       text NOT NULL CHECK (octet_length(version) <= 64),
	started_at    timestamptz NOT NULL,
	feed_state    text NOT NULL CHECK (feed_state IN ('down', 'connecting', 'catching_up', 'live')),
	viewers       bigint NOT NULL,
	topics        bigint NOT NULL,
	cached_bytes  bigint NOT NULL,
	deliveries    bigint NOT NULL,
	sent_bytes    bigint NOT NULL,
	feed_connects bigint NOT NULL,
	lag_entries   bigint NOT NULL,
	latency_ms    double precision,
	match_ids     bigint[] NOT NULL CHECK (cardinality(match_ids) <= 10000 AND array_position(match_ids, NULL) IS NULL),
	match_viewers integer[] NOT NULL CHECK (cardinality(match_viewers) = cardinality(match_ids))
) WITH (fillfactor = 50);
COMMENT ON TABLE commentary.relay IS 'Private: what each relay last reported; commentary.stat_relay and commentary.viewers show it';
COMMENT ON COLUMN commentary.relay.report_ms IS 'How often it reports';
COMMENT ON COLUMN commentary.relay.match_ids IS 'The matches that somebody follows there, 0 for the lobby; match_viewers tells by how many';

-- It must never hold up the relay, which waits for it on the connection of its feed.
CREATE FUNCTION commentary.report_relay(
	relay_id text, report_ms integer, host text, pid integer, version text,
	started_at timestamptz, feed_state text, viewers bigint, topics bigint, cached_bytes bigint,
	deliveries bigint, sent_bytes bigint, feed_connects bigint, lag_entries bigint,
	latency_ms double precision, match_ids bigint[], match_viewers integer[]) RETURNS void
	LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
BEGIN ATOMIC
	DELETE FROM commentary.relay AS r WHERE r.relay_id IN (
		SELECT gone.relay_id FROM commentary.relay AS gone
		WHERE gone.last_seen < now() - 10 * gone.report_ms * interval '1 millisecond'
		FOR UPDATE SKIP LOCKED);
	INSERT INTO commentary.relay AS r (relay_id, report_ms, host, pid, version, started_at, feed_state,
		viewers, topics, cached_bytes, deliveries, sent_bytes, feed_connects, lag_entries, latency_ms,
		match_ids, match_viewers)
	SELECT report_relay.relay_id, report_relay.report_ms, report_relay.host, report_relay.pid,
		report_relay.version, report_relay.started_at, report_relay.feed_state, report_relay.viewers,
		report_relay.topics, report_relay.cached_bytes, report_relay.deliveries,
		report_relay.sent_bytes, report_relay.feed_connects, report_relay.lag_entries,
		report_relay.latency_ms, report_relay.match_ids, report_relay.match_viewers
	WHERE (SELECT count(*) FROM commentary.relay) < 1000
		OR EXISTS (SELECT FROM commentary.relay AS own WHERE own.relay_id = report_relay.relay_id)
	ON CONFLICT (relay_id) DO UPDATE SET
		last_seen = now(), report_ms = excluded.report_ms, feed_state = excluded.feed_state,
		viewers = excluded.viewers, topics = excluded.topics, cached_bytes = excluded.cached_bytes,
		deliveries = excluded.deliveries, sent_bytes = excluded.sent_bytes,
		feed_connects = excluded.feed_connects, lag_entries = excluded.lag_entries,
		latency_ms = excluded.latency_ms, match_ids = excluded.match_ids,
		match_viewers = excluded.match_viewers
	WHERE r.reported_by = excluded.reported_by;
END;
COMMENT ON FUNCTION commentary.report_relay(text, integer, text, integer, text, timestamptz, text, bigint, bigint, bigint, bigint, bigint, bigint, bigint, double precision, bigint[], integer[]) IS 'Private: a relay tells how it is. Those that have not done so for ten times their interval are forgotten; beyond 1,000, one more is not taken';

CREATE VIEW commentary.stat_relay AS
SELECT r.relay_id, r.host, r.pid, r.version, r.reported_by, r.started_at, r.last_seen,
	r.feed_state, r.viewers, r.topics, r.cached_bytes, r.deliveries, r.sent_bytes,
	r.feed_connects, r.lag_entries, r.latency_ms
FROM commentary.relay AS r
WHERE r.last_seen > now() - 3 * r.report_ms * interval '1 millisecond';
COMMENT ON VIEW commentary.stat_relay IS 'The relays that have reported lately, each process by itself, and what they have done since they started';
COMMENT ON COLUMN commentary.stat_relay.last_seen IS 'The newest report. After three intervals without one the relay is not shown: it has ended, or lost the database';
COMMENT ON COLUMN commentary.stat_relay.topics IS 'Matches in its memory, and the lobby';
COMMENT ON COLUMN commentary.stat_relay.deliveries IS 'Entries sent, each as often as it had viewers';
COMMENT ON COLUMN commentary.stat_relay.feed_connects IS 'How often it has connected to the database';
COMMENT ON COLUMN commentary.stat_relay.lag_entries IS 'Entries that it knows to be in the log and has not got yet';
COMMENT ON COLUMN commentary.stat_relay.latency_ms IS 'From the flusher''s COMMIT of an entry to the last send of it, by the clocks of the two machines: the mean since the relay started';

CREATE VIEW commentary.viewers AS
SELECT f.match_id, sum(f.viewers)::bigint AS viewers, count(*) AS relays
FROM commentary.relay AS r, unnest(r.match_ids, r.match_viewers) AS f (match_id, viewers)
WHERE r.last_seen > now() - 3 * r.report_ms * interval '1 millisecond'
GROUP BY f.match_id;
COMMENT ON VIEW commentary.viewers IS 'How many viewers follow each match, on how many relays, by their newest reports; match 0 is the lobby';

--
-- The doctor
--

CREATE FUNCTION commentary.is_loaded() RETURNS boolean
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_is_loaded';
COMMENT ON FUNCTION commentary.is_loaded() IS 'Private: was the library in shared_preload_libraries when the server started?';

CREATE FUNCTION commentary.check()
	RETURNS TABLE (subject text, is_ok boolean, finding text, to_do text)
	LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH status AS (
		SELECT s.* FROM commentary.status() AS s WHERE commentary.is_loaded()
	), counters AS (
		SELECT c.* FROM commentary.stat_flush AS c WHERE commentary.is_loaded()
	), findings (subject, is_ok, finding, to_do) AS (
		SELECT 'library', commentary.is_loaded(),
			CASE WHEN commentary.is_loaded() THEN 'loaded at the start of the server' ELSE 'not loaded: inserts fail' END,
			'Add commentary to shared_preload_libraries in postgresql.conf and restart the server.'
		UNION ALL
		SELECT 'version', e.extversion = a.default_version,
			format('%s is installed, %s is available', e.extversion, a.default_version),
			'ALTER EXTENSION commentary UPDATE;'
		FROM pg_extension AS e JOIN pg_available_extensions AS a ON a.name = e.extname
		WHERE e.extname = 'commentary'
		UNION ALL
		SELECT 'flusher', s.flusher_pid IS NOT NULL AND s.state <> 'paused',
			CASE WHEN s.flusher_pid IS NULL THEN 'none runs' ELSE format('%s, pid %s', s.state, s.flusher_pid) END,
			CASE WHEN s.state = 'paused' THEN 'SELECT commentary.resume();'
				ELSE 'See the server''s log; max_worker_processes must leave one worker for each database with commentary, and one more.' END
		FROM status AS s
		UNION ALL
		SELECT 'backlog', c.staged_rows < greatest(current_setting('commentary.max_staged')::bigint / 2, 1),
			format('%s rows wait of at most %s', c.staged_rows, current_setting('commentary.max_staged')),
			'Look for locks on commentary.entry in pg_locks, and for a slow disk; commentary.stat_flush shows how long a flush takes.'
		FROM counters AS c
		UNION ALL
		SELECT 'staging', s.staging_bytes <= 64 * 1024 * 1024,
			format('%s in the segments', pg_size_pretty(s.staging_bytes)),
			'A transaction that has written commentary and stays open keeps its segment: see idle in transaction in pg_stat_activity.'
		FROM status AS s
		UNION ALL
		SELECT 'rejected', count(*) = 0, format('%s rows set aside', count(*)),
			'SELECT rejected_id, error FROM commentary.rejected; mend it, then commentary.replay_rejected(rejected_id).'
		FROM commentary.rejected
		UNION ALL
		SELECT 'notifications', pg_notification_queue_usage() * 100 <= current_setting('commentary.notify_queue_limit')::double precision,
			format('the queue is %s %% full', round((pg_notification_queue_usage() * 100)::numeric, 2)),
			'End the transaction of the session that LISTENs: pg_stat_activity shows it.'
		FROM counters AS c
		UNION ALL
		SELECT 'durability', current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on',
			format('fsync = %s, full_page_writes = %s', current_setting('fsync'), current_setting('full_page_writes')),
			'Switch both on: a crash of the machine may lose what was acknowledged.'
		UNION ALL
		SELECT 'acknowledgement', current_setting('commentary.ack', true) = 'durable',
			format('commentary.ack = %s', current_setting('commentary.ack', true)),
			'For this session: a crash of the server loses what it has staged and is not flushed yet. If that is not wanted: SET commentary.ack = durable.'
		WHERE commentary.is_loaded()
		UNION ALL
		SELECT 'epoch', count(*) > 0, coalesce('epoch ' || (SELECT commentary.epoch()), 'none yet'),
			'The flusher makes it when it starts: see flusher.'
		FROM commentary.epoch
		UNION ALL
		SELECT 'listeners', count(*) > 0, format('%s relays are connected', count(*)),
			'Start commentary-relay, if viewers are to see anything.'
		FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'commentary-relay'
		UNION ALL
		SELECT 'relays', count(*) FILTER (WHERE s.feed_state <> 'live' OR s.lag_entries > 0) = 0,
			format('%s report %s viewers; %s lag', count(*), sum(s.viewers), count(*) FILTER (WHERE s.feed_state <> 'live' OR s.lag_entries > 0)),
			'Look again: a relay that catches up lags for moments. If it stays so, see its log and commentary.stat_relay.'
		FROM commentary.stat_relay AS s
		HAVING count(*) > 0
	)
	SELECT f.subject, f.is_ok, f.finding, CASE WHEN f.is_ok THEN 'ok' ELSE f.to_do END
	FROM findings AS f;
END;
COMMENT ON FUNCTION commentary.check() IS 'The doctor: one row for each thing that must be right, with what to do where it is not';

--
-- Purging
--

CREATE FUNCTION commentary.purge(match_id bigint) RETURNS bigint
	LANGUAGE c VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	AS 'MODULE_PATHNAME', 'commentary_purge';
COMMENT ON FUNCTION commentary.purge(bigint) IS 'Removes a match that is finished or abandoned, with its log and its rejected rows; returns the number of entries. Its number is not given again, and the lobby keeps its history. The flusher waits until it is done, and so do durable commits';

--
-- Privileges: what this script made, and nobody asked for, is nobody's.
--

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA commentary FROM PUBLIC;
GRANT EXECUTE ON FUNCTION commentary.newer(anyelement, anyelement), commentary.newest(anyelement) TO PUBLIC;
