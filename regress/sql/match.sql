-- Matches: every change that viewers see is an entry, in order, exactly once.
SELECT commentary.create_match('Rovers', 'City', starts_at => '2026-11-24 20:00+00') AS m \gset
UPDATE commentary.match SET status = 'live', home_score = 0, away_score = 0 WHERE match_id = :m;
BEGIN;
INSERT INTO commentary.feed (match_id, minute, kind, message, home_score, away_score)
VALUES (:m, 5, 'goal', 'Goal!', 1, 0);
UPDATE commentary.match SET home_score = 1 WHERE match_id = :m;
COMMIT;
-- what is as it was: no entry
UPDATE commentary.match SET home_score = 1 WHERE match_id = :m;
-- metadata is for viewers too
UPDATE commentary.match SET metadata = '{"referee": "D. Whistle"}' WHERE match_id = :m;
-- taken back: no entry
BEGIN;
UPDATE commentary.match SET home_score = 9 WHERE match_id = :m;
ROLLBACK;
-- the same state twice in one transaction, and back
BEGIN;
UPDATE commentary.match SET home_score = 2 WHERE match_id = :m;
UPDATE commentary.match SET home_score = 3 WHERE match_id = :m;
COMMIT;

SELECT seq, op, kind, message, metadata - 'match' AS state FROM commentary.entry WHERE match_id = :m ORDER BY seq;
SELECT count(*) AS lobby_entries FROM commentary.entry WHERE match_id = 0 AND metadata ->> 'match' = :'m';
SELECT max(seq) - count(*) AS gaps FROM commentary.entry WHERE match_id = 0;
SELECT commentary.state(:m)::jsonb - 'match' = commentary.match_state(m) - 'match' AS same FROM commentary.match m WHERE match_id = :m;
SELECT count(*) FROM json_array_elements(commentary.lobby()::json) AS s WHERE s ->> 'match' = :'m';

-- what viewers could not be shown
\set SHOW_CONTEXT never
SELECT commentary.create_match('', 'City');
SELECT commentary.create_match(E'Ro\nvers', 'City');
SELECT commentary.create_match(repeat('x', 201), 'City');
\set VERBOSITY terse
SELECT commentary.create_match('Rovers', NULL);
\set VERBOSITY default
SELECT commentary.create_match('Rovers', 'City', status => 'over');
SELECT commentary.create_match('Rovers', 'City', starts_at => 'infinity');
UPDATE commentary.match SET home_score = -1 WHERE match_id = :m;
UPDATE commentary.match SET away_score = 10000 WHERE match_id = :m;
UPDATE commentary.match SET match_id = match_id + 1000000 WHERE match_id = :m;
INSERT INTO commentary.match (match_id, home, away) VALUES (0, 'The', 'Lobby');
TRUNCATE commentary.match;

-- whichever way the change comes
\set w 7101
INSERT INTO commentary.match (match_id, home, away) VALUES (:w, 'Rovers', 'City');
INSERT INTO commentary.match (match_id, home, away) VALUES (:w, 'Rovers', 'City')
	ON CONFLICT (match_id) DO UPDATE SET status = 'live';
UPDATE commentary.match AS m SET home_score = v.goals FROM (VALUES (:w, 1)) AS v(match_id, goals) WHERE m.match_id = v.match_id;
WITH changed AS (UPDATE commentary.match SET away_score = 1 WHERE match_id = :w RETURNING match_id)
INSERT INTO commentary.feed (match_id, message) SELECT match_id, 'The equaliser.' FROM changed;
MERGE INTO commentary.match AS m USING (VALUES (:w)) AS v(match_id) ON m.match_id = v.match_id
	WHEN MATCHED THEN UPDATE SET status = 'finished';
SELECT seq, op, coalesce(message, metadata ->> 'status') AS tells, metadata ->> 'home_score' AS home, metadata ->> 'away_score' AS away
FROM commentary.entry WHERE match_id = :w ORDER BY seq;
SELECT count(*) AS lobby_entries FROM commentary.entry WHERE match_id = 0 AND metadata ->> 'match' = :'w';

-- Null is the table's default, as postgres_fdw and some ORMs send it, also one that a DBA has set.
BEGIN;
ALTER TABLE commentary.match ALTER COLUMN sport SET DEFAULT 'cricket';
INSERT INTO commentary.match (match_id, home, away, sport, status, created_at) VALUES (NULL, 'England', 'Australia', NULL, NULL, NULL)
RETURNING match_id > 0 AS has_number, sport, status, created_at = now() AS is_now;
SELECT commentary.create_match('England', 'Australia') AS made \gset
SELECT sport, status FROM commentary.match WHERE match_id = :made;
ALTER TABLE commentary.match ALTER COLUMN sport DROP DEFAULT;
\set VERBOSITY terse
INSERT INTO commentary.match (home, away) VALUES ('England', 'Australia');
ROLLBACK;
\set VERBOSITY default
