-- Play-by-play of the NBA's live data: the actions of one game, as JSON.
--
-- client_ref is the actionNumber; client_version the second in which the action was edited.
-- The file names the teams by three letters and does not say who is at home: the team whose
-- basket raises scoreHome. Before the first basket, name both: home=… away=….

CREATE TEMP TABLE action AS
SELECT 'nba/' || (content::jsonb #>> '{game,gameId}') AS match_ref, number, action, action ->> 'actionType' AS type,
	action ->> 'teamTricode' AS team, coalesce(action ->> 'shotResult', '') = 'Made' AS is_made,
	action ->> 'scoreHome' AS home_score, action ->> 'scoreAway' AS away_score,
	lag(action ->> 'scoreHome', 1, '0') OVER (ORDER BY number) AS home_before,
	lag(action ->> 'scoreAway', 1, '0') OVER (ORDER BY number) AS away_before
FROM feed_file CROSS JOIN jsonb_path_query(content::jsonb, '$.game.actions[*]') WITH ORDINALITY AS actions (action, number);

-- Whose scores have changed with a basket of theirs.
CREATE TEMP TABLE team AS
SELECT (array_agg(team ORDER BY number) FILTER (WHERE home_score <> home_before AND away_score = away_before))[1] AS home,
	(array_agg(team ORDER BY number) FILTER (WHERE away_score <> away_before AND home_score = home_before))[1] AS away
FROM action WHERE is_made AND team IS NOT NULL;

-- One of them is known by the other.
CREATE TEMP VIEW side AS
SELECT coalesce(home, (SELECT min(a.team) FROM action AS a WHERE a.team <> t.away)) AS home,
	coalesce(away, (SELECT min(a.team) FROM action AS a WHERE a.team <> t.home)) AS away
FROM team AS t;

INSERT INTO feed_match (match_ref, state)
SELECT match_ref, jsonb_strip_nulls(jsonb_build_object('sport', 'basketball', 'competition', 'NBA',
	'home', side.home, 'away', side.away,
	'status', CASE WHEN type = 'game' THEN 'finished' ELSE 'live' END,
	'home_score', pg_temp.number(home_score), 'away_score', pg_temp.number(away_score)))
FROM (SELECT * FROM action ORDER BY number DESC LIMIT 1) AS newest CROSS JOIN side;

-- PT11M54.00S is 11:54. Periods from the fifth on are overtime.
INSERT INTO feed_row (match_ref, entry)
SELECT match_ref, jsonb_strip_nulls(jsonb_build_object('client_ref', action ->> 'actionNumber',
	'client_version', pg_temp.number(left(regexp_replace(action ->> 'edited', '\D', '', 'g'), 14)),
	'kind', CASE
		WHEN type = 'period' THEN CASE action ->> 'subType' WHEN 'end' THEN 'end_of_quarter' ELSE 'start_of_quarter' END
		WHEN type = 'game' THEN 'full_time'
		WHEN type IN ('2pt', '3pt', 'freethrow') AND NOT is_made THEN 'miss'
		WHEN type = '3pt' THEN 'three_pointer'
		WHEN type = '2pt' AND action ->> 'subType' = 'DUNK' THEN 'dunk'
		WHEN type = '2pt' THEN 'two_pointer'
		WHEN type = 'freethrow' THEN 'free_throw'
		ELSE regexp_replace(lower(type), '[^a-z0-9]+', '_', 'g') END,
	'period', action -> 'period',
	'phase', CASE WHEN action ->> 'period' ~ '^[1-4]$' THEN 'Q' || (action ->> 'period')
		WHEN action ->> 'period' ~ '^\d$' THEN 'Overtime' END,
	'clock', regexp_replace(action ->> 'clock', '^PT0*(\d+)M(\d+)(\.\d+)?S$', '\1:\2'),
	'team', team, 'actor', nullif(action ->> 'playerNameI', ''),
	'home_score', pg_temp.number(home_score), 'away_score', pg_temp.number(away_score),
	'occurred_at', action -> 'timeActual', 'message', action -> 'description'))
FROM action ORDER BY number;
