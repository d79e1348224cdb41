-- Any CSV with a header: a line of commentary a row.
--
--   entry.minute=comm_min   which column of the file is which of commentary.feed; without any,
--                           columns of the same name are taken
--   match=game_date         the column that names the match; without it the file is one match
--   order=newest_first      the file has the newest line at the top
--
-- A file without ids has no entry.client_ref: then it is the number of the line in its match, so
-- the file may grow at its newer end, and a line may be corrected where it stands.

-- Cells in their order; one that ends in a newline is the last of its row.
CREATE TEMP TABLE cell AS
SELECT n, cell[1] AS raw, count(*) FILTER (WHERE cell[2] = E'\n') OVER (ORDER BY n) - (cell[2] = E'\n')::integer AS row
FROM feed_file CROSS JOIN regexp_matches(content || E'\n', '("(?:[^"]|"")*"|[^,"\n]*)(,|\n)', 'g') WITH ORDINALITY AS cells (cell, n);

CREATE TEMP TABLE csv_row AS
WITH placed AS (
	SELECT row, row_number() OVER (PARTITION BY row ORDER BY n) AS place,
		nullif(CASE WHEN raw LIKE '"%' THEN replace(substr(raw, 2, length(raw) - 2), '""', '"') ELSE raw END, '') AS value
	FROM cell)
SELECT p.row, jsonb_object_agg(header.value, p.value) AS csv
FROM placed AS p JOIN placed AS header ON header.row = 0 AND header.place = p.place AND header.value IS NOT NULL
WHERE p.row > 0 GROUP BY p.row HAVING count(p.value) > 0;

-- Which column of the feed comes from which of the file.
CREATE TEMP VIEW source AS
SELECT split_part(key, '.', 2) AS target, value AS column FROM feed_option WHERE key LIKE 'entry.%'
UNION ALL
SELECT attname, attname FROM pg_attribute
WHERE attrelid = to_regclass('commentary.feed') AND attnum > 0 AND attname NOT IN ('match_id', 'seq', 'op', 'ref_seq', 'created_at')
	AND NOT EXISTS (SELECT FROM feed_option WHERE key LIKE 'entry.%');

CREATE TEMP VIEW option AS
SELECT max(value) FILTER (WHERE key = 'match') AS match,
	coalesce(max(value) FILTER (WHERE key = 'order'), 'oldest_first') = 'newest_first' AS is_reversed
FROM feed_option;

CREATE TEMP TABLE csv_line AS
SELECT concat_ws('/', 'csv', :'name', csv ->> match) AS match_ref, coalesce(csv ->> match, :'name') AS title, csv,
	row_number() OVER (PARTITION BY csv ->> match ORDER BY CASE WHEN is_reversed THEN -row ELSE row END) AS number
FROM csv_row CROSS JOIN option;

INSERT INTO feed_match (match_ref, state)
SELECT DISTINCT match_ref, jsonb_build_object('title', title, 'status', 'live') FROM csv_line;

INSERT INTO feed_row (match_ref, entry)
SELECT match_ref, jsonb_build_object('client_ref', 'line/' || number) || (
	SELECT coalesce(jsonb_object_agg(target, csv -> "column") FILTER (WHERE csv ->> "column" IS NOT NULL), '{}') FROM source)
FROM csv_line ORDER BY match_ref, number;
