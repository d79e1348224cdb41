-- Games of chess in PGN: tags, moves, comments in {} or after ;. Variations in () and marks such
-- as $1 are left out. A file may have many games.
--
-- A game is named by its tags Event, Site, Date, Round and the players. client_ref is the half-move:
-- ply/1 is White's first. A comment belongs to the move before it; [%clk …] in it is the clock.

CREATE TEMP TABLE game AS
SELECT n, game, (SELECT jsonb_object_agg(tag[1], replace(replace(tag[2], '\"', '"'), '\\', '\'))
	FROM regexp_matches(game, '^\[(\w+) +"((?:[^"\\]|\\.)*)"\]', 'gn') AS tag) AS tags
FROM feed_file CROSS JOIN regexp_split_to_table(content, '\n(?=\[Event )') WITH ORDINALITY AS games (game, n)
WHERE game ~ '\[White +"';

ALTER TABLE game ADD match_ref text;
UPDATE game SET match_ref = concat_ws('/', 'pgn', tags ->> 'Event', tags ->> 'Site', tags ->> 'Date', tags ->> 'Round',
	tags ->> 'White', tags ->> 'Black');

-- Words, comments and parentheses in their order, and how many of these are open.
CREATE TEMP TABLE token AS
SELECT n, number, regexp_replace(token[1], '^\d+\.+', '') AS token,
	sum(CASE token[1] WHEN '(' THEN 1 WHEN ')' THEN -1 ELSE 0 END) OVER (PARTITION BY n ORDER BY number) AS depth
FROM game CROSS JOIN LATERAL regexp_matches(regexp_replace(game, '^\[\w+ +".*"\]\s*$', '', 'gn'),
	'\{[^}]*\}|;[^\n]*|\(|\)|[^\s(){};]+', 'g') WITH ORDINALITY AS tokens (token, number);
DELETE FROM token WHERE depth > 0 OR token IN ('', ')') OR token ~ '^\$\d+$';

-- A token with the half-move that it belongs to.
CREATE TEMP TABLE ply AS
SELECT n, number, token, token ~ '^[{;]' AS is_comment, token IN ('1-0', '0-1', '1/2-1/2', '*') AS is_result,
	count(*) FILTER (WHERE token !~ '^[{;]' AND token NOT IN ('1-0', '0-1', '1/2-1/2', '*'))
		OVER (PARTITION BY n ORDER BY number) AS ply
FROM token;

CREATE TEMP VIEW said AS
SELECT n, ply, max(token) FILTER (WHERE NOT is_comment) AS move,
	substring(string_agg(token, ' ' ORDER BY number) FILTER (WHERE is_comment) FROM '\[%clk ([0-9:.]+)\]') AS clock,
	nullif(btrim(regexp_replace(string_agg(regexp_replace(token, '^[{;]|\}$', '', 'g'), ' ' ORDER BY number)
		FILTER (WHERE is_comment), '\[%[^]]*\]|\s+', ' ', 'g')), '') AS comment
FROM ply WHERE NOT is_result GROUP BY n, ply;

INSERT INTO feed_match (match_ref, state)
SELECT match_ref, jsonb_strip_nulls(jsonb_build_object('sport', 'chess', 'home', tags -> 'White', 'away', tags -> 'Black',
	'competition', nullif(tags ->> 'Event', '?'),
	'starts_at', CASE WHEN tags ->> 'Date' ~ '^\d{4}\.\d\d\.\d\d$' THEN replace(tags ->> 'Date', '.', '-') END,
	'status', CASE WHEN coalesce(tags ->> 'Result', '*') = '*' THEN 'live' ELSE 'finished' END,
	'home_display', CASE tags ->> 'Result' WHEN '1-0' THEN '1' WHEN '0-1' THEN '0' WHEN '1/2-1/2' THEN '½' END,
	'away_display', CASE tags ->> 'Result' WHEN '1-0' THEN '0' WHEN '0-1' THEN '1' WHEN '1/2-1/2' THEN '½' END,
	'metadata', CASE WHEN nullif(tags ->> 'Site', '?') IS NOT NULL THEN jsonb_build_object('venue', tags -> 'Site') END))
FROM game;

INSERT INTO feed_row (match_ref, entry)
SELECT match_ref, jsonb_strip_nulls(jsonb_build_object('client_ref', 'ply/' || ply,
	'kind', CASE WHEN ply = 0 THEN 'comment' WHEN move LIKE '%#' THEN 'checkmate' WHEN move LIKE '%+' THEN 'check'
		WHEN move LIKE 'O-O%' THEN 'castling' ELSE 'move' END,
	'actor', CASE WHEN ply > 0 THEN tags ->> CASE ply % 2 WHEN 1 THEN 'White' ELSE 'Black' END END,
	'clock', clock,
	'message', concat_ws(' ', ((ply + 1) / 2) || CASE ply % 2 WHEN 1 THEN '.' WHEN 0 THEN '…' END || ' ' || move, comment)))
FROM said JOIN game USING (n) WHERE move IS NOT NULL OR comment IS NOT NULL ORDER BY n, ply;
