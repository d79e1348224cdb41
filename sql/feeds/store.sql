-- Writes what FORMAT.sql has mapped: in one transaction, and each row by itself, so that one
-- that is wrong is refused with a warning and stops nothing else.
--
-- A new match is live while its entries are written, since one that is over takes none; then it
-- gets the state that the file gives it. What the database has already changes nothing.

-- Which members of a mapping are no columns: a mistake in the mapping, or of the command line.
CREATE FUNCTION pg_temp.check_columns(value jsonb, relation regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	unknown text;
BEGIN
	SELECT string_agg(format('"%s"', key), ', ') INTO unknown FROM jsonb_object_keys(value) AS key
	WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = relation AND attname = key AND attnum > 0);
	IF unknown IS NOT NULL THEN
		RAISE EXCEPTION '% has no column %', relation, unknown USING ERRCODE = 'undefined_column';
	END IF;
END $$;

-- The match of this match_ref, made if there is none. The state of one that is there is set later.
CREATE FUNCTION pg_temp.match_of(ref text, state jsonb, has_entries boolean) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
	wanted commentary.match;
BEGIN
	PERFORM pg_temp.check_columns(state, 'commentary.match');
	SELECT match_id INTO id FROM commentary.match WHERE match_ref = ref;
	IF id IS NULL THEN
		wanted := jsonb_populate_record(NULL::commentary.match, state);
		id := commentary.create_match(wanted.home, wanted.away, title => wanted.title, match_ref => ref,
			sport => coalesce(wanted.sport, 'football'), competition => wanted.competition,
			starts_at => wanted.starts_at, lang => wanted.lang, translation_of => wanted.translation_of,
			status => CASE WHEN has_entries THEN 'live' ELSE coalesce(wanted.status, 'scheduled') END);
	END IF;
	RETURN id;
END $$;

-- Writes only when something differs, so that viewers get no state that they have. (Its body
-- is a text, so that nothing temporary depends on the extension.)
CREATE FUNCTION pg_temp.set_state(id bigint, state jsonb) RETURNS void LANGUAGE sql AS $$
	UPDATE commentary.match AS m
	SET sport = r.sport, competition = r.competition, title = r.title, home = r.home, away = r.away,
		home_short = r.home_short, away_short = r.away_short, status = r.status, starts_at = r.starts_at,
		clock = r.clock, home_score = r.home_score, away_score = r.away_score,
		home_display = r.home_display, away_display = r.away_display, result = r.result,
		leaderboard = r.leaderboard, lang = r.lang, metadata = r.metadata
	FROM commentary.match AS old CROSS JOIN LATERAL jsonb_populate_record(old, state) AS r
	WHERE m.match_id = id AND old.match_id = id AND r IS DISTINCT FROM old;
$$;

