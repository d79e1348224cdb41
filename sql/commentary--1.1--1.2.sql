-- What version 1.2 of the extension commentary changes in 1.1.

\echo Use "ALTER EXTENSION commentary UPDATE" to load this file. \quit

-- Names are looked up in pg_catalog first. Otherwise a role that may create objects in the
-- schema of the extension could have its own functions and operators called instead.
SET LOCAL search_path = pg_catalog, pg_temp;

--
-- Columns: what an entry is made of
--

-- A DBA may have added a column to a table or to the view that has the name of a new one.
DO $$
DECLARE
	taken record;
BEGIN
	FOR taken IN
		SELECT c.relname, a.attname
		FROM pg_attribute AS a
		JOIN pg_class AS c ON c.oid = a.attrelid AND c.relnamespace = 'commentary'::regnamespace
		WHERE NOT a.attisdropped AND (
			c.relname = 'match' AND a.attname IN ('match_ref', 'competition', 'title', 'home_short', 'away_short',
				'home_display', 'away_display', 'result', 'clock', 'leaderboard', 'lang', 'translation_of', 'alternates')
			OR (c.relname IN ('entry', 'rejected', 'feed') OR c.relname ~ '^staging_') AND a.attname IN ('phase', 'clock',
				'headline', 'home_display', 'away_display', 'translates_seq', 'occurred_at', 'client_version', 'clear', 'said', 'epoch_no'))
		ORDER BY c.relname, a.attnum
	LOOP
		RAISE EXCEPTION 'commentary.% has a column of yours with the name %', taken.relname, taken.attname
			USING ERRCODE = 'duplicate_column',
				DETAIL = 'Version 1.2 of commentary brings a column of that name.',
				HINT = format('ALTER TABLE commentary.%s RENAME COLUMN %s TO another_name; then update the extension again, and copy the values of your column.', taken.relname, taken.attname);
	END LOOP;
	IF (SELECT count(*) FROM pg_attribute WHERE attrelid = 'commentary.feed'::regclass AND attnum > 0) <> 17 THEN
		RAISE EXCEPTION 'commentary.feed has columns of yours'
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = 'Version 1.2 of commentary adds columns of its own behind those that it made.',
				HINT = 'Make the view as version 1.1 had it, update the extension, and add your columns again.';
	END IF;
END
$$;

-- These columns are added together: a library of version 1.2 works with the tables of 1.1
-- as long as none of the new columns is there.
ALTER TABLE commentary.entry ADD COLUMN client_version bigint, ADD COLUMN clear text[], ADD COLUMN said bigint, ADD COLUMN epoch_no bigint;
COMMENT ON COLUMN commentary.entry.client_ref IS 'The writer''s own key. It names one entry of op insert in a match; corrections of that entry may carry it too';
COMMENT ON COLUMN commentary.entry.client_version IS 'The writer''s own version of the row with this client_ref: a row with a lower version is ignored';
COMMENT ON COLUMN commentary.entry.clear IS 'The columns that an amendment clears: viewers get null for them';
COMMENT ON COLUMN commentary.entry.said IS 'Private: a digest of the values that the writer gave with client_ref in this row';
COMMENT ON COLUMN commentary.entry.epoch_no IS 'The number of the entry''s epoch, as in commentary.epoch; it rises with seq. Null in an entry that was flushed before version 1.2';
ALTER TABLE commentary.rejected ADD COLUMN client_version bigint, ADD COLUMN clear text[];
DO $$
BEGIN
	FOR i IN 0 .. 3 LOOP
		EXECUTE format('ALTER TABLE commentary.staging_%s ADD COLUMN client_version bigint, ADD COLUMN clear text[]', i);
	END LOOP;
END
$$;

-- No column has a default, so that PostgreSQL does not rewrite the table.
ALTER TABLE commentary.match
	ALTER COLUMN home DROP NOT NULL,
	ALTER COLUMN away DROP NOT NULL,
	ADD COLUMN match_ref text,
	ADD COLUMN competition text,
	ADD COLUMN title text,
	ADD COLUMN home_short text,
	ADD COLUMN away_short text,
	ADD COLUMN home_display text,
	ADD COLUMN away_display text,
	ADD COLUMN result text,
	ADD COLUMN clock text,
	ADD COLUMN leaderboard jsonb,
	ADD COLUMN lang text,
	ADD COLUMN translation_of bigint,
	ADD COLUMN alternates jsonb;
CREATE UNIQUE INDEX match_match_ref ON commentary.match (match_ref);
CREATE INDEX match_translation_of ON commentary.match (translation_of) WHERE translation_of IS NOT NULL;
COMMENT ON INDEX commentary.match_match_ref IS 'Each match_ref belongs to one match';
COMMENT ON INDEX commentary.match_translation_of IS 'The translations of a match';
COMMENT ON COLUMN commentary.match.home IS 'Null only when there is a title';
COMMENT ON COLUMN commentary.match.away IS 'Null only when there is a title';
COMMENT ON COLUMN commentary.match.status IS 'scheduled, live, paused, finished, abandoned, postponed or cancelled; finished, abandoned and cancelled take no more commentary, only corrections';
COMMENT ON COLUMN commentary.match.metadata IS 'Further data for viewers: a JSON object of at most 4 kB. The README lists the members that the page shows';
COMMENT ON COLUMN commentary.match.match_ref IS 'The writer''s own key of the match: unique';
COMMENT ON COLUMN commentary.match.competition IS 'Such as Premier League, or ATP Finals';
COMMENT ON COLUMN commentary.match.title IS 'The name of an event without two teams, such as a race: Monaco Grand Prix';
COMMENT ON COLUMN commentary.match.home_short IS 'A short name for where there is little room, such as LIV';
COMMENT ON COLUMN commentary.match.away_short IS 'A short name for where there is little room, such as MIL';
COMMENT ON COLUMN commentary.match.home_display IS 'The score in the notation of the sport, such as 245/7 & 13/0; shown instead of home_score';
COMMENT ON COLUMN commentary.match.away_display IS 'The score in the notation of the sport; shown instead of away_score';
COMMENT ON COLUMN commentary.match.result IS 'The result in words, such as Liverpool won 3-2 on penalties';
COMMENT ON COLUMN commentary.match.clock IS 'The time as the scoreboard shows it, such as HT, 19.6 ov or Q4 02:31';
COMMENT ON COLUMN commentary.match.leaderboard IS 'The standings of an event with more than two sides, such as a race: a JSON array of at most 100 objects {"rank", "name", "value", "note"}';
COMMENT ON COLUMN commentary.match.lang IS 'The language of its commentary, BCP 47: en, pt-BR';
COMMENT ON COLUMN commentary.match.translation_of IS 'The original match, when this match has its commentary in another language';
COMMENT ON COLUMN commentary.match.alternates IS 'Kept by the extension: the matches that have the same commentary in another language, [{"id", "lang"}, ...]';

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY '{entry,rejected,staging_0,staging_1,staging_2,staging_3}'::text[] LOOP
		EXECUTE format('ALTER TABLE commentary.%I ADD COLUMN phase text, ADD COLUMN clock text, ADD COLUMN headline text,'
			' ADD COLUMN home_display text, ADD COLUMN away_display text, ADD COLUMN translates_seq bigint,'
			' ADD COLUMN occurred_at timestamptz', name);
	END LOOP;
END
$$;
COMMENT ON COLUMN commentary.entry.phase IS 'The part of the match in words, such as Q4, 2nd innings or Set 3; shown instead of the period';
COMMENT ON COLUMN commentary.entry.clock IS 'The time in words, such as 19.6 ov; shown instead of minute and stoppage';
COMMENT ON COLUMN commentary.entry.home_display IS 'The score in the notation of the sport; shown instead of home_score';
COMMENT ON COLUMN commentary.entry.away_display IS 'The score in the notation of the sport; shown instead of away_score';
COMMENT ON COLUMN commentary.entry.translates_seq IS 'In a translation: the seq of the line in the original match';
COMMENT ON COLUMN commentary.entry.occurred_at IS 'The real time at which it happened; created_at is when the row was written';

CREATE FUNCTION commentary.exact(value anyelement, place text) RETURNS anyelement
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'commentary_exact';
COMMENT ON FUNCTION commentary.exact(anyelement, text) IS 'Private: lets a number that is about to be cast to an integer column of commentary.feed or commentary.match through if it is whole, and refuses it otherwise';
GRANT EXECUTE ON FUNCTION commentary.exact(anyelement, text) TO PUBLIC;

-- body() takes the columns one by one. So read() and tail() go on working when somebody
-- renames a column or adds another: PostgreSQL binds the bodies of these functions to the columns.
CREATE FUNCTION commentary.body(
	match_id bigint, seq bigint, op text, ref_seq bigint, kind text, period smallint, phase text,
	minute smallint, stoppage smallint, clock text, actor text, team text, headline text, message text,
	tags text[], metadata jsonb, home_score integer, away_score integer, home_display text,
	away_display text, translates_seq bigint, clear text[], occurred_at timestamptz,
	created_at timestamptz)
	RETURNS text LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'commentary_body';
COMMENT ON FUNCTION commentary.body IS 'Private: the JSON that viewers get of an entry, from its columns';
REVOKE ALL ON FUNCTION commentary.body FROM PUBLIC;
-- read() and tail() run with the rights of the session's role. Until now this role needed
-- entry_body(), so each role that may call it gets body(). The original values in pg_init_privs
-- stay as they were, because these grants are not part of the extension: pg_dump has to dump them.
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
	SELECT e.seq, commentary.body(e.match_id, e.seq, e.op, e.ref_seq, e.kind, e.period, e.phase,
		e.minute, e.stoppage, e.clock, e.actor, e.team, e.headline, e.message, e.tags, e.metadata,
		e.home_score, e.away_score, e.home_display, e.away_display, e.translates_seq,
		e.clear, e.occurred_at, e.created_at)
	FROM commentary.entry AS e
	WHERE e.match_id = read.match_id AND e.seq > read.after_seq
	ORDER BY e.seq
	LIMIT read.max_rows;
END;

CREATE OR REPLACE FUNCTION commentary.tail(match_id bigint, max_rows integer DEFAULT 1000)
	RETURNS TABLE (seq bigint, body text) LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT e.seq, commentary.body(e.match_id, e.seq, e.op, e.ref_seq, e.kind, e.period, e.phase,
		e.minute, e.stoppage, e.clock, e.actor, e.team, e.headline, e.message, e.tags, e.metadata,
		e.home_score, e.away_score, e.home_display, e.away_display, e.translates_seq,
		e.clear, e.occurred_at, e.created_at)
	FROM (SELECT newest.seq FROM commentary.entry AS newest
		WHERE newest.match_id = tail.match_id
		ORDER BY newest.seq DESC
		LIMIT tail.max_rows) AS wanted
	JOIN commentary.entry AS e ON e.match_id = tail.match_id AND e.seq = wanted.seq
	ORDER BY e.seq;
END;

