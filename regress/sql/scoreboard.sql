-- The scoreboard is bounded, however many matches there are: first those under way, then
-- those to come, then the last that ended, of each the newest.
-- What other tests have left is over.
UPDATE commentary.match SET status = 'abandoned' WHERE status NOT IN ('finished', 'abandoned');
SELECT setval(pg_get_serial_sequence('commentary.match', 'match_id'), coalesce(max(match_id), 1)) > 0 AS moved FROM commentary.match;

BEGIN;
SELECT max(commentary.create_match('Home', 'Away', status => CASE WHEN n <= 3 THEN 'live' WHEN n <= 203 THEN 'finished' ELSE 'scheduled' END)) - 5500 AS before
FROM generate_series(1, 5500) AS n \gset
COMMIT;
SELECT commentary.flush();

CREATE TEMP VIEW scoreboard AS
SELECT (s ->> 'match')::bigint AS match_id, s ->> 'status' AS status FROM json_array_elements(commentary.lobby()::json) AS s;
SELECT count(*), count(*) = count(DISTINCT match_id) AS once FROM scoreboard;
SELECT status, count(*) > 0 AS some, max(match_id) - :before AS newest FROM scoreboard WHERE match_id > :before GROUP BY status ORDER BY status;
SELECT min(match_id) - :before AS oldest_to_come FROM scoreboard WHERE status = 'scheduled' AND match_id > :before;

-- One that begins goes before all that are to come.
UPDATE commentary.match SET status = 'live' WHERE match_id = :before + 300;
SELECT commentary.flush();
SELECT status FROM scoreboard WHERE match_id = :before + 300;
SELECT count(*) FROM scoreboard;

-- When those to come are fewer, the last that ended are there.
UPDATE commentary.match SET status = 'finished' WHERE match_id > :before + 1000;
SELECT commentary.flush();
SELECT count(*), min(match_id) - :before AS oldest, max(match_id) - :before AS newest FROM scoreboard WHERE status = 'finished' AND match_id > :before;
SELECT octet_length(commentary.lobby()) < 4194304 AS fits;

UPDATE commentary.match SET status = 'abandoned' WHERE status <> 'abandoned';
SELECT commentary.flush();
