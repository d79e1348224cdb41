-- football.json of openfootball: a competition with its matches, and who scored when.
--
-- The format has no ids. A match is named by competition, date and teams; a goal by its side and
-- its number there, so that a corrected scorer or minute amends it.

CREATE TEMP TABLE game AS
SELECT content::jsonb ->> 'name' AS competition, m AS game,
	concat_ws('/', 'openfootball', content::jsonb ->> 'name', m ->> 'date', m ->> 'team1', m ->> 'team2') AS match_ref
FROM feed_file CROSS JOIN jsonb_path_query(content::jsonb, '$.matches[*]') AS m;

-- The score after extra time, if there was any. Without a score the match is to come.
INSERT INTO feed_match (match_ref, state)
SELECT match_ref, jsonb_strip_nulls(jsonb_build_object('sport', 'football',
	'competition', concat_ws(', ', competition, game ->> 'round'),
	'home', game -> 'team1', 'away', game -> 'team2',
	'starts_at', nullif(concat_ws(' ', game ->> 'date', regexp_replace(game ->> 'time', '\s*UTC\s*', '')), ''),
	'status', CASE WHEN game #> '{score,ft}' IS NULL THEN 'scheduled' ELSE 'finished' END,
	'home_score', coalesce(game #> '{score,et,0}', game #> '{score,ft,0}'),
	'away_score', coalesce(game #> '{score,et,1}', game #> '{score,ft,1}'),
	'result', (game #>> '{score,p,0}') || '–' || (game #>> '{score,p,1}') || ' on penalties',
	'metadata', CASE WHEN game ? 'ground' THEN jsonb_build_object('venue', game -> 'ground') END))
FROM game;

-- A minute is 45, "45" or "45+2"; older files have the stoppage as "offset".
CREATE TEMP VIEW goal AS
SELECT match_ref, game, side, n, g AS goal, CASE side WHEN 1 THEN game ->> 'team1' ELSE game ->> 'team2' END AS team,
	split_part(g ->> 'minute', '+', 1) AS minute,
	coalesce(g ->> 'offset', nullif(split_part(g ->> 'minute', '+', 2), '')) AS stoppage
FROM game CROSS JOIN (VALUES (1), (2)) AS sides (side)
CROSS JOIN LATERAL jsonb_path_query(game -> ('goals' || side), '$[*]') WITH ORDINALITY AS goals (g, n);

INSERT INTO feed_row (match_ref, entry)
SELECT match_ref, jsonb_strip_nulls(jsonb_build_object('client_ref', format('goal/%s/%s', side, n), 'kind', 'goal',
	'minute', pg_temp.number(minute), 'stoppage', pg_temp.number(stoppage), 'team', team, 'actor', goal -> 'name',
	'home_score', count(*) FILTER (WHERE side = 1) OVER so_far, 'away_score', count(*) FILTER (WHERE side = 2) OVER so_far,
	'message', concat('Goal for ', team, ': ', goal ->> 'name',
		CASE WHEN (goal ->> 'penalty') = 'true' THEN ', from the penalty spot' END,
		CASE WHEN (goal ->> 'owngoal') = 'true' THEN ', into his own net' END, '.')))
FROM goal
WINDOW so_far AS (PARTITION BY match_ref ORDER BY lpad(minute, 3, '0'), lpad(coalesce(stoppage, ''), 2, '0'), side, n)
ORDER BY match_ref, lpad(minute, 3, '0'), lpad(coalesce(stoppage, ''), 2, '0'), side, n;