-- For relays: a viewer asks for a number of lines, and the newest entries of a match may all
-- be states and corrections. Reading 100,000 entries takes the server about 50 ms; a relay may
-- cost it no more than that.
CREATE FUNCTION commentary.lines(match_id bigint, before_seq bigint, max_lines integer DEFAULT 500)
	RETURNS TABLE (seq bigint) LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT older.seq
	FROM (SELECT e.seq, e.op FROM commentary.entry AS e
		WHERE e.match_id = lines.match_id AND e.seq < lines.before_seq
		ORDER BY e.seq DESC
		LIMIT 100000) AS older
	WHERE older.op = 'insert'
	ORDER BY older.seq DESC
	LIMIT lines.max_lines;
END;
COMMENT ON FUNCTION commentary.lines(bigint, bigint, integer) IS 'The seqs of the newest lines of a match before a seq. A line is an entry of op insert; only the 100,000 entries before that seq are searched. For relays';
REVOKE ALL ON FUNCTION commentary.lines FROM PUBLIC;

CREATE OR REPLACE VIEW commentary.stat_match AS
SELECT m.match_id, m.home, m.away, m.status,
	coalesce(newest.seq, 0) AS head,
	first.created_at AS first_entry_at,
	newest.created_at AS last_entry_at,
	CASE WHEN isfinite(newest.flushed_at) AND isfinite(newest.created_at)
		THEN newest.flushed_at - newest.created_at END AS last_entry_lag,
	(SELECT count(*) FROM commentary.entry c
		WHERE c.match_id = m.match_id AND c.ref_seq IS NOT NULL) AS corrections,
	(SELECT count(*) FROM commentary.rejected r WHERE r.match_id = m.match_id) AS rejected,
	m.title
FROM commentary.match m
LEFT JOIN LATERAL (SELECT e.seq, e.created_at, e.flushed_at FROM commentary.entry e
	WHERE e.match_id = m.match_id ORDER BY e.seq DESC LIMIT 1) AS newest ON true
LEFT JOIN LATERAL (SELECT e.created_at FROM commentary.entry e
	WHERE e.match_id = m.match_id ORDER BY e.seq LIMIT 1) AS first ON true;

CREATE FUNCTION commentary.structure_faults(
	OUT relation text, OUT column_name text, OUT effect text, OUT finding text, OUT to_do text)
	RETURNS SETOF record
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'commentary_structure_faults';
COMMENT ON FUNCTION commentary.structure_faults() IS 'Private: what somebody has altered in the tables of the extension and in commentary.feed; commentary.check() shows it. The effect is inserts fail, the flusher waits, warning or note';
REVOKE ALL ON FUNCTION commentary.structure_faults() FROM PUBLIC;

--
-- Feeds and ORMs: what a client_ref said, and what an amendment clears
--

DROP INDEX commentary.entry_client_ref;
CREATE UNIQUE INDEX entry_client_ref ON commentary.entry (match_id, client_ref) WHERE client_ref IS NOT NULL AND op = 'insert';
COMMENT ON INDEX commentary.entry_client_ref IS 'A client_ref names one entry of op insert in its match; corrections of that entry may carry it too';

CREATE FUNCTION commentary.still_cleared(cleared text[], clear text[], given text[]) RETURNS text[]
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT array_agg(c.name) FROM unnest(cleared || clear) AS c(name) WHERE c.name <> ALL (array_remove(given, NULL));
END;
COMMENT ON FUNCTION commentary.still_cleared(text[], text[], text[]) IS 'Private: transition function of commentary.all_cleared()';
CREATE AGGREGATE commentary.all_cleared(clear text[], given text[]) (SFUNC = commentary.still_cleared, STYPE = text[], PARALLEL = safe);
COMMENT ON AGGREGATE commentary.all_cleared(text[], text[]) IS 'Private: the columns that amendments have cleared and that no later amendment has given again';
REVOKE ALL ON FUNCTION commentary.still_cleared, commentary.all_cleared FROM PUBLIC;
-- The view calls them with the rights of the role that reads commentary.feed.
GRANT EXECUTE ON FUNCTION commentary.still_cleared, commentary.all_cleared TO PUBLIC;

-- Rows that the current transaction has written and that are not in the log yet.
CREATE FUNCTION commentary.is_own(match_id bigint, seq bigint) RETURNS boolean
	LANGUAGE c STABLE STRICT PARALLEL RESTRICTED COST 1 AS 'MODULE_PATHNAME', 'commentary_is_own';
COMMENT ON FUNCTION commentary.is_own(bigint, bigint) IS 'Private: has this transaction corrected that entry?';
CREATE FUNCTION commentary.own_rows(
	OUT match_id bigint, OUT seq bigint, OUT op text, OUT ref_seq bigint, OUT kind text, OUT period integer,
	OUT minute integer, OUT stoppage integer, OUT actor text, OUT team text, OUT message text, OUT tags text[],
	OUT metadata jsonb, OUT home_score integer, OUT away_score integer, OUT client_ref text,
	OUT created_at timestamptz, OUT client_version bigint, OUT clear text[], OUT phase text, OUT clock text,
	OUT headline text, OUT home_display text, OUT away_display text, OUT occurred_at timestamptz,
	OUT translates_seq bigint)
	RETURNS SETOF record
	LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 1 AS 'MODULE_PATHNAME', 'commentary_own_rows';
COMMENT ON FUNCTION commentary.own_rows() IS 'Private: the entries that this transaction inserts and corrects, as they will stand; commentary.feed shows them to it';
REVOKE ALL ON FUNCTION commentary.is_own, commentary.own_rows FROM PUBLIC;
GRANT EXECUTE ON FUNCTION commentary.is_own, commentary.own_rows TO PUBLIC;

CREATE OR REPLACE VIEW commentary.feed AS
SELECT e.match_id,
	e.seq,
	e.op,
	e.ref_seq,
	coalesce(c.kind, e.kind) AS kind,
	CASE WHEN 'period' = ANY (c.cleared) THEN NULL ELSE coalesce(c.period, e.period) END::integer AS period,
	CASE WHEN 'minute' = ANY (c.cleared) THEN NULL ELSE coalesce(c.minute, e.minute) END::integer AS minute,
	CASE WHEN 'stoppage' = ANY (c.cleared) THEN NULL ELSE coalesce(c.stoppage, e.stoppage) END::integer AS stoppage,
	CASE WHEN 'actor' = ANY (c.cleared) THEN NULL ELSE coalesce(c.actor, e.actor) END AS actor,
	CASE WHEN 'team' = ANY (c.cleared) THEN NULL ELSE coalesce(c.team, e.team) END AS team,
	coalesce(c.message, e.message) AS message,
	CASE WHEN 'tags' = ANY (c.cleared) THEN NULL ELSE coalesce(c.tags, e.tags) END AS tags,
	CASE WHEN 'metadata' = ANY (c.cleared) THEN NULL ELSE coalesce(c.metadata, e.metadata) END AS metadata,
	CASE WHEN 'home_score' = ANY (c.cleared) THEN NULL ELSE coalesce(c.home_score, e.home_score) END AS home_score,
	CASE WHEN 'away_score' = ANY (c.cleared) THEN NULL ELSE coalesce(c.away_score, e.away_score) END AS away_score,
	e.client_ref,
	e.created_at,
	coalesce(c.client_version, e.client_version) AS client_version,
	e.clear,
	CASE WHEN 'phase' = ANY (c.cleared) THEN NULL ELSE coalesce(c.phase, e.phase) END AS phase,
	CASE WHEN 'clock' = ANY (c.cleared) THEN NULL ELSE coalesce(c.clock, e.clock) END AS clock,
	CASE WHEN 'headline' = ANY (c.cleared) THEN NULL ELSE coalesce(c.headline, e.headline) END AS headline,
	CASE WHEN 'home_display' = ANY (c.cleared) THEN NULL ELSE coalesce(c.home_display, e.home_display) END AS home_display,
	CASE WHEN 'away_display' = ANY (c.cleared) THEN NULL ELSE coalesce(c.away_display, e.away_display) END AS away_display,
	CASE WHEN 'occurred_at' = ANY (c.cleared) THEN NULL ELSE coalesce(c.occurred_at, e.occurred_at) END AS occurred_at,
	e.translates_seq
FROM commentary.entry AS e
LEFT JOIN LATERAL (
	SELECT commentary.newest(x.op ORDER BY x.seq) FILTER (WHERE x.op <> 'amend') = 'retract' AS is_retracted,
		commentary.newest(x.kind ORDER BY x.seq) AS kind,
		commentary.newest(x.period ORDER BY x.seq) AS period,
		commentary.newest(x.minute ORDER BY x.seq) AS minute,
		commentary.newest(x.stoppage ORDER BY x.seq) AS stoppage,
		commentary.newest(x.actor ORDER BY x.seq) AS actor,
		commentary.newest(x.team ORDER BY x.seq) AS team,
		commentary.newest(x.message ORDER BY x.seq) AS message,
		commentary.newest(x.tags ORDER BY x.seq) AS tags,
		commentary.newest(x.metadata ORDER BY x.seq) AS metadata,
		commentary.newest(x.home_score ORDER BY x.seq) AS home_score,
		commentary.newest(x.away_score ORDER BY x.seq) AS away_score,
		commentary.newest(x.phase ORDER BY x.seq) AS phase,
		commentary.newest(x.clock ORDER BY x.seq) AS clock,
		commentary.newest(x.headline ORDER BY x.seq) AS headline,
		commentary.newest(x.home_display ORDER BY x.seq) AS home_display,
		commentary.newest(x.away_display ORDER BY x.seq) AS away_display,
		commentary.newest(x.occurred_at ORDER BY x.seq) AS occurred_at,
		commentary.newest(x.client_version ORDER BY x.seq) AS client_version,
		commentary.all_cleared(x.clear, ARRAY[CASE WHEN x.period IS NOT NULL THEN 'period' END, CASE WHEN x.minute IS NOT NULL THEN 'minute' END, CASE WHEN x.stoppage IS NOT NULL THEN 'stoppage' END, CASE WHEN x.actor IS NOT NULL THEN 'actor' END, CASE WHEN x.team IS NOT NULL THEN 'team' END, CASE WHEN x.tags IS NOT NULL THEN 'tags' END, CASE WHEN x.metadata IS NOT NULL THEN 'metadata' END, CASE WHEN x.home_score IS NOT NULL THEN 'home_score' END, CASE WHEN x.away_score IS NOT NULL THEN 'away_score' END,
			CASE WHEN x.phase IS NOT NULL THEN 'phase' END, CASE WHEN x.clock IS NOT NULL THEN 'clock' END, CASE WHEN x.headline IS NOT NULL THEN 'headline' END, CASE WHEN x.home_display IS NOT NULL THEN 'home_display' END, CASE WHEN x.away_display IS NOT NULL THEN 'away_display' END, CASE WHEN x.occurred_at IS NOT NULL THEN 'occurred_at' END] ORDER BY x.seq) AS cleared
	FROM commentary.entry AS x
	WHERE x.match_id = e.match_id AND x.ref_seq = e.seq
) AS c ON true
WHERE e.match_id > 0 AND e.op = 'insert' AND c.is_retracted IS NOT TRUE
	AND NOT commentary.is_own(e.match_id, e.seq)
UNION ALL
SELECT o.match_id, o.seq, o.op, o.ref_seq, o.kind, o.period, o.minute, o.stoppage, o.actor, o.team,
	o.message, o.tags, o.metadata, o.home_score, o.away_score, o.client_ref, o.created_at,
	o.client_version, o.clear, o.phase, o.clock, o.headline, o.home_display, o.away_display,
	o.occurred_at, o.translates_seq
