-- What version 1.2 of the extension commentary changes in 1.1.

\echo Use "ALTER EXTENSION commentary UPDATE" to load this file. \quit

-- Whoever may create in the schema in which the extension is made could put a
-- function or an operator of his own in front of PostgreSQL's.
SET LOCAL search_path = pg_catalog, pg_temp;

--
-- Columns: what an entry is made of
--

-- Given the columns one by one, what reads the log goes on when somebody renames one
-- of them or adds another: PostgreSQL keeps these functions bound to the columns.
CREATE FUNCTION commentary.body(
	match_id bigint, seq bigint, op text, ref_seq bigint, kind text, period smallint,
	minute smallint, stoppage smallint, actor text, team text, message text, tags text[],
	metadata jsonb, home_score integer, away_score integer, created_at timestamptz)
	RETURNS text LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'commentary_body';
COMMENT ON FUNCTION commentary.body(bigint, bigint, text, bigint, text, smallint, smallint, smallint, text, text, text, text[], jsonb, integer, integer, timestamptz) IS 'Private: the JSON that viewers get of an entry, from its columns';
REVOKE ALL ON FUNCTION commentary.body FROM PUBLIC;
-- read() and tail() run with the rights of whoever calls them, who until now needed
-- entry_body() for it. Those grants are no part of the extension: pg_dump has to dump
-- them.
DO $$
DECLARE
	allowed record;
	ours aclitem[];
BEGIN
	SELECT i.initprivs INTO ours FROM pg_init_privs AS i
	WHERE i.objoid = 'commentary.body'::regproc AND i.classoid = 'pg_proc'::regclass;
	FOR allowed IN
		SELECT acl.grantee::regrole AS role, acl.is_grantable
		FROM pg_proc AS p, aclexplode(p.proacl) AS acl
		WHERE p.oid = 'commentary.entry_body(commentary.entry)'::regprocedure AND acl.grantee NOT IN (0, p.proowner)
	LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION commentary.body TO %s', allowed.role)
			|| CASE WHEN allowed.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END;
	END LOOP;
	UPDATE pg_init_privs AS i SET initprivs = ours
	WHERE i.objoid = 'commentary.body'::regproc AND i.classoid = 'pg_proc'::regclass;
END
$$;

CREATE OR REPLACE FUNCTION commentary.read(match_id bigint, after_seq bigint, max_rows integer DEFAULT 1000)
	RETURNS TABLE (seq bigint, body text) LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT e.seq, commentary.body(e.match_id, e.seq, e.op, e.ref_seq, e.kind, e.period, e.minute,
		e.stoppage, e.actor, e.team, e.message, e.tags, e.metadata, e.home_score, e.away_score,
		e.created_at)
	FROM commentary.entry AS e
	WHERE e.match_id = read.match_id AND e.seq > read.after_seq
	ORDER BY e.seq
	LIMIT read.max_rows;
END;

CREATE OR REPLACE FUNCTION commentary.tail(match_id bigint, max_rows integer DEFAULT 1000)
	RETURNS TABLE (seq bigint, body text) LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT e.seq, commentary.body(e.match_id, e.seq, e.op, e.ref_seq, e.kind, e.period, e.minute,
		e.stoppage, e.actor, e.team, e.message, e.tags, e.metadata, e.home_score, e.away_score,
		e.created_at)
	FROM (SELECT newest.seq FROM commentary.entry AS newest
		WHERE newest.match_id = tail.match_id
		ORDER BY newest.seq DESC
		LIMIT tail.max_rows) AS wanted
	JOIN commentary.entry AS e ON e.match_id = tail.match_id AND e.seq = wanted.seq
	ORDER BY e.seq;
END;

CREATE FUNCTION commentary.structure_faults(
	OUT relation text, OUT column_name text, OUT effect text, OUT finding text, OUT to_do text)
	RETURNS SETOF record
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'commentary_structure_faults';
COMMENT ON FUNCTION commentary.structure_faults() IS 'Private: what somebody has altered in the tables of the extension and in commentary.feed; commentary.check() shows it. The effect is inserts fail, the flusher waits, warning or note';
REVOKE ALL ON FUNCTION commentary.structure_faults() FROM PUBLIC;