CREATE FUNCTION pg_temp.write_entry(id bigint, entry jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.check_columns(entry, 'commentary.feed');
	IF entry ->> 'client_ref' IS NULL THEN
		RAISE EXCEPTION 'it has no client_ref' USING ERRCODE = 'not_null_violation',
			HINT = 'Each load would store it once more. Give it the id that the provider has for it.';
	END IF;
	INSERT INTO commentary.feed (match_id, kind, period, phase, minute, stoppage, clock, actor, team, headline,
		message, tags, metadata, home_score, away_score, home_display, away_display, translates_seq,
		client_ref, client_version, occurred_at)
	SELECT id, coalesce(r.kind, 'comment'), r.period, r.phase, r.minute, r.stoppage, r.clock, r.actor, r.team,
		r.headline, r.message, r.tags, r.metadata, r.home_score, r.away_score, r.home_display, r.away_display,
		r.translates_seq, r.client_ref, r.client_version, r.occurred_at
	FROM jsonb_populate_record(NULL::commentary.feed, entry) AS r;
END $$;

CREATE FUNCTION pg_temp.refuse(what text, error text, detail text, hint text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	RAISE WARNING '% is refused: %', what, error USING DETAIL = detail, HINT = hint;
	INSERT INTO feed_refused VALUES (what);
END $$;

-- action: 'make', 'write', 'withdraw' or 'state'. A mistake undoes this one action and is told of.
-- What is wrong with the server, the session or its rights would be so for each row: it ends the load.
CREATE FUNCTION pg_temp.attempt(action text, what text, id bigint, value jsonb, ref text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	error text;
	detail text;
	hint text;
BEGIN
	CASE action
		WHEN 'make' THEN
			RETURN pg_temp.match_of(ref, value, EXISTS (SELECT FROM feed_row AS r WHERE r.match_ref = ref));
		WHEN 'write' THEN
			PERFORM pg_temp.write_entry(id, value);
		WHEN 'withdraw' THEN
			DELETE FROM commentary.feed AS f WHERE f.match_id = id AND f.client_ref = value ->> 'client_ref';
		WHEN 'state' THEN
			PERFORM pg_temp.set_state(id, value);
	END CASE;
	RETURN id;
EXCEPTION WHEN OTHERS THEN
	IF SQLSTATE ~ '^(25|40|42501|53|55P|57|58|XX)' THEN
		RAISE;
	END IF;
	GET STACKED DIAGNOSTICS error = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	PERFORM pg_temp.refuse(what, error, detail, hint);
	RETURN NULL;
END $$;

-- The match may be named otherwise on the command line, when the file has only one.
UPDATE feed_row SET match_ref = g.state ->> 'match_ref' FROM feed_given AS g WHERE g.state ? 'match_ref';
UPDATE feed_match AS m SET state = m.state || (g.state - 'match_ref'), match_ref = coalesce(g.state ->> 'match_ref', m.match_ref)
FROM feed_given AS g;

BEGIN;

UPDATE feed_match SET match_id = pg_temp.attempt('make', format('match "%s"', match_ref), NULL, state, match_ref);

-- Where the file says the score of the match, that is written once, behind the entries; else it
-- follows the entries that carry one.
DO $$
DECLARE
	line record;
	follows text := current_setting('commentary.score_follows');
BEGIN
	FOR line IN
		SELECT r.place, r.entry, r.is_withdrawn, m.match_id, num_nonnulls(m.state ->> 'home_score',
				m.state ->> 'away_score', m.state ->> 'home_display', m.state ->> 'away_display') > 0 AS has_score,
			format('entry %s (client_ref "%s") of match "%s"', r.place, r.entry ->> 'client_ref', r.match_ref) AS what
		FROM feed_row AS r LEFT JOIN feed_match AS m USING (match_ref) ORDER BY r.place
	LOOP
		PERFORM set_config('commentary.score_follows', CASE WHEN line.has_score THEN 'off' ELSE follows END, true);
		IF line.match_id IS NULL THEN
			PERFORM pg_temp.refuse(line.what, 'its match was refused', '', '');
		ELSE
			PERFORM pg_temp.attempt(CASE WHEN line.is_withdrawn THEN 'withdraw' ELSE 'write' END,
				line.what, line.match_id, line.entry, NULL);
		END IF;
	END LOOP;
	FOR line IN SELECT match_id, state, format('state of match "%s"', match_ref) AS what
		FROM feed_match WHERE match_id IS NOT NULL ORDER BY match_id
	LOOP
		PERFORM pg_temp.attempt('state', line.what, line.match_id, line.state, NULL);
	END LOOP;
END $$;

COMMIT;

SELECT format('%s matches, %s entries read, %s refused', (SELECT count(*) FROM feed_match),
	(SELECT count(*) FROM feed_row), count(*)) FROM feed_refused;

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM feed_match) THEN
		RAISE EXCEPTION 'there is no match in this file' USING HINT = 'Is it in another format? See: load --help';
	ELSIF EXISTS (SELECT FROM feed_refused) THEN
		RAISE EXCEPTION 'some of the file was refused: see the warnings'
			USING HINT = 'The rest is stored. Correct the file, or the mapping, and load it again.';
	END IF;
END $$;
