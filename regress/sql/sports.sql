-- A match and an entry of any sport: what they have is stored as it is given, and reaches
-- viewers; nothing is rounded or cut.
SET timezone = 'UTC';
\set SHOW_CONTEXT never

-- what has two teams, and a score that is no number
SELECT commentary.create_match('England', 'Australia', sport => 'cricket', competition => 'The Ashes',
	home_short => 'ENG', away_short => 'AUS', home_display => '245/7 & 13/0', away_display => '310',
	clock => '19.6 ov', metadata => '{"venue": {"name": "Lord''s"}}', lang => 'en') AS cricket \gset
-- what has none, and an order instead
SELECT commentary.create_match(title => 'Monaco Grand Prix', sport => 'formula_1', status => 'live', clock => 'Lap 12/78',
	leaderboard => '[{"rank": 1, "name": "C. Leclerc", "value": "1:31:44.742"}, {"rank": "2", "name": "L. Norris", "value": 2.9, "note": "pit"}, {"name": "O. Piastri", "gap": "+6.4", "is_out": false}]') AS race \gset
SELECT match_id = :race AS is_race, commentary.match_state(m) - 'match' AS state FROM commentary.match AS m WHERE match_id IN (:cricket, :race) ORDER BY match_id;

-- its own words for the time and the part of the match
INSERT INTO commentary.feed (match_id, period, phase, clock, headline, message, home_display, occurred_at)
VALUES (:cricket, 2, '2nd innings', '19.6 ov', 'Wicket!', 'Bowled him.', '245/8', '2026-07-01 12:00+01')
RETURNING phase, clock, headline, home_display, occurred_at;
SELECT commentary.post(:cricket, 'Drinks.', clock => '20 ov', phase => '2nd innings', headline => 'Break',
	home_display => '245/8', away_display => '310', occurred_at => '2026-07-01 12:05+01') > 0 AS staged;
SELECT commentary.amend(:cricket, 2, clock => '19.5 ov', headline => 'Wicket') > 0 AS staged;
SELECT clock, phase, headline, home_display, away_display, occurred_at, message FROM commentary.feed WHERE match_id = :cricket ORDER BY seq;
SELECT regexp_replace(body, '"match": ?\d+|"created_at":"[^"]*"', '', 'g') AS body FROM commentary.read(:cricket, 1);
SELECT count(*) AS same FROM commentary.read(:cricket, 0) AS r JOIN commentary.entry AS e ON e.match_id = :cricket AND e.seq = r.seq AND commentary.entry_body(e) = r.body;

-- calls by position are those of version 1.1
SELECT commentary.post(:race, 'Lights out', 0, 'start', 'C. Leclerc', 'Ferrari', 1, 0, '{start}', '{"lap": 1}', NULL, NULL, 'lights') > 0 AS staged;
SELECT commentary.create_match('Rovers', 'City', 'football', 'postponed', '2026-11-24 20:00+00', '{"why": "snow"}') AS postponed \gset
SELECT status FROM commentary.match WHERE match_id = :postponed;
INSERT INTO commentary.feed (match_id, message) VALUES (:postponed, 'A new date follows.');
UPDATE commentary.match SET status = 'cancelled', result = 'No result' WHERE match_id = :postponed;
\set VERBOSITY sqlstate
INSERT INTO commentary.feed (match_id, message) VALUES (:postponed, 'Too late.');
\set VERBOSITY default
SELECT commentary.state(:postponed)::jsonb - 'match' AS state;

-- empty texts, as forms send them, are null
UPDATE commentary.match SET clock = '', home_short = '', result = '', competition = '' WHERE match_id = :cricket;
SELECT clock, home_short, result, competition FROM commentary.match WHERE match_id = :cricket;
SELECT commentary.create_match(title => 'Tour de France', home => '', away => '', match_ref => '') AS tour \gset
SELECT title, home, away, match_ref FROM commentary.match WHERE match_id = :tour;

