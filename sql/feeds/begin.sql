-- What each format begins with: the file, and two tables to map it into. Then comes
-- FORMAT.sql, which fills them, and store.sql, which writes what is in them.
--
-- The mapping converts nothing that may fail: it hands values on as they stand in the file, as
-- JSON, and store.sql converts row by row. So a value that is wrong costs its own row only.

\set SHOW_CONTEXT never
SET client_min_messages = :level;

CREATE TEMP TABLE feed_line (number bigint GENERATED ALWAYS AS IDENTITY, line text);

-- Bytes that no text has stand for quote, delimiter and null, so that a line is one value.
\copy feed_line (line) FROM pstdin WITH (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02', NULL E'\x03')

CREATE TEMP VIEW feed_file AS
SELECT string_agg(line, E'\n' ORDER BY number) AS content FROM feed_line;

-- The matches of the file: state has columns of commentary.match as members. A column that is
-- not in it stays as it is.
CREATE TEMP TABLE feed_match (match_ref text PRIMARY KEY, state jsonb NOT NULL, match_id bigint);

-- Their entries in the order in which they are written: entry has columns of commentary.feed
-- as members. Withdrawn: the provider has taken it back.
CREATE TEMP TABLE feed_row (
	place bigint GENERATED ALWAYS AS IDENTITY, match_ref text, entry jsonb NOT NULL,
	is_withdrawn boolean NOT NULL DEFAULT false);

-- What does not fit into these tables, or in no match, is refused here with its reason.
CREATE TEMP TABLE feed_refused (what text);

-- What the command line says: options of the format, and columns of the match, which win over
-- those of the file.
CREATE TEMP VIEW feed_option AS
SELECT split_part(setting, '=', 1) AS key, substr(setting, strpos(setting, '=') + 1) AS value
FROM string_to_table(:'given', E'\n') AS setting WHERE setting <> '';

CREATE TEMP VIEW feed_given AS
SELECT coalesce(jsonb_object_agg(key, value), '{}') AS state
FROM feed_option WHERE key NOT IN ('match', 'order') AND key NOT LIKE 'entry.%';

-- A minute of football as viewers know it, from a minute that counts on from 0 (period 1,
-- minute 46: 45+2). A shoot-out, period 5, has none. What is no number stays as it is, and is refused later.
CREATE FUNCTION pg_temp.football_time(period jsonb, minute jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE
RETURN CASE
	WHEN period = '5' THEN jsonb_build_object('period', period)
	WHEN jsonb_typeof(period) = 'number' AND jsonb_typeof(minute) = 'number' THEN (
		SELECT jsonb_strip_nulls(jsonb_build_object('period', period, 'minute', least(at.n, at.last),
			'stoppage', nullif(greatest(at.n - at.last, 0), 0)))
		FROM (SELECT minute::numeric + 1, (ARRAY[45, 90, 105, 120])[least(period::numeric, 5)::integer]) AS at (n, last))
	ELSE jsonb_build_object('period', period, 'minute', minute) END;

-- A whole number that came as a text, as a JSON number; another text stays one.
CREATE FUNCTION pg_temp.number(value text) RETURNS jsonb LANGUAGE sql IMMUTABLE
RETURN CASE WHEN value ~ '^\d{1,15}$' THEN to_jsonb(value::bigint) ELSE to_jsonb(value) END;