FROM commentary.own_rows() AS o;
COMMENT ON COLUMN commentary.feed.period IS 'The part of the match, from 0; see phase';
COMMENT ON COLUMN commentary.feed.phase IS 'The part of the match in words, such as Q4, 2nd innings or Set 3; shown instead of the period';
COMMENT ON COLUMN commentary.feed.clock IS 'The time in words, such as 19.6 ov; shown instead of minute and stoppage';
COMMENT ON COLUMN commentary.feed.headline IS 'One line above the message';
COMMENT ON COLUMN commentary.feed.home_display IS 'The score in the notation of the sport; shown instead of home_score';
COMMENT ON COLUMN commentary.feed.away_display IS 'The score in the notation of the sport; shown instead of away_score';
COMMENT ON COLUMN commentary.feed.occurred_at IS 'The real time at which it happened; created_at is when the row was written';
COMMENT ON COLUMN commentary.feed.translates_seq IS 'In a translation: the seq of the line in the original match';
COMMENT ON COLUMN commentary.feed.client_ref IS 'The writer''s own key. A second row with the same match and client_ref is compared with the first, and becomes an amendment of what differs';
COMMENT ON COLUMN commentary.feed.client_version IS 'The writer''s own version of the row with this client_ref: a row with a lower version is ignored';
COMMENT ON COLUMN commentary.feed.clear IS 'For amend: the names of columns to set to null, such as actor; it reads as null';

-- A function with other arguments is another function. Views and functions of others may
-- depend on the old one: then it stays, under another name and private. Each role that was
-- allowed to call the old function may call the new one. These grants are not part of the
-- extension: pg_dump has to dump them.
DO $outer$
DECLARE
	made record;
	old regprocedure;
	new regprocedure;
	allowed record;
	ours aclitem[];
BEGIN
	FOR made IN SELECT * FROM (VALUES
		('create_match', 'commentary.create_match(text, text, text, text, timestamptz, jsonb)',
			$f$CREATE FUNCTION commentary.create_match(
				home text DEFAULT NULL, away text DEFAULT NULL, sport text DEFAULT NULL,
				status text DEFAULT NULL, starts_at timestamptz DEFAULT NULL,
				metadata jsonb DEFAULT NULL, match_ref text DEFAULT NULL,
				competition text DEFAULT NULL, title text DEFAULT NULL, home_short text DEFAULT NULL,
				away_short text DEFAULT NULL, home_score integer DEFAULT NULL,
				away_score integer DEFAULT NULL, home_display text DEFAULT NULL,
				away_display text DEFAULT NULL, result text DEFAULT NULL, clock text DEFAULT NULL,
				leaderboard jsonb DEFAULT NULL, lang text DEFAULT NULL,
				translation_of bigint DEFAULT NULL)
				RETURNS bigint LANGUAGE plpgsql
			AS $body$
			#variable_conflict use_column
			DECLARE
				id bigint;
			BEGIN
				INSERT INTO commentary.match (home, away, sport, status, starts_at, metadata, match_ref,
					competition, title, home_short, away_short, home_score, away_score, home_display,
					away_display, result, clock, leaderboard, lang, translation_of)
				SELECT coalesce(CASE WHEN $1 OPERATOR(pg_catalog.<>) '' THEN $1 END, o.home), coalesce(CASE WHEN $2 OPERATOR(pg_catalog.<>) '' THEN $2 END, o.away),
					coalesce(o.sport, $3), coalesce(o.status, $4), coalesce($5, o.starts_at), $6,
					CASE WHEN $7 OPERATOR(pg_catalog.<>) '' THEN $7 END, coalesce(CASE WHEN $8 OPERATOR(pg_catalog.<>) '' THEN $8 END, o.competition), coalesce(CASE WHEN $9 OPERATOR(pg_catalog.<>) '' THEN $9 END, o.title),
					coalesce(CASE WHEN $10 OPERATOR(pg_catalog.<>) '' THEN $10 END, o.home_short), coalesce(CASE WHEN $11 OPERATOR(pg_catalog.<>) '' THEN $11 END, o.away_short),
					coalesce($12, o.home_score), coalesce($13, o.away_score),
					coalesce($14, o.home_display), coalesce($15, o.away_display), $16,
					coalesce($17, o.clock), coalesce($18, o.leaderboard), $19, $20
				FROM (VALUES (1)) AS one (one)
				LEFT JOIN commentary.match AS o ON o.match_id OPERATOR(pg_catalog.=) $20
				ON CONFLICT (match_ref) DO NOTHING
				RETURNING match_id INTO id;
				IF id IS NULL AND $7 IS NOT NULL THEN
					SELECT m.match_id INTO id FROM commentary.match AS m WHERE m.match_ref OPERATOR(pg_catalog.=) $7;
					IF id IS NULL THEN
						RAISE EXCEPTION 'match_ref "%" was given to another match just now', $7
							USING ERRCODE = 'serialization_failure', HINT = 'Try the transaction again.';
					END IF;
				END IF;
				RETURN id;
			END
			$body$$f$,
			'Makes a match and returns its match_id; the match appears in the lobby at COMMIT. If a match with this match_ref exists, returns its match_id and changes nothing. Give home and away, or a title. A translation takes from the original match what is not given'),
		('post', 'commentary.post(bigint, text, integer, text, text, text, integer, integer, text[], jsonb, integer, integer, text)',
			$f$CREATE FUNCTION commentary.post(
				match_id bigint, message text, minute integer DEFAULT NULL, kind text DEFAULT NULL,
				actor text DEFAULT NULL, team text DEFAULT NULL, period integer DEFAULT NULL,
				stoppage integer DEFAULT NULL, tags text[] DEFAULT NULL, metadata jsonb DEFAULT NULL,
				home_score integer DEFAULT NULL, away_score integer DEFAULT NULL,
				client_ref text DEFAULT NULL, client_version bigint DEFAULT NULL,
				clock text DEFAULT NULL, phase text DEFAULT NULL, headline text DEFAULT NULL,
				home_display text DEFAULT NULL, away_display text DEFAULT NULL,
				occurred_at timestamptz DEFAULT NULL, translates_seq bigint DEFAULT NULL)
				RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_post'$f$,
			'The same as INSERT INTO commentary.feed, with named arguments; returns the number of the row in its transaction, not the seq, and 0 when the row with this client_ref has all these values already'),
		('amend', 'commentary.amend(bigint, bigint, text, integer, text, text, text, integer, integer, text[], jsonb, integer, integer, text)',
			$f$CREATE FUNCTION commentary.amend(
				match_id bigint, ref_seq bigint, message text DEFAULT NULL, minute integer DEFAULT NULL,
				kind text DEFAULT NULL, actor text DEFAULT NULL, team text DEFAULT NULL,
				period integer DEFAULT NULL, stoppage integer DEFAULT NULL, tags text[] DEFAULT NULL,
				metadata jsonb DEFAULT NULL, home_score integer DEFAULT NULL,
				away_score integer DEFAULT NULL, client_ref text DEFAULT NULL,
				client_version bigint DEFAULT NULL, clear text[] DEFAULT NULL,
				clock text DEFAULT NULL, phase text DEFAULT NULL, headline text DEFAULT NULL,
				home_display text DEFAULT NULL, away_display text DEFAULT NULL,
				occurred_at timestamptz DEFAULT NULL)
				RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_amend'$f$,
			'Corrects the entry ref_seq: the given values replace the old ones, the columns that clear names become null, the rest stays; returns the number of the row in its transaction')
	) AS f (name, signature, statement, comment)
	LOOP
		old := made.signature::regprocedure;
		EXECUTE format('ALTER FUNCTION %s RENAME TO %I', old, made.name || '_of_1_1');
		EXECUTE made.statement;
		SELECT p.oid INTO new FROM pg_proc AS p WHERE p.pronamespace = 'commentary'::regnamespace AND p.proname = made.name;
		EXECUTE format('COMMENT ON FUNCTION %s IS %L', new, made.comment);
		EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', new);
		SELECT i.initprivs INTO ours FROM pg_init_privs AS i
		WHERE i.objoid = new AND i.classoid = 'pg_proc'::regclass;
		FOR allowed IN
			SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS role, a.is_grantable
			FROM pg_proc AS p, aclexplode(p.proacl) AS a
			WHERE p.oid = old AND a.grantee <> p.proowner
		LOOP
			EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', new, allowed.role)
				|| CASE WHEN allowed.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END;
		END LOOP;
		UPDATE pg_init_privs AS i SET initprivs = ours
		WHERE i.objoid = new AND i.classoid = 'pg_proc'::regclass;
		BEGIN
			EXECUTE format('DROP FUNCTION %s', old);
		EXCEPTION WHEN dependent_objects_still_exist THEN
			EXECUTE format('COMMENT ON FUNCTION %s IS %L', old,
				format('Private: commentary.%s() as it was before version 1.2, for what depends on it', made.name));
		END;
	END LOOP;
END
$outer$;
COMMENT ON FUNCTION commentary.retract(bigint, bigint, text, text) IS 'Withdraws the entry ref_seq; returns the number of the row in its transaction. With the client_ref of the entry, the next row with that client_ref reinstates the entry, also when it says nothing new';