-- a match_ref is given once, however often the feed says it
SELECT commentary.create_match('A', 'B', match_ref => 'opta-1') AS first \gset
SELECT commentary.create_match('Other', 'Names', match_ref => 'opta-1') = :first AS is_the_same;
SELECT home FROM commentary.match WHERE match_id = :first;
INSERT INTO commentary.match (home, away, match_ref) VALUES ('A', 'B', 'opta-1') ON CONFLICT (match_ref) DO UPDATE SET status = 'live' RETURNING match_id = :first AS is_the_same, status;
SELECT count(*) AS entries FROM commentary.entry WHERE match_id = :first;
SELECT commentary.create_match('A', 'B') <> commentary.create_match('A', 'B') AS others_have_none;

-- nothing is rounded, in whatever way a number comes
CREATE TEMP TABLE points (home numeric, away float8);
INSERT INTO points VALUES (0.5, 1.5);
\set VERBOSITY terse
UPDATE commentary.match SET home_score = 0.5 WHERE match_id = :first;
UPDATE commentary.match SET home_score = 1, away_score = p.away FROM points AS p WHERE match_id = :first;
UPDATE commentary.match SET (home_score, away_score) = (SELECT 1, away FROM points) WHERE match_id = :first;
INSERT INTO commentary.match (home, away, home_score) VALUES ('A', 'B', 1), ('A', 'B', 1.5);
INSERT INTO commentary.feed (match_id, message, minute) SELECT :first, 'x', home FROM points;
INSERT INTO commentary.feed (match_id, message, minute) VALUES (:first, 'x', 1), (:first, 'x', 19.6);
WITH i AS (INSERT INTO commentary.feed (match_id, message, home_score) VALUES (:first, 'x', 0.5) RETURNING 1) SELECT * FROM i;
PREPARE by_numeric (numeric) AS INSERT INTO commentary.feed (match_id, message, minute) VALUES (:first, 'x', $1);
EXECUTE by_numeric (19.6);
PREPARE by_float (float8) AS INSERT INTO commentary.feed (match_id, message, minute) VALUES (:first, 'x', $1);
EXECUTE by_float (19.6);
PREPARE by_real (real) AS INSERT INTO commentary.feed (match_id, message, minute) VALUES (:first, 'x', $1);
EXECUTE by_real (19.6);
PREPARE by_unknown AS INSERT INTO commentary.feed (match_id, message, minute) VALUES (:first, 'x', $1);
EXECUTE by_unknown ('19.6');
EXECUTE by_numeric ('NaN');
EXECUTE by_float ('Infinity');
CREATE FUNCTION pg_temp.by_function(m bigint, n numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN INSERT INTO commentary.feed (match_id, message, minute) VALUES (m, 'x', n); END $$;
SELECT pg_temp.by_function(:first, 19.6);
CREATE FUNCTION pg_temp.by_body(m bigint, n numeric) RETURNS void
BEGIN ATOMIC INSERT INTO commentary.feed (match_id, message, minute) VALUES (m, 'x', n); END;
SELECT pg_temp.by_body(:first, 19.6);
INSERT INTO commentary.match (match_id, home, away) VALUES (800101, 'A', 'B');
COPY commentary.feed (match_id, message, minute) FROM stdin;
800101	x	19.6
\.
COPY commentary.match (match_id, home, away, home_score) FROM stdin;
800102	A	B	0.5
\.
INSERT INTO commentary.feed (match_id, message, minute) VALUES (0.25, 'x', 1);
CREATE DOMAIN pg_temp.exact_minute AS numeric;
CREATE DOMAIN pg_temp.real_minute AS float8;
INSERT INTO commentary.feed (match_id, message, minute) VALUES (:first, 'x', 19.6::pg_temp.exact_minute);
INSERT INTO commentary.feed (match_id, message, minute) VALUES (:first, 'x', 19.6::pg_temp.real_minute);
-- any role may call what the planner puts in
SELECT commentary.exact(1.5, 'minute'), 'no column' AS call;
SELECT commentary.exact(1.5, 'feed.'), 'an empty name' AS call;
SELECT commentary.exact('1.5'::text, 'feed.minute'), 'no number' AS call;
SELECT commentary.exact(1::bigint, 'feed.minute'), 'an integer' AS call;
SELECT commentary.exact(ARRAY[1.5], 'feed.minute'), 'an array' AS call;
SELECT commentary.exact(1.0, 'feed.minute'), commentary.exact(NULL::numeric, 'minute');
SELECT commentary.post(1, 'x', minute => 19.6);
\set VERBOSITY default
UPDATE commentary.match SET home_score = 0.5 WHERE match_id = :first;
INSERT INTO commentary.feed (match_id, message, minute) VALUES (:first, 'x', 19.6);
\set VERBOSITY terse
\set VERBOSITY default
EXECUTE by_numeric (20.0);
EXECUTE by_float (21);
INSERT INTO commentary.feed (match_id, message, minute) VALUES (:first, 'x', 22.0::pg_temp.exact_minute);
INSERT INTO commentary.feed (match_id, message, minute) VALUES (:first, 'x', 23::pg_temp.real_minute);
-- an explicit cast may round
INSERT INTO commentary.feed (match_id, message, minute) VALUES (:first, 'x', 21.6::integer);
SELECT minute FROM commentary.feed WHERE match_id = :first ORDER BY seq;
SELECT home_score, away_score FROM commentary.match WHERE match_id = :first;

-- what viewers could not be shown
CREATE FUNCTION pg_temp.try(columns jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text; message text; detail text; hint text; col text;
BEGIN
	INSERT INTO commentary.match (home, away, title, leaderboard, metadata, lang, translation_of, match_id, clock, home_display)
	SELECT r.home, r.away, r.title, r.leaderboard, r.metadata, r.lang, r.translation_of, coalesce(r.match_id, nextval('commentary.match_match_id_seq')), r.clock, r.home_display
	FROM jsonb_populate_record(NULL::commentary.match, '{"home": "A", "away": "B"}' || columns) AS r;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, col = COLUMN_NAME;
	RETURN format('%s %s: %s | %s | %s', state, col, message, detail, hint);
END $$;
SELECT columns, pg_temp.try(columns) AS answer FROM (VALUES
	('{"home": null}'::jsonb), ('{"away": null}'), ('{"home": null, "title": ""}'), ('{"home": null, "away": null, "title": "Race"}'),
	('{"leaderboard": {}}'), ('{"leaderboard": null}'), ('{"leaderboard": []}'), ('{"leaderboard": [1]}'), ('{"leaderboard": [{"rank": 1}]}'),
	('{"leaderboard": [{"name": ""}]}'), ('{"leaderboard": [{"name": "A", "laps": [1]}]}'), ('{"leaderboard": [{"name": "A\nB"}]}'),
	('{"leaderboard": [{"name": "A", "note": ""}]}'), ('{"leaderboard": [{"name": "A", "value": 1e20}]}'),
	('{"metadata": [1]}'), ('{"metadata": {"id": 12345678901234567}}'), ('{"lang": "english_language"}'), ('{"lang": "e"}'), ('{"lang": "pt-BR"}'), ('{"lang": "zh-Hant-x"}'), ('{"lang": "de-"}'),
	('{"translation_of": 800101}'), ('{"translation_of": 99999999, "lang": "de"}'), ('{"translation_of": 800103, "match_id": 800103, "lang": "de"}'),
	('{"translation_of": 800101, "match_id": 800104, "lang": "de"}'), ('{"translation_of": 800104, "lang": "fr"}'),
	('{"match_id": 9007199254740992}'), ('{"clock": "1\t2"}')) AS v(columns);
SELECT pg_temp.try(jsonb_build_object('metadata', jsonb_build_object('k', repeat('x', 4100)))) AS large_metadata;
SELECT pg_temp.try(jsonb_build_object('home_display', repeat('x', 101))) AS long_display;
SELECT pg_temp.try(jsonb_build_object('leaderboard', (SELECT jsonb_agg(jsonb_build_object('rank', n, 'name', 'A ' || n)) FROM generate_series(1, 101) AS n))) AS many_rows;
SELECT pg_temp.try(jsonb_build_object('leaderboard', (SELECT jsonb_agg(jsonb_build_object('rank', n, 'name', 'A ' || n)) FROM generate_series(1, 100) AS n))) AS rows_100;

-- a number that is given is not given again
INSERT INTO commentary.match (match_id, home, away) VALUES (900500, 'A', 'B');
SELECT commentary.create_match('A', 'B') AS next;
INSERT INTO commentary.match (match_id, home, away) VALUES (900400, 'A', 'B'), (9007199254740991, 'A', 'B');
SELECT commentary.create_match('A', 'B') AS next;