--
-- Other people's tables: what works on them for others does so with the rights of
-- their owners (as_owner.c)
--

CREATE FUNCTION commentary.store_report(
	relay_id text, report_ms integer, host text, pid integer, version text,
	started_at timestamptz, feed_state text, viewers bigint, topics bigint, cached_bytes bigint,
	deliveries bigint, sent_bytes bigint, feed_connects bigint, lag_entries bigint,
	latency_ms double precision, match_ids bigint[], match_viewers integer[]) RETURNS void
	LANGUAGE sql VOLATILE
BEGIN ATOMIC
	DELETE FROM commentary.relay AS r WHERE r.relay_id IN (
		SELECT gone.relay_id FROM commentary.relay AS gone
		WHERE gone.last_seen < now() - 10 * gone.report_ms * interval '1 millisecond'
		FOR UPDATE SKIP LOCKED);
	INSERT INTO commentary.relay AS r (relay_id, report_ms, host, pid, version, started_at, feed_state,
		viewers, topics, cached_bytes, deliveries, sent_bytes, feed_connects, lag_entries, latency_ms,
		match_ids, match_viewers)
	SELECT store_report.relay_id, store_report.report_ms, store_report.host, store_report.pid,
		store_report.version, store_report.started_at, store_report.feed_state, store_report.viewers,
		store_report.topics, store_report.cached_bytes, store_report.deliveries,
		store_report.sent_bytes, store_report.feed_connects, store_report.lag_entries,
		store_report.latency_ms, store_report.match_ids, store_report.match_viewers
	WHERE (SELECT count(*) FROM commentary.relay) < 1000
		OR EXISTS (SELECT FROM commentary.relay AS own WHERE own.relay_id = store_report.relay_id)
	ON CONFLICT (relay_id) DO UPDATE SET
		last_seen = now(), report_ms = excluded.report_ms, feed_state = excluded.feed_state,
		viewers = excluded.viewers, topics = excluded.topics, cached_bytes = excluded.cached_bytes,
		deliveries = excluded.deliveries, sent_bytes = excluded.sent_bytes,
		feed_connects = excluded.feed_connects, lag_entries = excluded.lag_entries,
		latency_ms = excluded.latency_ms, match_ids = excluded.match_ids,
		match_viewers = excluded.match_viewers
	WHERE r.reported_by = excluded.reported_by;
END;
COMMENT ON FUNCTION commentary.store_report(text, integer, text, integer, text, timestamptz, text, bigint, bigint, bigint, bigint, bigint, bigint, bigint, double precision, bigint[], integer[]) IS 'Private: what commentary.report_relay() does, with the rights of the owner of commentary.relay';

CREATE OR REPLACE FUNCTION commentary.report_relay(
	relay_id text, report_ms integer, host text, pid integer, version text,
	started_at timestamptz, feed_state text, viewers bigint, topics bigint, cached_bytes bigint,
	deliveries bigint, sent_bytes bigint, feed_connects bigint, lag_entries bigint,
	latency_ms double precision, match_ids bigint[], match_viewers integer[]) RETURNS void
	LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
	AS 'MODULE_PATHNAME', 'commentary_report_relay';

CREATE FUNCTION commentary.own_relay_summary() RETURNS bigint[] LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT ARRAY[count(*), coalesce(sum(r.viewers), 0)::bigint,
		count(*) FILTER (WHERE r.feed_state <> 'live' OR r.lag_entries > 0)]
	FROM commentary.relay AS r
	WHERE r.last_seen > now() - 3 * r.report_ms * interval '1 millisecond';
END;
COMMENT ON FUNCTION commentary.own_relay_summary() IS 'Private: what commentary.relay_summary() does, with the rights of the owner of commentary.relay';

CREATE FUNCTION commentary.relay_summary() RETURNS bigint[]
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'commentary_relay_summary';
COMMENT ON FUNCTION commentary.relay_summary() IS 'Private: for commentary.check(), how many relays report, how many viewers they have, and how many of them lag';