--
-- Tables that another role may own: functions that work on such a table for other roles
-- do so with the rights of its owner (as_owner.c)
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
	SELECT ARRAY[count(*), least(coalesce(sum(r.viewers), 0), 9223372036854775807)::bigint,
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

-- ENABLE ALWAYS: these triggers fire for session_replication_role = replica as well, and decide
-- themselves what to do for a subscription. They are made anew, in case somebody has dropped them.
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
CREATE FUNCTION commentary.change_feed_row() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'commentary_change_feed_row';
COMMENT ON FUNCTION commentary.change_feed_row() IS 'Private: an UPDATE of commentary.feed is an amendment, a DELETE a retraction';
REVOKE ALL ON FUNCTION commentary.change_feed_row() FROM PUBLIC;
CREATE TRIGGER change INSTEAD OF UPDATE OR DELETE ON commentary.feed
	FOR EACH ROW EXECUTE FUNCTION commentary.change_feed_row();
ALTER TABLE commentary.match ENABLE ALWAYS TRIGGER check_match;
ALTER TABLE commentary.match ENABLE ALWAYS TRIGGER stage_match_state;
ALTER TABLE commentary.match ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE commentary.entry ENABLE ALWAYS TRIGGER refuse_change;

-- ENABLE REPLICA: this trigger fires only where a subscription applies entries, so that it costs
-- the flusher nothing.
CREATE FUNCTION commentary.note_applied() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'commentary_note_applied';
COMMENT ON FUNCTION commentary.note_applied() IS 'Private: lets the flusher of a follower announce the entries that its subscription applies';
REVOKE ALL ON FUNCTION commentary.note_applied() FROM PUBLIC;
CREATE TRIGGER note_applied AFTER INSERT ON commentary.entry
	FOR EACH ROW EXECUTE FUNCTION commentary.note_applied();
ALTER TABLE commentary.entry ENABLE REPLICA TRIGGER note_applied;

-- A trigger is recognised by its function and its events, not by its name. The type is tgtype,
-- see pg_trigger.h. PostgreSQL cannot set a trigger of a view to ENABLE ALWAYS: guard.c makes
-- up for that.
CREATE FUNCTION commentary.trigger_faults(OUT relation text, OUT finding text, OUT to_do text)
	RETURNS SETOF record
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH wanted (relation, name, function, type, event) AS (VALUES
		('match', 'check_match', 'check_match', 23, 'BEFORE INSERT OR UPDATE'),
		('match', 'stage_match_state', 'stage_match_state', 21, 'AFTER INSERT OR UPDATE'),
		('match', 'refuse_delete', 'refuse_change', 42, 'BEFORE DELETE OR TRUNCATE'),
		('entry', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('entry', 'note_applied', 'note_applied', 5, 'AFTER INSERT'),
		('epoch', 'note_epoch', 'note_epoch', 29, 'AFTER INSERT OR UPDATE OR DELETE'),
		('feed', 'stage', 'stage_feed_row', 69, 'INSTEAD OF INSERT'),
		('feed', 'change', 'change_feed_row', 89, 'INSTEAD OF UPDATE OR DELETE'),
		('staging_0', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('staging_1', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('staging_2', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('staging_3', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('staging_logged_0', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('staging_logged_1', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('staging_logged_2', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('staging_logged_3', 'refuse_change', 'refuse_change', 62, 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('staging_logged_0', 'keep_out', 'keep_out', 7, 'BEFORE INSERT'),
		('staging_logged_1', 'keep_out', 'keep_out', 7, 'BEFORE INSERT'),
		('staging_logged_2', 'keep_out', 'keep_out', 7, 'BEFORE INSERT'),
		('staging_logged_3', 'keep_out', 'keep_out', 7, 'BEFORE INSERT'),
		('relay_pass', 'keep_out', 'keep_out', 7, 'BEFORE INSERT')
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
				format('ALTER TABLE commentary.%s ENABLE %s TRIGGER %I;', f.relation,
					CASE f.name WHEN 'note_applied' THEN 'REPLICA' ELSE 'ALWAYS' END, coalesce(f.tgname, f.name)) END)
	FROM found AS f
	WHERE f.tgenabled IS NULL
		OR f.tgenabled NOT IN ('A', CASE WHEN f.relation = 'feed' THEN 'O' WHEN f.name = 'note_applied' THEN 'R' ELSE 'A' END)
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
COMMENT ON COLUMN commentary.rejected.after_seq IS 'The newest seq of the match when the row was set aside. A state or an amendment is not replayed when a newer one has been flushed since';

-- For relays of a hot standby, where LISTEN is not possible. A BRIN index costs the flusher
-- next to nothing, because entries are written in the order of flushed_at. An entry whose
-- flushed_at is infinity or more than a day ahead was written by force. It is left out here:
-- a relay goes on from the newest flushed_at that it has seen, and would get nothing after such
-- an entry. The relay finds it when it compares the heads.
CREATE INDEX entry_flushed_at ON commentary.entry USING brin (flushed_at)
	WITH (pages_per_range = 16, autosummarize = on);
CREATE FUNCTION commentary.flushed_after(after_us bigint, max_rows integer DEFAULT 1000)
	RETURNS TABLE (match_id bigint, seq bigint, flushed_us bigint, body text) LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT news.match_id, r.seq, news.flushed_us, r.body
	FROM (SELECT e.match_id, min(e.seq) AS first_seq,
			(extract(epoch FROM max(e.flushed_at)) * 1000000)::bigint AS flushed_us
		FROM commentary.entry AS e
		WHERE e.flushed_at > '1970-01-01 00:00:00+00'::timestamptz
			+ flushed_after.after_us * '1 microsecond'::interval
			AND e.flushed_at < now() + interval '1 day'
		GROUP BY e.match_id) AS news,
		LATERAL commentary.read(news.match_id, news.first_seq - 1, flushed_after.max_rows) AS r
	ORDER BY news.match_id, r.seq;
END;
COMMENT ON FUNCTION commentary.flushed_after(bigint, integer) IS 'Entries that were flushed after a time in microseconds since 1970, at most max_rows of each match, as the JSON that viewers get; flushed_us is the time of the newest entry of the match. For relays that follow a standby';
REVOKE ALL ON FUNCTION commentary.flushed_after FROM PUBLIC;

--
-- Epochs
--

ALTER TABLE commentary.epoch ADD COLUMN place text;
COMMENT ON COLUMN commentary.epoch.place IS 'Private: identifies, in hashes and numbers, the data directory in which this epoch began, so that a copy of it is noticed';

-- The table is the lineage: all epochs, in their order. The random name of an epoch is the key,
-- so that rows of another server, which come by a dump or a subscription, never collide with
-- those here. epoch_no becomes null in all epochs but the newest, because the entries of
-- version 1.1 do not tell where an earlier epoch ends.
ALTER TABLE commentary.epoch ALTER COLUMN epoch_id DROP IDENTITY;
ALTER TABLE commentary.epoch RENAME COLUMN epoch_id TO epoch_no;
ALTER TABLE commentary.epoch DROP CONSTRAINT epoch_pkey, DROP CONSTRAINT epoch_epoch_key, ADD PRIMARY KEY (epoch);
ALTER TABLE commentary.epoch ALTER COLUMN epoch_no DROP NOT NULL;
UPDATE commentary.epoch SET system_identifier = system_identifier || '/' || 'commentary.epoch'::regclass::oid;
UPDATE commentary.epoch SET epoch_no = NULL WHERE epoch_no < (SELECT max(newest.epoch_no) FROM commentary.epoch AS newest);
COMMENT ON COLUMN commentary.epoch.epoch_no IS 'The place of the epoch in the lineage; each entry carries the number of its epoch. Null for an epoch that ended before version 1.2';
COMMENT ON COLUMN commentary.epoch.system_identifier IS 'The system, the database and the table whose history this is: SYSTEM/OID/OID. A copy of any of them begins an epoch of its own';
SELECT pg_catalog.pg_extension_config_dump('commentary.epoch', '');

-- While a subscription makes its initial copy, the epochs may be there without their entries,
-- or the entries without their epochs. A relay that judged by these would let every viewer begin
-- afresh. So there is no epoch, and relays wait, until the three tables are as of one commit of
-- the primary.
CREATE OR REPLACE FUNCTION commentary.epoch() RETURNS text LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT e.epoch FROM commentary.epoch AS e
	WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_subscription_rel AS r
		WHERE r.srsubstate <> 'r'
			AND r.srrelid IN (to_regclass('commentary.match'), to_regclass('commentary.entry'), to_regclass('commentary.epoch')))
	ORDER BY e.epoch_no DESC NULLS LAST, e.started_at DESC LIMIT 1;
END;
COMMENT ON FUNCTION commentary.epoch() IS 'The newest epoch, which relays compare with their own; null before the first one, and in a follower until its initial copy is made';

CREATE FUNCTION commentary.note_epoch() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'commentary_note_epoch';
COMMENT ON FUNCTION commentary.note_epoch() IS 'Private: lets the flusher look at the epochs again, when a restore or a subscription has brought some';
REVOKE ALL ON FUNCTION commentary.note_epoch() FROM PUBLIC;
CREATE TRIGGER note_epoch AFTER INSERT OR UPDATE OR DELETE ON commentary.epoch
	FOR EACH ROW EXECUTE FUNCTION commentary.note_epoch();
ALTER TABLE commentary.epoch ENABLE ALWAYS TRIGGER note_epoch;

-- The branch is found by binary search: is the newest entry up to the middle of that epoch, or of
-- an earlier one? Two epochs with the same number, which only a repair by hand can leave, are left
-- out: nobody can say to which of them an entry belongs.
CREATE FUNCTION commentary.branches(match_id bigint) RETURNS TABLE (epoch text, seq bigint)
	LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT past.epoch, branch.seq
	FROM (SELECT min(p.epoch) AS epoch, p.epoch_no
			FROM commentary.epoch AS p
			WHERE p.epoch_no < (SELECT max(newest.epoch_no) FROM commentary.epoch AS newest)
			GROUP BY p.epoch_no
			HAVING count(*) = 1
			ORDER BY p.epoch_no DESC
			LIMIT 15) AS past,
		LATERAL (WITH RECURSIVE half (low, high) AS (
				SELECT CASE WHEN coalesce(head.epoch_no, 0) <= past.epoch_no THEN head.seq ELSE 0 END, head.seq
				FROM (SELECT e.seq, e.epoch_no FROM commentary.entry AS e
					WHERE e.match_id = branches.match_id ORDER BY e.seq DESC LIMIT 1) AS head
				UNION ALL
				SELECT CASE WHEN middle.is_past THEN middle.seq ELSE middle.low END,
					CASE WHEN middle.is_past THEN middle.high ELSE middle.seq - 1 END
				FROM (SELECT h.low, h.high, (h.low + h.high + 1) / 2 AS seq,
						coalesce((SELECT coalesce(e.epoch_no, 0) <= past.epoch_no FROM commentary.entry AS e
							WHERE e.match_id = branches.match_id AND e.seq <= (h.low + h.high + 1) / 2
							ORDER BY e.seq DESC LIMIT 1), true) AS is_past
					FROM half AS h WHERE h.low < h.high) AS middle)
			SELECT max(h.low) AS seq FROM half AS h) AS branch
	WHERE branch.seq IS NOT NULL;
END;
COMMENT ON FUNCTION commentary.branches(bigint) IS 'The lineage of a match: for each of the last 15 epochs before the current one, the last seq that both epochs share. A viewer that holds no more than that goes on where it was. For relays';
REVOKE ALL ON FUNCTION commentary.branches FROM PUBLIC;

CREATE FUNCTION commentary.begin_epoch(afresh boolean DEFAULT false) RETURNS text
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'commentary_begin_epoch';
COMMENT ON FUNCTION commentary.begin_epoch(boolean) IS 'Begins a new epoch and returns its name. For a copy of a server that was made by hand: call it before anybody writes there. Viewers that hold more entries than the copy then begin afresh. With afresh = true all viewers do: for a log that was changed by hand';
REVOKE ALL ON FUNCTION commentary.begin_epoch(boolean) FROM PUBLIC;

--
-- Acknowledgement
--

-- A second ring of staging segments, which is logged: for transactions that write other tables
-- as well. So a crash or a promotion keeps the whole of such a transaction, or nothing of it.
CREATE FUNCTION commentary.keep_out() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'commentary_keep_out';
COMMENT ON FUNCTION commentary.keep_out() IS 'Private: refuses every row, also of the initial copy of a subscription. Only a commit of this server adds rows to a logged staging segment, and it fires no trigger';
REVOKE ALL ON FUNCTION commentary.keep_out() FROM PUBLIC;

DO $$
BEGIN
	FOR i IN 0 .. 3 LOOP
		EXECUTE format('CREATE TABLE commentary.staging_logged_%s (LIKE commentary.staging_0)'
			' WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off)', i);
		EXECUTE format('COMMENT ON TABLE commentary.staging_logged_%s IS %L', i,
			'Private: rows that wait for the flusher, of transactions that wrote other tables as well; empty most of the time');
		EXECUTE format('CREATE TRIGGER keep_out BEFORE INSERT ON commentary.staging_logged_%s'
			' FOR EACH ROW EXECUTE FUNCTION commentary.keep_out()', i);
		EXECUTE format('ALTER TABLE commentary.staging_logged_%s ENABLE ALWAYS TRIGGER keep_out', i);
	END LOOP;
END
$$;

CREATE FUNCTION commentary.ack_status(OUT is_working boolean, OUT oldest_ms bigint, OUT waits_for text)
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_ack_status';
COMMENT ON FUNCTION commentary.ack_status() IS 'Whether durable commits are acknowledged. is_working is false when a commit or the flusher has waited for more than 5 s; oldest_ms is an upper bound of the age of the oldest commit that waits; waits_for is what the flusher waits for. All are null on a standby. Reads no table';
REVOKE ALL ON FUNCTION commentary.ack_status() FROM PUBLIC;

-- Only the flusher may change staged rows, because a commit waits for them. The flusher
-- fires no trigger.
DO $$
DECLARE
	segment text;
BEGIN
	FOREACH segment IN ARRAY '{staging_0,staging_1,staging_2,staging_3,staging_logged_0,staging_logged_1,staging_logged_2,staging_logged_3}'::text[] LOOP
		EXECUTE format('CREATE OR REPLACE TRIGGER refuse_change BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'
			' ON commentary.%I FOR EACH STATEMENT EXECUTE FUNCTION commentary.refuse_change()', segment);
		EXECUTE format('ALTER TABLE commentary.%I ENABLE ALWAYS TRIGGER refuse_change', segment);
	END LOOP;
END
$$;

-- Views of others may depend on the old function: then it stays, under another name. Each role
-- that was allowed to call it may call the new one. These grants are not part of the
-- extension: pg_dump has to dump them.
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
COMMENT ON FUNCTION commentary.status() IS 'What the flusher of this database does: its pid, its state (starting, idle, flushing, waiting, paused, stopped), the commits that it has yet to flush, and its counters since the server started; an upper bound of the age of the oldest of these commits; what the flusher waits for, since when, and which pids block it (0 is a prepared transaction)';

--
-- Regions: followers by logical replication
--

CREATE FUNCTION commentary.following(OUT is_by_role boolean, OUT reason text)
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'commentary_following';
COMMENT ON FUNCTION commentary.following() IS 'Why this database is a follower: because of commentary.role, or of a subscription. A follower numbers nothing and refuses writes. Both columns are null on a primary';
CREATE FUNCTION commentary.region_clock(received_at timestamptz, OUT heard_at timestamptz, OUT applied_at timestamptz, OUT flushed_at timestamptz)
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_region_clock';
COMMENT ON FUNCTION commentary.region_clock(timestamptz) IS 'Private: for commentary.region_status(), when the primary was last heard, and what was applied last';

-- An apply worker that waits hears from the primary after half of wal_receiver_timeout at the
-- latest, so silence counts as a delay only after that time.
-- pg_stat_subscription has a last_msg_receipt_time as soon as the worker starts, before it is
-- connected. So that time counts only when the worker has received WAL or waits for some
-- (LogicalApplyMain).
CREATE FUNCTION commentary.region_status(OUT is_follower boolean, OUT subscription text, OUT is_running boolean,
	OUT is_copied boolean, OUT heard_at timestamptz, OUT applied_at timestamptz, OUT lag_ms bigint, OUT is_late boolean)
	LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT lag.is_follower, lag.name, lag.is_running, lag.is_copied, lag.heard_at, lag.applied_at, lag.ms,
		lag.is_follower AND lag."limit" > 0 AND coalesce(NOT lag.is_copied OR lag.ms > lag."limit", false)
	FROM (SELECT f.reason IS NOT NULL AS is_follower, s.name, s.is_running, s.is_copied, c.heard_at, c.applied_at,
			(extract(epoch FROM CASE
				WHEN f.reason IS NULL THEN NULL
				WHEN NOT s.is_running OR clock_timestamp() - coalesce(c.heard_at, pg_postmaster_start_time()) > coalesce(
						nullif(current_setting('wal_receiver_timeout')::interval, interval '0') / 2, interval '30 s') + interval '1 s'
					THEN clock_timestamp() - coalesce(c.heard_at, pg_postmaster_start_time())
				WHEN c.applied_at > clock_timestamp() - interval '5 s' THEN greatest(c.applied_at - c.flushed_at, interval '0')
				ELSE interval '0' END) * 1000)::bigint AS ms,
			extract(epoch FROM current_setting('commentary.region_lag_limit', true)::interval) * 1000 AS "limit"
		FROM commentary.following() AS f
		LEFT JOIN (
			SELECT string_agg(DISTINCT u.subname, ', ') AS name, bool_and(r.srsubstate = 'r') AS is_copied,
				bool_and(u.subenabled AND w.is_running) AS is_running, min(w.received_at) AS received_at
			FROM pg_subscription_rel AS r
			JOIN pg_subscription AS u ON u.oid = r.srsubid,
			LATERAL (SELECT count(p.pid) > 0 AS is_running, max(p.last_msg_receipt_time) FILTER (WHERE p.received_lsn IS NOT NULL
					OR EXISTS (SELECT FROM pg_stat_get_activity(p.pid) AS a WHERE a.wait_event = 'LogicalApplyMain')) AS received_at
				FROM pg_stat_subscription AS p WHERE p.subid = u.oid AND p.relid IS NULL) AS w
			WHERE r.srrelid IN (to_regclass('commentary.match'), to_regclass('commentary.entry'), to_regclass('commentary.epoch'))
			HAVING count(*) > 0) AS s ON f.reason IS NOT NULL,
		LATERAL commentary.region_clock(s.received_at) AS c) AS lag;
END;
COMMENT ON FUNCTION commentary.region_status() IS 'Whether this database is a follower, and how late it is: one row. is_late compares lag_ms with commentary.region_lag_limit. Relays read it with each heartbeat';
REVOKE ALL ON FUNCTION commentary.following(), commentary.region_clock(timestamptz), commentary.region_status() FROM PUBLIC;

-- What is wrong with the publications of our tables, for these tables and for followers. A row
-- without a finding says that the publications have all that a follower needs. A publication of
-- commentary.entry alone may have another purpose, so nothing is said of the missing tables.
CREATE FUNCTION commentary.publication_faults(OUT names text, OUT finding text, OUT to_do text)
	RETURNS SETOF record
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH published AS (
		SELECT p.pubname, p.pubinsert, p.pubupdate, p.pubdelete, t.tablename AS name, c.oid, c.relreplident AS identity,
			t.attnames, regexp_replace(t.rowfilter, '''[^'']*''', '', 'g') AS filter
		FROM pg_publication AS p
		JOIN pg_publication_tables AS t ON t.pubname = p.pubname AND t.schemaname = 'commentary' AND t.tablename IN ('match', 'entry', 'epoch')
		JOIN pg_class AS c ON c.relname = t.tablename AND c.relnamespace = (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = 'commentary')
	), faults (name, pubname, finding, to_do) AS (
		SELECT p.name, p.pubname, format('commentary.%s is published without a replica identity: PostgreSQL refuses to change its rows', p.name),
			format('ALTER TABLE commentary.%s REPLICA IDENTITY DEFAULT;', p.name)
		FROM published AS p
		WHERE (p.pubupdate OR p.pubdelete) AND p.identity <> 'f' AND NOT EXISTS (SELECT FROM pg_index AS i
			WHERE i.indrelid = p.oid AND CASE p.identity WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END)
		UNION ALL
		SELECT p.name, p.pubname, format('publication %s of commentary.%s filters by %s: followers get a log with holes', p.pubname, p.name, f.columns),
			'Filter by match_id only, and commentary.match and commentary.entry alike: ALTER PUBLICATION ... SET TABLE.'
		FROM published AS p, LATERAL (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) AS columns FROM pg_attribute AS a
			WHERE a.attrelid = p.oid AND a.attnum > 0 AND a.attname <> 'match_id' AND p.filter ~ format('[[:<:]]%s[[:>:]]', a.attname)) AS f
		WHERE f.columns IS NOT NULL
		UNION ALL
		SELECT p.name, p.pubname, format('publication %s of commentary.%s leaves out %s: followers cannot apply it, or know less than they need', p.pubname, p.name, f.columns),
			'Publish at least the columns that are NOT NULL, epoch_no and metadata: ALTER PUBLICATION ... SET TABLE.'
		FROM published AS p, LATERAL (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) AS columns FROM pg_attribute AS a
			WHERE a.attrelid = p.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (p.attnames)
				AND ((a.attnotnull AND NOT a.atthasdef) OR a.attname IN ('epoch_no', 'metadata', 'flushed_at', 'status'))) AS f
		WHERE f.columns IS NOT NULL
		UNION ALL
		SELECT p.name, p.pubname, format('publication %s of commentary.%s publishes no %s: followers keep what has changed here', p.pubname, p.name, f.changes),
			'ALTER PUBLICATION ... SET (publish = ''insert, update, delete, truncate'');'
		FROM published AS p, LATERAL (SELECT concat_ws(', ', CASE WHEN NOT p.pubinsert THEN 'inserts' END,
			CASE WHEN NOT p.pubupdate AND p.name <> 'entry' THEN 'updates' END, CASE WHEN NOT p.pubdelete THEN 'deletes' END) AS changes) AS f
		WHERE f.changes <> '' AND EXISTS (SELECT FROM published AS o WHERE o.name = 'match') AND EXISTS (SELECT FROM published AS o WHERE o.name = 'entry')
		UNION ALL
		SELECT w.name, NULL, format('commentary.%s is not published, and other tables of commentary are', w.name),
			format('If it is for a follower: ALTER PUBLICATION ... ADD TABLE commentary.%s, and there ALTER SUBSCRIPTION ... REFRESH PUBLICATION.', w.name)
		FROM unnest('{match,entry,epoch}'::text[]) AS w (name)
		WHERE (SELECT count(DISTINCT o.name) FROM published AS o) = 2 AND NOT EXISTS (SELECT FROM published AS o WHERE o.name = w.name)
	)
	SELECT NULL, f.finding, f.to_do FROM (SELECT DISTINCT finding, to_do, name, pubname FROM faults) AS f
	UNION ALL
	SELECT string_agg(DISTINCT p.pubname, ', '), NULL, NULL FROM published AS p
	WHERE NOT EXISTS (SELECT FROM faults)
	HAVING count(*) > 0;
END;
COMMENT ON FUNCTION commentary.publication_faults() IS 'Private: what is wrong with the publications of our tables, and what to do; commentary.check() shows it';
REVOKE ALL ON FUNCTION commentary.publication_faults() FROM PUBLIC;

CREATE VIEW commentary.stat_region AS
SELECT r.subscription, r.is_running, r.is_copied, r.heard_at, r.applied_at, r.lag_ms * interval '1 ms' AS lag, r.is_late
FROM commentary.region_status() AS r
WHERE r.is_follower;
COMMENT ON VIEW commentary.stat_region IS 'On a follower: whether its subscription runs and has made its initial copy, when it last heard from the primary and last applied an entry, and how late it is. No row on a primary';

--
-- The scoreboard: bounded
--

-- Finds the newest matches of each status without reading all matches.
CREATE INDEX match_status ON commentary.match (status, match_id);

-- A relay keeps the same scoreboard, with the same limits: see relay/src/topic/lobby.h.
CREATE OR REPLACE FUNCTION commentary.lobby() RETURNS text LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT '[' || coalesce(string_agg(fitting.state, ',' ORDER BY fitting.match_id), '') || ']'
	FROM (
		SELECT told.match_id, told.state,
			sum(octet_length(told.state) + 1) OVER (ORDER BY told.place, told.match_id DESC) AS bytes
		FROM (
			SELECT listed.match_id, listed.place, commentary.state(listed.match_id) AS state
			FROM (
				SELECT newest.match_id, class.place,
					row_number() OVER (PARTITION BY class.place ORDER BY newest.match_id DESC) AS number
				FROM (VALUES ('live', 1), ('paused', 1), ('scheduled', 2), ('postponed', 2),
					('finished', 3), ('abandoned', 3), ('cancelled', 3)) AS class(status, place)
				CROSS JOIN LATERAL (
					SELECT m.match_id FROM commentary.match m
					WHERE m.status = class.status
					ORDER BY m.match_id DESC LIMIT 5000) AS newest
			) AS listed
			WHERE listed.place < 3 OR listed.number <= 100
			ORDER BY listed.place, listed.match_id DESC
			LIMIT 5000
		) AS told
		WHERE told.state IS NOT NULL
	) AS fitting
	WHERE fitting.bytes <= 4194304;
END;
COMMENT ON FUNCTION commentary.lobby() IS 'The scoreboard: the states of matches as one JSON array, at most 5000 matches and 4 MiB. Matches under way are kept first, then matches to come, then the last 100 that ended; of each kind the newest';

-- All matches, a page at a time, also those that are not on the scoreboard. The comparisons are
-- of whole rows, so that only these two indexes fit the order. So for each status a page reads
-- at most as many rows of an index as it has rows itself. With the primary key, PostgreSQL might
-- read the whole table backwards in search of a rare status. The body is a text, and so not bound
-- to the columns of commentary.match: a DBA may drop one and make it anew.
CREATE INDEX match_competition ON commentary.match (competition, status, match_id) WHERE competition IS NOT NULL;
COMMENT ON INDEX commentary.match_status IS 'The newest matches of each status';
COMMENT ON INDEX commentary.match_competition IS 'The newest matches of a competition, of each status';
CREATE FUNCTION commentary.matches(before bigint DEFAULT NULL, statuses text[] DEFAULT NULL,
	competition text DEFAULT NULL, max_rows integer DEFAULT 100)
	RETURNS TABLE (match_id bigint, state text) LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT newest.match_id, commentary.state(newest.match_id)
	FROM (SELECT found.match_id
		FROM (VALUES ('scheduled'), ('live'), ('paused'), ('finished'), ('abandoned'), ('postponed'), ('cancelled')) AS class(status)
		CROSS JOIN LATERAL (
			(SELECT m.match_id FROM commentary.match AS m
			WHERE matches.competition IS NULL
				AND ROW(m.status, m.match_id) >= ROW(class.status, 0)
				AND ROW(m.status, m.match_id) < ROW(class.status, coalesce(matches.before, 9223372036854775807))
			ORDER BY m.status DESC, m.match_id DESC
			LIMIT least(greatest(coalesce(matches.max_rows, 100), 0), 1000))
			UNION ALL
			(SELECT m.match_id FROM commentary.match AS m
			WHERE m.competition IS NOT NULL
				AND ROW(m.competition, m.status, m.match_id) >= ROW(matches.competition, class.status, 0)
				AND ROW(m.competition, m.status, m.match_id) < ROW(matches.competition, class.status, coalesce(matches.before, 9223372036854775807))
			ORDER BY m.competition DESC, m.status DESC, m.match_id DESC
			LIMIT least(greatest(coalesce(matches.max_rows, 100), 0), 1000))) AS found
		WHERE matches.statuses IS NULL OR class.status = ANY (matches.statuses)
		ORDER BY found.match_id DESC
		LIMIT least(greatest(coalesce(matches.max_rows, 100), 0), 1000)) AS newest
	ORDER BY newest.match_id DESC;
$$;
COMMENT ON FUNCTION commentary.matches(bigint, text[], text, integer) IS 'The states of matches, the newest first: those with a match_id below before, of one of these statuses, and of this competition; null means any. At most max_rows matches, and never more than 1,000. For the next page, before is the last match_id of this one. A state is null while its match waits for its first flush';
REVOKE ALL ON FUNCTION commentary.matches FROM PUBLIC;

--
-- Steering the flusher, and purging
--

-- The matches whose entries are still to be removed. The table survives a crash, and is in a dump.
CREATE TABLE commentary.purging (
	match_id     bigint PRIMARY KEY,
	requested_at timestamptz NOT NULL DEFAULT now(),
	requested_by text NOT NULL DEFAULT session_user,
	error        text,
	below_seq    bigint
);
COMMENT ON TABLE commentary.purging IS 'Private: matches that were purged, and whose entries the flusher is still removing; match 0 is the lobby';
COMMENT ON COLUMN commentary.purging.error IS 'Why the entries cannot be removed. Mend the cause, and call commentary.purge() again, or purge_lobby() for match 0';
COMMENT ON COLUMN commentary.purging.below_seq IS 'Only the entries below it are removed, the oldest first; null: all';
SELECT pg_catalog.pg_extension_config_dump('commentary.purging', '');

CREATE FUNCTION commentary.own_purge_summary() RETURNS text[] LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT ARRAY[count(*)::text, count(p.error)::text,
		min(format('match %s: %s', p.match_id, p.error)) FILTER (WHERE p.error IS NOT NULL)]
	FROM commentary.purging AS p;
END;
COMMENT ON FUNCTION commentary.own_purge_summary() IS 'Private: what commentary.purge_summary() does, with the rights of the owner of commentary.purging';

CREATE FUNCTION commentary.purge_summary() RETURNS text[]
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'commentary_purge_summary';
COMMENT ON FUNCTION commentary.purge_summary() IS 'Private: for commentary.check(), how many matches are being purged, how many of them cannot be, and why';
REVOKE ALL ON FUNCTION commentary.own_purge_summary, commentary.purge_summary FROM PUBLIC;

-- Retention: the old matches, which may be exported and then purged. The body is a text, and so
-- not bound to the columns of commentary.match: a DBA may drop one and make it anew.
CREATE FUNCTION commentary.purgeable(before timestamptz) RETURNS SETOF bigint
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT m.match_id FROM commentary.match AS m
	WHERE m.status IN ('finished', 'abandoned', 'cancelled') AND m.created_at < purgeable.before
		AND coalesce((SELECT e.flushed_at FROM commentary.entry AS e
			WHERE e.match_id = m.match_id ORDER BY e.seq DESC LIMIT 1), m.created_at) < purgeable.before
	ORDER BY m.translation_of IS NULL, m.match_id;
$$;
COMMENT ON FUNCTION commentary.purgeable(timestamptz) IS 'The matches that purge_before() removes: those that are over and whose newest entry was flushed before that time. Translations come first, because an original cannot be purged while it has one';

CREATE FUNCTION commentary.purge_match(match_id bigint) RETURNS boolean
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_purge_match';
COMMENT ON FUNCTION commentary.purge_match(bigint) IS 'Private: for commentary.purge_before(): as commentary.purge(), but COMMIT does not wait; false when the match is not over, or has translations';

CREATE FUNCTION commentary.purge_lobby(before timestamptz) RETURNS bigint
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'commentary_purge_lobby';
COMMENT ON FUNCTION commentary.purge_lobby(timestamptz) IS 'Removes the entries of the lobby''s log that are older than that time, except the newest entry; returns how many. The flusher removes them in pieces after COMMIT, which does not wait for it. A viewer that resumes the lobby from one of these entries starts afresh';

CREATE FUNCTION commentary.purge_before(before timestamptz) RETURNS bigint LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT commentary.purge_lobby(purge_before.before);
	SELECT count(*) FILTER (WHERE commentary.purge_match(old.match_id))
	FROM commentary.purgeable(purge_before.before) AS old(match_id);
END;
COMMENT ON FUNCTION commentary.purge_before(timestamptz) IS 'Purges all matches that are over and whose newest entry is older than that time, and calls purge_lobby(); returns how many matches. The matches are gone at COMMIT, which does not wait for their entries: the flusher removes them in pieces between flushes, and commentary.check() shows how many matches are left';
REVOKE ALL ON FUNCTION commentary.purgeable, commentary.purge_match, commentary.purge_lobby, commentary.purge_before FROM PUBLIC;

COMMENT ON FUNCTION commentary.purge(bigint) IS 'Removes a match that is finished, abandoned or cancelled, with its rejected rows and its log; returns the number of entries. The match is gone at COMMIT; the flusher then removes the entries in pieces, and COMMIT waits for that, for at most commentary.ack_timeout. The number of the match is not used again, and the lobby keeps the entries of the match';

COMMENT ON FUNCTION commentary.pause() IS 'Stops flushing in this database until resume() or a restart of the server. It returns when no flush is under way; when it fails before that, flushing is not paused. It is not undone by ROLLBACK, and it outlives worker_restart(). Writers go on staging, and durable commits wait';

--
-- The doctor
--

-- Entries that somebody removed from the end of a log leave no hole there: only the flusher
-- remembers that it wrote them.
CREATE FUNCTION commentary.written_heads(OUT match_id bigint, OUT seq bigint) RETURNS SETOF record
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'commentary_written_heads';
COMMENT ON FUNCTION commentary.written_heads() IS 'Private: for commentary.verify(), the newest entries that the flusher has written since the start of the server, for as many matches as it remembers; match 0 is the lobby';
REVOKE ALL ON FUNCTION commentary.written_heads() FROM PUBLIC;

CREATE FUNCTION commentary.verify(match_id bigint DEFAULT NULL)
	RETURNS TABLE (match_id bigint, after_seq bigint, missing bigint, finding text)
	LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT log.match_id, log.before, log.seq - log.before - 1,
		format('entries %s to %s are missing', log.before + 1, log.seq - 1)
	FROM (SELECT e.match_id, e.seq, lag(e.seq, 1, 0::bigint) OVER (PARTITION BY e.match_id ORDER BY e.seq) AS before
		FROM commentary.entry AS e
		WHERE verify.match_id IS NULL OR e.match_id = verify.match_id) AS log
	WHERE log.seq <> log.before + 1 AND NOT (log.match_id = 0 AND log.before = 0) -- purge_lobby()
	UNION ALL
	SELECT cut.match_id, cut.seq, cut.written - cut.seq,
		format('entries %s to %s are missing', cut.seq + 1, cut.written)
	FROM (SELECT h.match_id, h.seq AS written,
			(SELECT coalesce(max(e.seq), 0) FROM commentary.entry AS e WHERE e.match_id = h.match_id) AS seq
		FROM commentary.written_heads() AS h
		WHERE (verify.match_id IS NULL OR h.match_id = verify.match_id)
			AND (h.match_id = 0 OR EXISTS (SELECT FROM commentary.match AS m WHERE m.match_id = h.match_id))) AS cut
	WHERE cut.written > cut.seq
	UNION ALL
	SELECT orphans.match_id, NULL, NULL, 'its match is missing'
	FROM (SELECT DISTINCT e.match_id FROM commentary.entry AS e
		WHERE e.match_id > 0 AND (verify.match_id IS NULL OR e.match_id = verify.match_id)) AS orphans
	WHERE NOT EXISTS (SELECT FROM commentary.match AS m WHERE m.match_id = orphans.match_id)
		AND NOT EXISTS (SELECT FROM commentary.purging AS p WHERE p.match_id = orphans.match_id);
END;
COMMENT ON FUNCTION commentary.verify(bigint) IS 'Reads the log of one match, or of all matches, and returns a row for each hole, and for each log without its match. No row is right. The lobby''s log, match 0, may begin with any seq';
REVOKE ALL ON FUNCTION commentary.verify(bigint) FROM PUBLIC;

CREATE FUNCTION commentary.recent_holes() RETURNS SETOF bigint
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'commentary_recent_holes';
COMMENT ON FUNCTION commentary.recent_holes() IS 'Private: for commentary.check(), the matches with a hole in their newest 1,000 entries, of the newest 100 that have begun; 0 is the lobby';
REVOKE ALL ON FUNCTION commentary.recent_holes() FROM PUBLIC;

-- Each question is a query of its own. When a query fails (a table of ours is missing or locked,
-- the extension is half updated), the error is its finding, and the other questions are answered
-- all the same. An answer has is_ok, finding and to_do. No query waits for a lock for longer
-- than lock_timeout.
CREATE OR REPLACE FUNCTION commentary.check()
	RETURNS TABLE (subject text, is_ok boolean, finding text, to_do text)
	LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $check$
DECLARE
	place text := CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE 'primary' END;
	question record;
	answer record;
	hint text;
BEGIN
	FOR question IN SELECT * FROM (VALUES
		('library', 'anywhere', $q$
			SELECT commentary.is_loaded(),
				CASE WHEN commentary.is_loaded() THEN 'loaded at the start of the server' ELSE 'not loaded: inserts fail' END,
				'Add commentary to shared_preload_libraries in postgresql.conf and restart the server.' $q$),
		('version', 'anywhere', $q$
			SELECT e.extversion = a.default_version,
				format('%s is installed, %s is available', e.extversion, a.default_version),
				'ALTER EXTENSION commentary UPDATE;'
			FROM pg_extension AS e JOIN pg_available_extensions AS a ON a.name = e.extname
			WHERE e.extname = 'commentary' $q$),
		('objects', 'anywhere', $q$
			SELECT count(*) = 0, coalesce('missing: ' || string_agg('commentary.' || name, ', '), 'all are there'),
				'They were renamed, moved or dropped: bring them back under their names, or restore them from a dump.'
			FROM unnest('{match,entry,epoch,feed,rejected,purging,relay,relay_pass,staging_0,staging_1,staging_2,staging_3,staging_logged_0,staging_logged_1,staging_logged_2,staging_logged_3,stat_flush,stat_match,stat_region,stat_relay,viewers}'::text[]) AS name
			WHERE to_regclass('commentary.' || name) IS NULL $q$),
		('server', 'standby', $q$
			SELECT true, 'a standby: nothing is written or acknowledged here; ask the primary as well', NULL::text $q$),
		('flusher', 'loaded', $q$
			SELECT s.flusher_pid IS NOT NULL AND s.state <> 'paused',
				CASE WHEN s.flusher_pid IS NULL THEN 'none runs' ELSE format('%s, pid %s', s.state, s.flusher_pid) END,
				CASE WHEN s.state = 'paused' THEN 'SELECT commentary.resume();'
					ELSE 'See the server''s log; max_worker_processes must leave one worker for each database with commentary, and one more.' END
			FROM commentary.status() AS s $q$),
		('commits', 'loaded', $q$
			SELECT a.is_working AND (s.waits_for IS NULL OR s.waits_since > clock_timestamp() - interval '1 s'),
				concat_ws('; ',
					CASE WHEN s.commits_pending > 0 THEN format('%s wait to be flushed, the oldest for %s ms', s.commits_pending, s.oldest_ms)
						ELSE 'none waits to be flushed' END,
					'the flusher waits for ' || s.waits_for, b.names),
				CASE WHEN s.waits_for = 'commentary.resume()' THEN 'SELECT commentary.resume();'
					WHEN b.names IS NOT NULL THEN 'Let it come to its end, or end it with pg_terminate_backend(pid); a prepared transaction with COMMIT or ROLLBACK PREPARED.'
					WHEN s.waits_for LIKE '%synchronous standby%' THEN 'Start the standby again, or take it out of synchronous_standby_names.'
					WHEN s.waits_for LIKE '%worker process%' THEN 'Raise max_worker_processes and restart the server.'
					WHEN s.waits_for LIKE '%launcher%' THEN 'See the server''s log; the launcher needs one of max_worker_processes.'
					WHEN s.waits_for LIKE '%after the error%' THEN 'Correct the cause of the error; the server''s log has more of it.'
					ELSE 'See what the flusher does in pg_stat_activity, and how fast the disk is.' END
			FROM commentary.status() AS s, commentary.ack_status() AS a, LATERAL (
				SELECT 'in the way: ' || string_agg(CASE WHEN pid = 0 THEN 'a prepared transaction'
						ELSE format('pid %s (%s)%s', pid, concat_ws(', ', p.usename, nullif(p.application_name, ''), p.state),
							' behind ' || nullif(array_to_string(pg_blocking_pids(pid), ', '), '')) END, ', ') AS names
				FROM unnest(coalesce(s.blocked_by, pg_blocking_pids(s.flusher_pid))) AS pid
				LEFT JOIN pg_stat_activity AS p USING (pid)) AS b $q$),
		('backlog', 'loaded', $q$
			SELECT c.staged_rows < greatest(current_setting('commentary.max_staged')::bigint / 2, 1),
				format('%s rows wait of at most %s', c.staged_rows, current_setting('commentary.max_staged')),
				'See commits for what the flusher waits for; commentary.stat_flush shows how long a flush takes.'
			FROM commentary.stat_flush AS c $q$),
		('staging', 'loaded', $q$
			SELECT s.staging_bytes <= 64 * 1024 * 1024,
				coalesce(pg_size_pretty(s.staging_bytes) || ' in the segments', 'a segment is locked or missing: see commits and objects'),
				'It is emptied when the flusher has flushed it: see commits and backlog for what holds it up. A session that has a segment locked keeps it: see pg_locks.'
			FROM commentary.status() AS s $q$),
		('rejected', 'anywhere', $q$
			SELECT r.count = 0, format('%s rows set aside', r.count),
				'SELECT rejected_id, error FROM commentary.rejected; mend it, then commentary.replay_rejected(rejected_id).'
			FROM commentary.count_rejected() AS r (count) $q$),
		('purges', 'anywhere', $q$
			SELECT p.summary[2] = '0',
				concat_ws('; ', format('%s matches have entries to be removed', p.summary[1]), p.summary[3]),
				'Correct the cause of the error, then SELECT commentary.purge(match_id), or purge_lobby(before) for match 0, again.'
			FROM commentary.purge_summary() AS p (summary) $q$),
		('log', 'anywhere', $q$
			SELECT count(*) = 0,
				CASE WHEN count(*) = 0 THEN 'no hole in the newest 1,000 entries of the newest 100 matches'
					ELSE 'a hole in match ' || string_agg(t.match_id::text, ', ') END,
				'SELECT * FROM commentary.verify(match_id); ' || CASE WHEN EXISTS (
						SELECT FROM pg_subscription_rel AS r WHERE r.srrelid = to_regclass('commentary.entry'))
					THEN 'a transaction was skipped, the publication leaves rows out, or entries were removed by force. Viewers are told once, and go on; copy what is missing from the primary: see REGIONS.md.'
					ELSE 'entries were removed by force. Viewers are told once, and go on; what is missing has to come from a backup.' END
			FROM commentary.recent_holes() AS t (match_id) $q$),
		('triggers', 'anywhere', $q$
			SELECT false, f.finding, f.to_do FROM commentary.trigger_faults() AS f
			UNION ALL
			SELECT true, 'all of ours fire', NULL WHERE NOT EXISTS (SELECT FROM commentary.trigger_faults()) $q$),
		('structure', 'anywhere', $q$
			SELECT f.effect = 'note', format('%s (%s)', f.finding, f.effect), f.to_do
			FROM commentary.structure_faults() AS f
			UNION ALL
			SELECT true, 'nothing is altered', NULL WHERE NOT EXISTS (SELECT FROM commentary.structure_faults()) $q$),
		('notifications', 'loaded', $q$
			SELECT pg_notification_queue_usage() * 100 <= current_setting('commentary.notify_queue_limit')::double precision,
				format('the queue is %s %% full', round((pg_notification_queue_usage() * 100)::numeric, 2)),
				'End the transaction of the session that LISTENs: pg_stat_activity shows it.' $q$),
		('durability', 'anywhere', $q$
			SELECT current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on',
				format('fsync = %s, full_page_writes = %s', current_setting('fsync'), current_setting('full_page_writes')),
				'Switch both on: a crash of the machine may lose what was acknowledged.' $q$),
		('acknowledgement', 'loaded', $q$
			SELECT count(*) = 0,
				coalesce('commentary.ack = staged for ' || string_agg(s.whom, ', '), 'commentary.ack = durable for all'),
				'A crash of the server loses what these have staged and is not flushed yet. If that is not wanted: SET commentary.ack = durable, by ALTER SYSTEM, DATABASE, ROLE or FUNCTION where it is set.'
			FROM (
				SELECT 'this session' WHERE current_setting('commentary.ack') <> 'durable'
				UNION ALL
				SELECT 'the server' FROM pg_file_settings
				WHERE lower(name) = 'commentary.ack' AND lower(setting) <> 'durable' AND applied
				UNION ALL
				SELECT concat_ws(' in ', CASE WHEN s.setrole <> 0 THEN 'role ' || pg_get_userbyid(s.setrole) END,
					CASE WHEN s.setdatabase <> 0 THEN 'database ' || current_database() END)
				FROM pg_db_role_setting AS s, unnest(s.setconfig) AS c
				WHERE lower(c) ~ '^commentary[.]ack=' AND lower(c) <> 'commentary.ack=durable'
					AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
				UNION ALL
				SELECT 'function ' || p.oid::regprocedure
				FROM pg_proc AS p, unnest(p.proconfig) AS c
				WHERE lower(c) ~ '^commentary[.]ack=' AND lower(c) <> 'commentary.ack=durable'
			) AS s (whom) $q$),
		('standbys', 'primary', $q$
			SELECT w.wanted <= count(r.pid),
				CASE WHEN w.wanted = 0 THEN 'no commit waits for one'
					ELSE format('%s of %s that synchronous_standby_names asks for are connected', count(r.pid), w.wanted) END,
				'Start the standby again, or take it out of synchronous_standby_names: nothing can be acknowledged.'
			FROM (SELECT CASE WHEN current_setting('synchronous_standby_names') = '' OR current_setting('max_wal_senders') = '0' THEN 0
				ELSE coalesce(substring(current_setting('synchronous_standby_names') FROM '(?i)^[[:space:]]*(?:first[[:space:]]+|any[[:space:]]+)?([0-9]+)[[:space:]]*[(]')::integer, 1) END) AS w (wanted)
			LEFT JOIN pg_stat_replication AS r ON r.state = 'streaming' AND r.sync_state IN ('sync', 'quorum')
			GROUP BY w.wanted $q$),
		('subscriptions', 'anywhere', $q$
			SELECT count(*) FILTER (WHERE NOT s.is_running OR s.is_stuck) = 0,
				CASE WHEN count(*) = 0 THEN 'no table of commentary is a subscriber''s'
					ELSE string_agg(concat(s.subname, CASE WHEN s.is_running THEN ' runs, ' ELSE ' does not run, ' END, s.errors, ' errors',
						', has still to copy ' || s.uncopied), '; ') END,
				CASE WHEN bool_or(s.is_stuck) THEN 'See the server''s log for what it cannot copy. Rows that are there already are in its way: TRUNCATE that table with commentary.allow_log_changes on; it is tried again by itself.'
					ELSE 'See the server''s log for what it cannot apply; then ALTER SUBSCRIPTION ... ENABLE, or SKIP.' END
			FROM (SELECT w.*, w.uncopied IS NOT NULL AND w.errors > 0 AS is_stuck
				FROM (SELECT u.subname, u.subenabled AND EXISTS (
						SELECT FROM pg_stat_subscription AS w WHERE w.subid = u.oid AND w.pid IS NOT NULL) AS is_running,
						(SELECT coalesce(sum(e.apply_error_count + e.sync_error_count), 0)
							FROM pg_stat_subscription_stats AS e WHERE e.subid = u.oid) AS errors,
						string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid) FILTER (WHERE r.srsubstate IN ('i', 'd')) AS uncopied
					FROM pg_subscription AS u
					JOIN pg_subscription_rel AS r ON r.srsubid = u.oid
					JOIN pg_class AS c ON c.oid = r.srrelid AND c.relnamespace = to_regnamespace('commentary')
					GROUP BY u.oid, u.subname, u.subenabled) AS w) AS s $q$),
		('publications', 'loaded', $q$
			SELECT m.missing IS NULL, coalesce('no subscription has ' || m.missing, 'subscriptions have what a follower needs'),
				CASE WHEN m.has_any THEN 'In the primary ALTER PUBLICATION ... ADD TABLE, here ALTER SUBSCRIPTION ... REFRESH PUBLICATION. Without commentary.match its matches cannot be found, without commentary.entry nothing is followed, without commentary.epoch viewers cannot move between regions.'
					ELSE 'Nothing comes from a primary: CREATE SUBSCRIPTION, see REGIONS.md. Or make a primary of this database: ALTER DATABASE ... RESET commentary.role.' END
			FROM commentary.following() AS f, LATERAL (
				SELECT string_agg('commentary.' || w.name, ', ') FILTER (WHERE NOT w.is_there) AS missing, bool_or(w.is_there) AS has_any
				FROM (SELECT t.name, EXISTS (SELECT FROM pg_subscription_rel AS r
						WHERE r.srrelid = to_regclass('commentary.' || t.name)) AS is_there
					FROM unnest('{match,entry,epoch}'::text[]) AS t (name)) AS w) AS m
			WHERE m.has_any OR (f.reason IS NOT NULL AND NOT EXISTS ( -- another replication system has an origin of its own
				SELECT FROM pg_replication_origin AS o WHERE o.roname !~ '^pg_[0-9]+'))
			UNION ALL
			SELECT p.finding IS NULL, coalesce(p.finding, p.names || ' has what a follower needs'), p.to_do
			FROM commentary.publication_faults() AS p $q$),
		('role', 'loaded', $q$
			SELECT f.reason IS NULL OR f.is_by_role,
				coalesce('a follower: ' || f.reason, 'a primary'),
				'ALTER DATABASE ... SET commentary.role = follower, so that this database numbers nothing from the start.'
			FROM commentary.following() AS f $q$),
		('region', 'loaded', $q$
			SELECT NOT r.is_late,
				CASE WHEN r.is_late THEN 'late' ELSE 'in time' END || coalesce(format(', %s ms', r.lag_ms), ''),
				'See subscriptions, and the log of both servers; commentary.stat_region has more.'
			FROM commentary.region_status() AS r
			WHERE r.is_follower $q$),
		('epoch', 'anywhere', $q$
			SELECT e.epoch IS NOT NULL, coalesce('epoch ' || e.epoch, 'none yet'),
				'The flusher makes it when it starts: see flusher. A follower has it when its initial copy is made: see subscriptions.'
			FROM commentary.newest_epoch() AS e (epoch) $q$),
		('listeners', 'primary', $q$
			SELECT count(*) > 0, format('%s relays are connected', count(*)),
				'Start commentary-relay, if viewers are to see anything.'
			FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'commentary-relay' $q$),
		('relays', 'primary', $q$
			SELECT r.summary[3] = 0,
				format('%s report %s viewers; %s lag', r.summary[1], r.summary[2], r.summary[3]),
				'Look again: a relay that catches up lags for moments. If it stays so, see its log and commentary.stat_relay.'
			FROM commentary.relay_summary() AS r (summary)
			WHERE r.summary[1] > 0 $q$)
	) AS q (about, place, query)
	LOOP
		IF question.place NOT IN ('anywhere', place) AND (question.place <> 'loaded' OR place <> 'primary') THEN
			CONTINUE;
		END IF;
		subject := question.about;
		BEGIN
			-- Without the library there is nothing to ask it.
			CONTINUE WHEN question.place = 'loaded' AND NOT commentary.is_loaded();
			FOR answer IN EXECUTE format('SELECT * FROM (%s) AS a (is_ok, finding, to_do)', question.query) LOOP
				is_ok := coalesce(answer.is_ok, false);
				finding := answer.finding;
				to_do := CASE WHEN is_ok THEN 'ok' ELSE answer.to_do END;
				RETURN NEXT;
			END LOOP;
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
			is_ok := false;
			finding := 'cannot tell: ' || SQLERRM;
			to_do := CASE WHEN SQLSTATE = '55P03' THEN 'Somebody has it locked, or waits for that: see pg_locks and pg_blocking_pids().'
				WHEN hint <> '' THEN hint
				ELSE 'An object of the extension was changed or dropped, or the extension is older than its library: see objects and version.' END;
			RETURN NEXT;
		END;
	END LOOP;
END
$check$;
COMMENT ON FUNCTION commentary.check() IS 'The doctor: one row for each thing that must be right, with what to do where it is not. It also works on a standby, and when part of the extension is locked, changed or missing';

-- commentary.stat_relay shows acks_work with each relay, because all relays may be live while
-- no commit is acknowledged.
CREATE FUNCTION commentary.acks_work() RETURNS boolean
	LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT a.is_working FROM commentary.ack_status() AS a;
END;
COMMENT ON FUNCTION commentary.acks_work() IS 'Private: is_working of commentary.ack_status(), for roles that may read commentary.stat_relay';
GRANT EXECUTE ON FUNCTION commentary.acks_work() TO PUBLIC;

-- commentary.relay is unlogged, and a standby refuses a query that names an unlogged table. So
-- the views call a function. Any role may call the function, but only the views can read the
-- pass that it asks for.
CREATE TABLE commentary.relay_pass (
	pass text PRIMARY KEY
);
COMMENT ON TABLE commentary.relay_pass IS 'Private: what commentary.stat_relay and commentary.viewers show to commentary.relay_reports()';
INSERT INTO commentary.relay_pass SELECT gen_random_uuid()::text;
-- A second pass, which a subscription to all tables would bring, would make the views count
-- each relay twice.
CREATE TRIGGER keep_out BEFORE INSERT ON commentary.relay_pass
	FOR EACH ROW EXECUTE FUNCTION commentary.keep_out();
ALTER TABLE commentary.relay_pass ENABLE ALWAYS TRIGGER keep_out;

CREATE FUNCTION commentary.own_is_relay_pass(pass text) RETURNS boolean LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT EXISTS (SELECT FROM commentary.relay_pass AS p WHERE p.pass = own_is_relay_pass.pass);
END;
COMMENT ON FUNCTION commentary.own_is_relay_pass(text) IS 'Private: whether this is the pass; runs with the rights of the owner of commentary.relay_pass';

CREATE FUNCTION commentary.own_relay_reports(pass text) RETURNS commentary.relay[] LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT array_agg(r) FROM commentary.relay AS r;
END;
COMMENT ON FUNCTION commentary.own_relay_reports(text) IS 'Private: what commentary.relay_reports() does, with the rights of the owner of commentary.relay';
REVOKE ALL ON FUNCTION commentary.own_is_relay_pass, commentary.own_relay_reports FROM PUBLIC;

CREATE FUNCTION commentary.relay_reports(pass text) RETURNS commentary.relay[]
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'commentary_relay_reports';
COMMENT ON FUNCTION commentary.relay_reports(text) IS 'Private: for commentary.stat_relay and commentary.viewers, what each relay last reported; null on a standby';
GRANT EXECUTE ON FUNCTION commentary.relay_reports(text) TO PUBLIC;

CREATE OR REPLACE VIEW commentary.stat_relay AS
SELECT r.relay_id, r.host, r.pid, r.version, r.reported_by, r.started_at, r.last_seen,
	r.feed_state, r.viewers, r.topics, r.cached_bytes, r.deliveries, r.sent_bytes,
	r.feed_connects, r.lag_entries, r.latency_ms, commentary.acks_work() AS acks_work
FROM commentary.relay_pass AS p, unnest(commentary.relay_reports(p.pass)) AS r
WHERE r.last_seen > now() - 3 * r.report_ms * interval '1 millisecond';
COMMENT ON VIEW commentary.stat_relay IS 'The relays that have reported lately, one row for each process, and what each has done since it started. No row on a standby';

CREATE OR REPLACE VIEW commentary.viewers AS
SELECT f.match_id, sum(f.viewers)::bigint AS viewers, count(*) AS relays
FROM commentary.relay_pass AS p, unnest(commentary.relay_reports(p.pass)) AS r,
	unnest(r.match_ids, r.match_viewers) AS f (match_id, viewers)
WHERE r.last_seen > now() - 3 * r.report_ms * interval '1 millisecond'
GROUP BY f.match_id;
COMMENT ON VIEW commentary.viewers IS 'How many viewers follow each match, and on how many relays, by the newest report of each. Match 0 is the lobby. No row on a standby';
COMMENT ON COLUMN commentary.stat_relay.acks_work IS 'Whether the database acknowledges durable commits: see commentary.ack_status()';

-- The schema that an extension names goes with the extension, so that DROP SCHEMA public
-- CASCADE, with which applications begin afresh, took all commentary along. Ours holds nothing
-- outside its own, so it is moved to the schema that nobody drops, as that of plpgsql is.
UPDATE pg_extension SET extnamespace = 'pg_catalog'::regnamespace WHERE extname = 'commentary';
DELETE FROM pg_depend AS d USING pg_extension AS e
WHERE e.extname = 'commentary' AND d.classid = 'pg_extension'::regclass AND d.objid = e.oid
	AND d.refclassid = 'pg_namespace'::regclass;

-- This comes last, when no object of the extension depends on the old function any more.
DO $$
BEGIN
	DROP FUNCTION commentary.status_of_1_1();
EXCEPTION WHEN dependent_objects_still_exist THEN
	COMMENT ON FUNCTION commentary.status_of_1_1() IS 'Private: commentary.status() as it was before version 1.2, for what depends on it';
END
$$;
