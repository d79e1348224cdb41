-- A leaderboard of golf, in the JSON that ESPN's scoreboard has: tournaments with their players,
-- where they stand and what they have played.
--
-- The leaderboard is a state of the match, which has a title and no sides. An entry tells of each
-- round that a player has finished; its client_ref is the player's id and the round.

CREATE TEMP TABLE tournament AS
SELECT 'golf/' || (event ->> 'id') AS match_ref, event, event #>> '{status,type,state}' AS state,
	coalesce(event #>> '{competitions,0,status,period}', event #>> '{status,period}') AS round
FROM feed_file CROSS JOIN jsonb_path_query(content::jsonb, '$.events[*]') AS event;

CREATE TEMP TABLE player AS
SELECT match_ref, state, round, place, p AS player, p #>> '{athlete,displayName}' AS name,
	coalesce(p #>> '{score,displayValue}', p ->> 'score') AS score, p #>> '{status,thru}' AS thru
FROM tournament CROSS JOIN LATERAL jsonb_path_query(event, '$.competitions[0].competitors[*]') WITH ORDINALITY AS players (p, place);

INSERT INTO feed_match (match_ref, state)
SELECT match_ref, jsonb_strip_nulls(jsonb_build_object('sport', 'golf', 'title', event -> 'name', 'starts_at', event -> 'date',
	'status', CASE state WHEN 'pre' THEN 'scheduled' WHEN 'in' THEN 'live' WHEN 'post' THEN 'finished' ELSE state END,
	'clock', 'Round ' || round,
	'metadata', CASE WHEN event #>> '{competitions,0,venue,fullName}' IS NOT NULL
		THEN jsonb_build_object('venue', event #> '{competitions,0,venue,fullName}') END,
	'leaderboard', (
		SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('rank', player #>> '{status,position,displayName}', 'name', name,
			'value', score, 'note', CASE thru WHEN '18' THEN 'F' ELSE 'after ' || thru END)) ORDER BY place)
		FROM player AS p WHERE p.match_ref = t.match_ref AND place <= 100)))
FROM tournament AS t;

-- A round is finished when a later one is under way, or all 18 holes of it are played.
INSERT INTO feed_row (match_ref, entry)
SELECT match_ref, jsonb_strip_nulls(jsonb_build_object(
	'client_ref', format('%s/round/%s', player ->> 'id', played ->> 'period'), 'kind', 'round', 'actor', name,
	'period', played -> 'period', 'phase', 'Round ' || (played ->> 'period'),
	'message', format('%s is round in %s%s.', name, played ->> 'value', ' (' || (played ->> 'displayValue') || ')')))
FROM player CROSS JOIN LATERAL jsonb_path_query(player, '$.linescores[*]') AS played
WHERE played ? 'value' AND (played ->> 'period' <> round OR thru = '18' OR state = 'post')
ORDER BY match_ref, played ->> 'period', place;