CREATE FUNCTION commentary.own_count_rejected() RETURNS bigint LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT count(*) FROM commentary.rejected;
END;
COMMENT ON FUNCTION commentary.own_count_rejected() IS 'Private: what commentary.count_rejected() does, with the rights of the owner of commentary.rejected';

CREATE FUNCTION commentary.count_rejected() RETURNS bigint
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'commentary_count_rejected';
COMMENT ON FUNCTION commentary.count_rejected() IS 'Private: for commentary.check(), how many rows are set aside';

CREATE FUNCTION commentary.newest_epoch() RETURNS text
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'commentary_newest_epoch';
COMMENT ON FUNCTION commentary.newest_epoch() IS 'Private: for commentary.check(), what commentary.epoch() says to the owner of commentary.epoch';

REVOKE ALL ON FUNCTION commentary.store_report, commentary.own_relay_summary, commentary.relay_summary,
	commentary.own_count_rejected, commentary.count_rejected, commentary.newest_epoch FROM PUBLIC;

--
-- Notifications: a channel that only relays may hear
--

CREATE FUNCTION commentary.listen() RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_listen';
COMMENT ON FUNCTION commentary.listen() IS 'For relays: this session listens to the notifications of new entries, from its COMMIT on. Their channel has a secret name, which changes with each start of the server';
REVOKE ALL ON FUNCTION commentary.listen() FROM PUBLIC;

--
-- Triggers: validation that no session switches off
--

-- ALWAYS: they fire for session_replication_role = replica as well, and decide by
-- themselves what to do for a subscription. Made anew, if somebody has dropped them.
CREATE OR REPLACE TRIGGER check_match BEFORE INSERT OR UPDATE ON commentary.match
	FOR EACH ROW EXECUTE FUNCTION commentary.check_match();
CREATE OR REPLACE TRIGGER stage_match_state AFTER INSERT OR UPDATE ON commentary.match
	FOR EACH ROW EXECUTE FUNCTION commentary.stage_match_state();
CREATE OR REPLACE TRIGGER refuse_delete BEFORE DELETE OR TRUNCATE ON commentary.match
	FOR EACH STATEMENT EXECUTE FUNCTION commentary.refuse_change();
CREATE OR REPLACE TRIGGER refuse_change BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON commentary.entry
	FOR EACH STATEMENT EXECUTE FUNCTION commentary.refuse_change();
CREATE OR REPLACE TRIGGER stage INSTEAD OF INSERT ON commentary.feed
	FOR EACH ROW EXECUTE FUNCTION commentary.stage_feed_row();
ALTER TABLE commentary.match ENABLE ALWAYS TRIGGER check_match;
ALTER TABLE commentary.match ENABLE ALWAYS TRIGGER stage_match_state;
ALTER TABLE commentary.match ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE commentary.entry ENABLE ALWAYS TRIGGER refuse_change;

