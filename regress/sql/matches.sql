-- Every match is reached, a page at a time, whatever happens between two pages.
UPDATE commentary.match SET status = 'abandoned' WHERE status NOT IN ('finished', 'abandoned', 'cancelled');
SELECT setval(pg_get_serial_sequence('commentary.match', 'match_id'), coalesce(max(match_id), 1)) > 0 AS moved FROM commentary.match;
BEGIN;
SELECT max(commentary.create_match('Home', 'Away', status => CASE WHEN n <= 3 THEN 'live' WHEN n <= 5 THEN 'postponed' ELSE 'finished' END,
	competition => CASE WHEN n % 10 = 0 THEN 'Cup' END)) - 250 AS first
FROM generate_series(1, 250) AS n \gset
COMMIT;
SELECT commentary.flush();

CREATE FUNCTION pg_temp.ids(before bigint, statuses text[], competition text, max_rows integer) RETURNS bigint[] LANGUAGE sql
AS $$ SELECT array_agg(m.match_id - current_setting('test.first')::bigint) FROM commentary.matches($1, $2, $3, $4) AS m $$;
SELECT set_config('test.first', :'first', false) = :'first' AS set;

-- the newest first; the state is what viewers get
SELECT match_id - :first AS n, (state::json ->> 'match')::bigint = match_id AS same, state::json ->> 'status' AS status
FROM commentary.matches(max_rows => 2);
SELECT pg_temp.ids(:first + 6, '{live,postponed,finished}', NULL, 5);
SELECT pg_temp.ids(:first + 6, '{live}', NULL, 5), pg_temp.ids(:first + 251, '{finished,live}', 'Cup', 3), pg_temp.ids(:first + 231, NULL, 'Cup', 2);

-- all pages of 60, one after the other: each match once
WITH RECURSIVE page (ids) AS (
	SELECT ARRAY(SELECT m.match_id FROM commentary.matches(:first + 251, '{finished}', max_rows => 60) AS m)
	UNION ALL
	SELECT ARRAY(SELECT m.match_id FROM commentary.matches(page.ids[cardinality(page.ids)], '{finished}', max_rows => 60) AS m)
	FROM page WHERE page.ids[cardinality(page.ids)] > :first + 6)
SELECT count(*), count(DISTINCT id), min(id) - :first AS min, max(id) - :first AS max
FROM page, unnest(page.ids) AS id WHERE id > :first;

-- The place is a number: it stays where it is when its match is purged, and when others end.
SELECT pg_temp.ids(:first + 101, '{finished}', NULL, 2);
SELECT commentary.purge(:first + 99) > 0 AS purged;
UPDATE commentary.match SET status = 'finished' WHERE match_id IN (:first + 1, :first + 2);
SELECT commentary.flush();
SELECT pg_temp.ids(:first + 99, '{finished}', NULL, 2), pg_temp.ids(:first + 101, '{finished}', NULL, 2), pg_temp.ids(:first + 7, '{finished}', NULL, 3);

-- names that are not what they look like
UPDATE commentary.match SET competition = names.name
FROM (VALUES (20, 'O''Neill "Cup" \ %26+_'), (21, '⚽ Coupe ß 日本'), (22, 'cup'), (23, 'Cup '), (24, '%'), (25, repeat('é', 100))) AS names (n, name)
WHERE match_id = :first + names.n;
SELECT commentary.flush();
SELECT pg_temp.ids(:first + 251, NULL, name, 3) AS ids
FROM unnest(ARRAY['O''Neill "Cup" \ %26+_', '⚽ Coupe ß 日本', 'cup', 'Cup ', '%', repeat('é', 100), 'C%', 'Cu_', '', repeat('x', 10000), E'Cup\n', ''';DROP TABLE commentary.match;--']) AS name;

-- arguments that say nothing
SELECT pg_temp.ids(-1, NULL, NULL, 5), pg_temp.ids(0, NULL, NULL, 5), pg_temp.ids(:first + 9, '{}', NULL, 5),
	pg_temp.ids(:first + 9, '{NULL,Finished,nonsense}', NULL, 5), pg_temp.ids(:first + 9, NULL, NULL, -1), pg_temp.ids(:first + 9, NULL, NULL, 0);
SELECT (SELECT count(*) FROM commentary.matches(:first + 251, max_rows => NULL)) AS by_default,
	(SELECT count(*) FROM commentary.matches(9223372036854775807, max_rows => 2147483647)) BETWEEN 249 AND 1000 AS bounded;

-- before its first flush a match has no state
SET commentary.ack = 'staged';
SELECT commentary.pause();
SELECT commentary.create_match('Early', 'Bird') - :first AS n;
SELECT match_id - :first AS n, state FROM commentary.matches(max_rows => 1);
SELECT commentary.resume();
RESET commentary.ack;
SELECT commentary.flush();
SELECT match_id - :first AS n, state IS NOT NULL AS has_state FROM commentary.matches(max_rows => 1);

-- However many matches there are, a page reads some rows of each status from an index.
ANALYZE commentary.match;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
BEGIN;
SELECT coalesce(sum(seq_scan), 0) AS scans, coalesce(sum(idx_tup_fetch), 0) AS fetched FROM pg_stat_xact_user_tables WHERE schemaname = 'commentary' AND relname = 'match' \gset
SELECT count(*) FROM commentary.matches(:first + 200, '{cancelled,finished,scheduled}', max_rows => 5);
SELECT count(*) FROM commentary.matches(:first + 200, '{finished,live}', 'Cup', 5);
SELECT coalesce(sum(seq_scan), 0) - :scans AS seq_scans, coalesce(sum(idx_tup_fetch), 0) - :fetched <= 50 AS few FROM pg_stat_xact_user_tables WHERE schemaname = 'commentary' AND relname = 'match';
COMMIT;
RESET enable_seqscan;
RESET enable_bitmapscan;
UPDATE commentary.match SET status = 'abandoned' WHERE match_id > :first AND status NOT IN ('finished', 'abandoned');
SELECT commentary.flush();
