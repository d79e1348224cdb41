-- Events of StatsBomb: an array of some 3,000 events of one match. What is told of a match is
-- taken (halves, shots, cards, substitutions, offside), passes and the like are not.
--
-- The id of the match is in the name of the file only, and the team of the first line-up plays
-- at home. client_ref is the id of the event.

CREATE TEMP TABLE event AS
SELECT number, event, event ->> 'id' AS id, event #>> '{type,name}' AS type,
	event #>> '{team,name}' AS team, event #>> '{player,name}' AS player, event #>> '{shot,outcome,name}' AS outcome,
	coalesce(event #>> '{foul_committed,card,name}', event #>> '{bad_behaviour,card,name}') AS card,
	event #>> '{substitution,replacement,name}' AS replacement
FROM feed_file CROSS JOIN jsonb_path_query(content::jsonb, '$[*]') WITH ORDINALITY AS events (event, number);

CREATE TEMP TABLE side AS
SELECT row_number() OVER (ORDER BY number) AS side, team, (
	SELECT jsonb_agg(jsonb_build_object('number', p -> 'jersey_number', 'name', p #> '{player,name}',
		'position', p #> '{position,name}'))
	FROM jsonb_path_query(event, '$.tactics.lineup[*]') AS p) AS lineup
FROM event WHERE type = 'Starting XI';

-- A goal, and the half that it counts for; the shoot-out (period 5) does not count.
CREATE TEMP TABLE goal AS
SELECT number, team FROM event WHERE (type = 'Own Goal For' OR outcome = 'Goal') AND event -> 'period' <> '5';

CREATE TEMP TABLE score AS
SELECT e.number, (SELECT count(*) FROM goal AS g JOIN side AS s USING (team) WHERE s.side = 1 AND g.number <= e.number) AS home,
	(SELECT count(*) FROM goal AS g JOIN side AS s USING (team) WHERE s.side = 2 AND g.number <= e.number) AS away
FROM event AS e WHERE type IN ('Shot', 'Own Goal For', 'Half Start', 'Half End');

-- Both teams have a Half End; the match is over when the second half has one and no other half begins.
INSERT INTO feed_match (match_ref, state)
SELECT 'statsbomb/' || :'name', jsonb_strip_nulls(jsonb_build_object('sport', 'football', 'home', h.team, 'away', a.team,
	'status', CASE WHEN last.type = 'Half End' AND last.period >= '2' THEN 'finished' ELSE 'live' END,
	'home_score', score.home, 'away_score', score.away,
	'result', (
		SELECT format('%s–%s on penalties', count(*) FILTER (WHERE team = h.team), count(*) FILTER (WHERE team = a.team))
		FROM event WHERE event -> 'period' = '5' AND outcome = 'Goal' HAVING count(*) > 0),
	'metadata', jsonb_build_object('lineups', jsonb_build_object('home', h.lineup, 'away', a.lineup))))
FROM side AS h JOIN side AS a ON h.side = 1 AND a.side = 2
LEFT JOIN LATERAL (SELECT type, event ->> 'period' AS period FROM event ORDER BY number DESC LIMIT 1) AS last ON true
LEFT JOIN LATERAL (SELECT home, away FROM score ORDER BY number DESC LIMIT 1) AS score ON true;

CREATE TEMP VIEW told AS
SELECT e.*, CASE
	WHEN type = 'Half Start' THEN 'kick_off'
	WHEN type = 'Half End' THEN CASE WHEN event -> 'period' IN ('1', '3') THEN 'half_time' ELSE 'full_time' END
	WHEN type = 'Shot' AND event -> 'period' = '5' THEN CASE outcome WHEN 'Goal' THEN 'penalty_scored'
		WHEN 'Saved' THEN 'penalty_saved' ELSE 'penalty_missed' END
	WHEN outcome = 'Goal' THEN CASE WHEN event #>> '{shot,type,name}' = 'Penalty' THEN 'penalty_goal' ELSE 'goal' END
	WHEN type = 'Own Goal For' THEN 'own_goal'
	WHEN type = 'Shot' AND outcome = 'Saved' THEN 'save'
	WHEN type = 'Shot' THEN 'shot'
	WHEN card = 'Yellow Card' THEN 'yellow_card'
	WHEN card = 'Second Yellow' THEN 'second_yellow_card'
	WHEN card IS NOT NULL THEN 'red_card'
	WHEN type = 'Substitution' THEN 'substitution'
	WHEN type = 'Offside' THEN 'offside' END AS kind
FROM event AS e
WHERE type <> 'Half Start' AND type <> 'Half End' OR team = (SELECT s.team FROM side AS s WHERE s.side = 1);

INSERT INTO feed_row (match_ref, entry)
SELECT 'statsbomb/' || :'name', pg_temp.football_time(event -> 'period', event -> 'minute')
	|| jsonb_strip_nulls(jsonb_build_object('client_ref', id, 'kind', kind, 'actor', player,
	'team', CASE WHEN type NOT LIKE 'Half%' THEN team END,
	'home_score', s.home, 'away_score', s.away, 'message', CASE kind
		WHEN 'kick_off' THEN CASE event -> 'period' WHEN '1' THEN 'The match begins.' ELSE 'Play goes on.' END
		WHEN 'half_time' THEN 'The referee ends the half.'
		WHEN 'full_time' THEN 'The referee blows for the end.'
		WHEN 'penalty_scored' THEN format('%s scores in the shoot-out.', player)
		WHEN 'penalty_saved' THEN format('%s is denied in the shoot-out.', player)
		WHEN 'penalty_missed' THEN format('%s misses in the shoot-out.', player)
		WHEN 'goal' THEN format('Goal! %s scores for %s.', player, team)
		WHEN 'penalty_goal' THEN format('Goal! %s converts the penalty for %s.', player, team)
		WHEN 'own_goal' THEN format('An own goal, and %s profit.', team)
		WHEN 'save' THEN format('%s shoots, and the goalkeeper saves.', player)
		WHEN 'shot' THEN format('%s shoots: %s.', player, lower(outcome))
		WHEN 'substitution' THEN format('%s goes off, %s comes on.', player, replacement)
		WHEN 'offside' THEN format('%s is offside.', player)
		ELSE format('%s for %s (%s).', card, player, team) END))
FROM told LEFT JOIN score AS s USING (number) WHERE kind IS NOT NULL ORDER BY number;