-- Triggers are known by what they call and when, and not by their names. tgtype:
-- pg_trigger.h. PostgreSQL cannot set that of a view to ALWAYS: guard.c does it.
CREATE FUNCTION commentary.trigger_faults(OUT relation text, OUT finding text, OUT to_do text)
	RETURNS SETOF record
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH wanted (relation, name, function, type, event) AS (VALUES
		('match', 'check_match', 'check_match', 23, 'BEFORE INSERT OR UPDATE'),
		('match', 'stage_match_state', 'stage_match_state', 21, 'AFTER INSERT OR UPDATE'),
		('match', 'refuse_delete', 'refuse_change', 42, 'BEFORE DELETE OR TRUNCATE'),
		('entry', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('feed', 'stage', 'stage_feed_row', 69, 'INSTEAD OF INSERT'),
		('staging_0', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('staging_1', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('staging_2', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('staging_3', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE')
	), found AS (
		SELECT w.*, t.tgname, t.tgenabled
		FROM wanted AS w
		LEFT JOIN (pg_trigger AS t
			JOIN pg_class AS c ON c.oid = t.tgrelid
			JOIN pg_proc AS p ON p.oid = t.tgfoid AND p.pronamespace = c.relnamespace
			JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'commentary')
		ON c.relname = w.relation AND p.proname = w.function AND t.tgtype = w.type
			AND t.tgqual IS NULL AND t.tgattr = ''
	)
	SELECT f.relation,
		CASE f.tgenabled WHEN 'D' THEN format('trigger %s of commentary.%s is disabled', f.tgname, f.relation)
			WHEN 'R' THEN format('trigger %s of commentary.%s fires for replicas only', f.tgname, f.relation)
			WHEN 'O' THEN format('trigger %s of commentary.%s is not ENABLE ALWAYS', f.tgname, f.relation)
			ELSE format('trigger %s of commentary.%s is missing', f.name, f.relation) END,
		concat_ws(' ',
			CASE WHEN f.tgname IS NULL THEN
				format('CREATE OR REPLACE TRIGGER %s %s ON commentary.%s FOR EACH %s EXECUTE FUNCTION commentary.%s();',
					f.name, f.event, f.relation, CASE WHEN f.type & 1 = 1 THEN 'ROW' ELSE 'STATEMENT' END, f.function) END,
			CASE WHEN f.relation <> 'feed' THEN
				format('ALTER TABLE commentary.%s ENABLE ALWAYS TRIGGER %I;', f.relation, coalesce(f.tgname, f.name)) END)
	FROM found AS f
	WHERE f.tgenabled IS NULL OR f.tgenabled NOT IN ('A', CASE f.relation WHEN 'feed' THEN 'O' ELSE 'A' END)
	UNION ALL
	SELECT c.relname::text, format('rule %s of commentary.%s replaces what a statement does', r.rulename, c.relname),
		format('DROP RULE %I ON commentary.%s;', r.rulename, c.relname)
	FROM pg_rewrite AS r
	JOIN pg_class AS c ON c.oid = r.ev_class
	JOIN pg_namespace AS n ON n.oid = c.relnamespace
	WHERE n.nspname = 'commentary' AND c.relname IN ('feed', 'match', 'entry')
		AND r.ev_type <> '1' AND r.is_instead AND r.ev_enabled <> 'D';
END;
COMMENT ON FUNCTION commentary.trigger_faults() IS 'Private: a row for each trigger that is off or missing, and each rule in the way, with what to do; commentary.check() shows them';
REVOKE ALL ON FUNCTION commentary.trigger_faults() FROM PUBLIC;

--
-- The log: written by the flusher alone
--

ALTER TABLE commentary.rejected ADD COLUMN after_seq bigint;
COMMENT ON COLUMN commentary.rejected.after_seq IS 'The newest seq of the match when the row was set aside: a state or an amendment is not flushed again when a newer one stands behind it';

--
-- Epochs
--

ALTER TABLE commentary.epoch ADD COLUMN place text;
COMMENT ON COLUMN commentary.epoch.place IS 'Private: where the data directory of this history is, in hashes and numbers, to notice a copy of it';

CREATE FUNCTION commentary.begin_epoch() RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_begin_epoch';
COMMENT ON FUNCTION commentary.begin_epoch() IS 'For a copy of a server that was made by hand, before anybody writes there: what is flushed after the COMMIT belongs to another history, and viewers begin afresh. Returns the new epoch';
REVOKE ALL ON FUNCTION commentary.begin_epoch() FROM PUBLIC;

--
-- Acknowledgement
--

CREATE FUNCTION commentary.ack_status(OUT is_working boolean, OUT oldest_ms bigint, OUT waits_for text)
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_ack_status';
COMMENT ON FUNCTION commentary.ack_status() IS 'Do durable commits get their acknowledgement? False when one, or what the flusher waits for, is older than 5 s; how old the oldest one that waits is, at most, in ms; and what the flusher waits for. All null on a standby. Looks at no table';
REVOKE ALL ON FUNCTION commentary.ack_status() FROM PUBLIC;

-- What is staged is nobody's to change but the flusher's, which passes no trigger: a
-- commit waits for it.
DO $$
BEGIN
	FOR i IN 0 .. 3 LOOP
		EXECUTE format('CREATE OR REPLACE TRIGGER refuse_change BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'
			' ON commentary.staging_%s FOR EACH STATEMENT EXECUTE FUNCTION commentary.refuse_change()', i);
		EXECUTE format('ALTER TABLE commentary.staging_%s ENABLE ALWAYS TRIGGER refuse_change', i);
	END LOOP;
END
$$;

-- Views of others may depend on the old one: they keep it, under another name.
-- Whoever was allowed to call it may call the new one. Those grants are no part of
-- the extension: pg_dump has to dump them.
DO $$
DECLARE
	grants text[];
	statement text;
	ours aclitem[];
BEGIN
	SELECT array_agg(format('GRANT EXECUTE ON FUNCTION commentary.status() TO %s%s',
			CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
			CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END))
		INTO grants
	FROM pg_proc AS p, aclexplode(p.proacl) AS a
	WHERE p.oid = 'commentary.status()'::regprocedure AND a.grantee <> p.proowner;
	ALTER FUNCTION commentary.status() RENAME TO status_of_1_1;
	CREATE FUNCTION commentary.status(
		OUT flusher_pid integer, OUT state text,
		OUT commits_pending bigint, OUT staging_bytes bigint,
		OUT flushes bigint, OUT entries bigint, OUT notifications bigint,
		OUT last_flush_at timestamptz, OUT last_flush_rows bigint,
		OUT oldest_ms bigint, OUT waits_for text, OUT waits_since timestamptz, OUT blocked_by integer[])
		LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_status';
	REVOKE ALL ON FUNCTION commentary.status() FROM PUBLIC;
	SELECT i.initprivs INTO ours FROM pg_init_privs AS i
	WHERE i.objoid = 'commentary.status()'::regprocedure AND i.classoid = 'pg_proc'::regclass;
	FOREACH statement IN ARRAY coalesce(grants, '{}') LOOP
		EXECUTE statement;
	END LOOP;
	UPDATE pg_init_privs AS i SET initprivs = ours
	WHERE i.objoid = 'commentary.status()'::regprocedure AND i.classoid = 'pg_proc'::regclass;
END
$$;
COMMENT ON FUNCTION commentary.status() IS 'What the flusher of this database does: its pid, state (starting, idle, flushing, waiting, paused, stopped), the commits that it has yet to flush, and its counters since the server started; how old the oldest of these commits is, at most; what it waits for, since when, and the pids that are in its way (0 is a prepared transaction)';

--
-- Steering the flusher, and purging
--

-- What is not yet removed of the log survives a crash, and a dump, here.
CREATE TABLE commentary.purging (
	match_id     bigint PRIMARY KEY,
	requested_at timestamptz NOT NULL DEFAULT now(),
	requested_by text NOT NULL DEFAULT session_user,
	error        text
);
COMMENT ON TABLE commentary.purging IS 'Private: matches that were purged, and whose entries the flusher is still removing';
COMMENT ON COLUMN commentary.purging.error IS 'Why they cannot be removed: mend it, and call commentary.purge() again';
SELECT pg_catalog.pg_extension_config_dump('commentary.purging', '');

COMMENT ON FUNCTION commentary.purge(bigint) IS 'Removes a match that is finished or abandoned with its rejected rows, and its log; returns the number of entries. The match goes away when the transaction commits; the flusher then removes the entries in pieces, and COMMIT waits for that, at most commentary.ack_timeout. Its number is not given again, and the lobby keeps its history';

COMMENT ON FUNCTION commentary.pause() IS 'Stops flushing in this database until resume() or a restart of the server; returns when no flush is under way, and pauses nothing when it ends in an error before. It does not roll back with the transaction. Writers go on staging, and durable commits wait';

--
-- The doctor
--

-- Last, when nothing of ours depends on it any more.
DO $$
BEGIN
	DROP FUNCTION commentary.status_of_1_1();
EXCEPTION WHEN dependent_objects_still_exist THEN
	COMMENT ON FUNCTION commentary.status_of_1_1() IS 'Private: commentary.status() as it was before version 1.2, for what depends on it';
END
$$;
