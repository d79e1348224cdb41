-- Opta's F24: the events of one match or several, as XML, each with an id and a version. The
-- server reads XML by itself (a PostgreSQL with libxml, as Debian's is).
--
-- client_ref is the id of the event and client_version its version, so that what arrives late
-- is ignored. type_id 43 is an event that was taken back. F24 has ids of players and no names:
-- they are in the metadata of an entry; join a table of yours to give the actor.

CREATE TEMP TABLE game AS
SELECT 'opta/' || g.game_id AS match_ref, g.*
FROM feed_file CROSS JOIN XMLTABLE('/Games/Game' PASSING XMLPARSE(DOCUMENT content) COLUMNS
	game_id text PATH '@id', home_id text PATH '@home_team_id', away_id text PATH '@away_team_id',
	home text PATH '@home_team_name', away text PATH '@away_team_name',
	competition text PATH '@competition_name', starts_at text PATH '@game_date') AS g;

CREATE TEMP TABLE event AS
SELECT g.match_ref, e.*, CASE e.team_id WHEN g.home_id THEN g.home WHEN g.away_id THEN g.away END AS team,
	CASE WHEN e.type = '16' AND e.period IN ('1', '2', '3', '4') THEN
		(e.team_id = g.home_id) <> e.is_own_goal END AS is_home_goal
FROM feed_file CROSS JOIN XMLTABLE('/Games/Game/Event' PASSING XMLPARSE(DOCUMENT content) COLUMNS
	number FOR ORDINALITY, game_id text PATH '../@id', id text PATH '@id', version text PATH '@version',
	type text PATH '@type_id', period text PATH '@period_id', minute text PATH '@min', second text PATH '@sec',
	team_id text PATH '@team_id', player_id text PATH '@player_id', outcome text PATH '@outcome',
	happened text PATH '@timestamp_utc', is_penalty boolean PATH 'boolean(Q[@qualifier_id="9"])',
	is_own_goal boolean PATH 'boolean(Q[@qualifier_id="28"])', is_yellow boolean PATH 'boolean(Q[@qualifier_id="31"])',
	is_second_yellow boolean PATH 'boolean(Q[@qualifier_id="32"])') AS e
JOIN game AS g USING (game_id);

-- What an event has come to: its highest version.
CREATE TEMP TABLE newest AS
SELECT DISTINCT ON (match_ref, id) * FROM event ORDER BY match_ref, id, lpad(version, 20, '0') DESC, number DESC;

-- A goal and its score: those of the highest versions count.
CREATE TEMP TABLE score AS
SELECT match_ref, id, count(*) FILTER (WHERE is_home_goal) OVER so_far AS home,
	count(*) FILTER (WHERE NOT is_home_goal) OVER so_far AS away
FROM newest
WINDOW so_far AS (PARTITION BY match_ref ORDER BY lpad(period, 3, '0'), lpad(minute, 3, '0'), lpad(second, 2, '0'), number);

INSERT INTO feed_match (match_ref, state)
SELECT g.match_ref, jsonb_strip_nulls(jsonb_build_object('sport', 'football', 'home', home, 'away', away,
	'competition', competition, 'starts_at', starts_at,
	'status', CASE WHEN EXISTS (SELECT FROM newest AS n WHERE n.match_ref = g.match_ref AND n.type = '30' AND n.period = '14')
		THEN 'finished' ELSE 'live' END,
	'result', (
		SELECT format('%s–%s on penalties', count(*) FILTER (WHERE team_id = g.home_id), count(*) FILTER (WHERE team_id = g.away_id))
		FROM newest AS n WHERE n.match_ref = g.match_ref AND n.type = '16' AND n.period = '5' HAVING count(*) > 0),
	'home_score', (SELECT count(*) FROM newest AS n WHERE n.match_ref = g.match_ref AND is_home_goal),
	'away_score', (SELECT count(*) FROM newest AS n WHERE n.match_ref = g.match_ref AND NOT is_home_goal)))
FROM game AS g;

CREATE TEMP VIEW told AS
SELECT *, CASE type
	WHEN '2' THEN 'offside'
	WHEN '13' THEN 'miss' WHEN '14' THEN 'woodwork' WHEN '15' THEN 'save'
	WHEN '16' THEN CASE WHEN period = '5' THEN 'penalty_scored' WHEN is_own_goal THEN 'own_goal' WHEN is_penalty THEN 'penalty_goal' ELSE 'goal' END
	WHEN '17' THEN CASE WHEN is_yellow THEN 'yellow_card' WHEN is_second_yellow THEN 'second_yellow_card' ELSE 'red_card' END
	WHEN '18' THEN 'substitution'
	WHEN '30' THEN CASE WHEN period IN ('1', '3') THEN 'half_time' ELSE 'full_time' END
	WHEN '32' THEN 'kick_off'
	WHEN '43' THEN 'deleted' END AS kind
FROM event;

-- Of an event that was taken back only this is told. Starts and ends come once for each team:
-- the home team's is taken.
INSERT INTO feed_row (match_ref, is_withdrawn, entry)
SELECT match_ref, kind = 'deleted',
	pg_temp.football_time(pg_temp.number(period), pg_temp.number(minute))
	|| jsonb_strip_nulls(jsonb_build_object('client_ref', id, 'client_version', pg_temp.number(version), 'kind', kind,
	'team', CASE WHEN type NOT IN ('30', '32') THEN team END,
	'home_score', CASE WHEN type IN ('16', '30', '32') THEN s.home END,
	'away_score', CASE WHEN type IN ('16', '30', '32') THEN s.away END,
	'occurred_at', happened,
	'metadata', CASE WHEN player_id IS NOT NULL THEN jsonb_build_object('opta_player', player_id) END,
	'message', CASE kind
		WHEN 'kick_off' THEN CASE period WHEN '1' THEN 'The match begins.' ELSE 'Play goes on.' END
		WHEN 'half_time' THEN 'The referee ends the half.'
		WHEN 'full_time' THEN 'The referee blows for the end.'
		WHEN 'penalty_scored' THEN format('%s score in the shoot-out.', team)
		WHEN 'goal' THEN format('Goal for %s!', team)
		WHEN 'penalty_goal' THEN format('%s score from the penalty spot.', team)
		WHEN 'own_goal' THEN format('An own goal by %s.', team)
		WHEN 'miss' THEN format('%s shoot wide.', team)
		WHEN 'woodwork' THEN format('%s hit the woodwork.', team)
		WHEN 'save' THEN format('%s shoot, and the goalkeeper saves.', team)
		WHEN 'substitution' THEN format('A substitution by %s.', team)
		WHEN 'offside' THEN format('%s are offside.', team)
		WHEN 'yellow_card' THEN format('A yellow card for %s.', team)
		WHEN 'second_yellow_card' THEN format('A second yellow card, and %s have one player less.', team)
		WHEN 'red_card' THEN format('A red card for %s.', team) END))
FROM told LEFT JOIN score AS s USING (match_ref, id) JOIN game AS g USING (match_ref)
WHERE kind IS NOT NULL AND (kind = 'deleted' OR NOT EXISTS (SELECT FROM newest AS n
		WHERE n.match_ref = told.match_ref AND n.id = told.id AND n.type = '43'))
	AND (type NOT IN ('30', '32') OR team_id = g.home_id AND period IN ('1', '2', '3', '4', '5'))
ORDER BY match_ref, number;
