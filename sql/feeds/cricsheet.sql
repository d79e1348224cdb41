-- A match of Cricsheet, ball by ball, as JSON. The name of the file is the id of the match.
--
-- client_ref is innings/over/delivery, from 1, 0 and 1; client_version is the revision of the file.
-- The score is a text of cricket, such as 241/8 & 15/1 for two innings.

CREATE TEMP TABLE file AS
SELECT content::jsonb AS file, content::jsonb -> 'info' AS info, 'cricsheet/' || :'name' AS match_ref FROM feed_file;

CREATE FUNCTION pg_temp.runs(value jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE
RETURN CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric ELSE 0 END;

-- A delivery, with what the innings has come to: wides and no-balls do not count as balls.
CREATE TEMP TABLE ball AS
SELECT i.n AS innings, i.innings ->> 'team' AS team, o.over -> 'over' AS over, o.n AS over_number, d.n, d.ball,
	coalesce(i.innings ->> 'super_over' = 'true', false) AS is_super_over,
	sum(pg_temp.runs(d.ball #> '{runs,total}')) OVER so_far AS runs,
	sum(jsonb_array_length(jsonb_path_query_array(d.ball, '$.wickets[*]'))) OVER so_far AS wickets,
	count(*) FILTER (WHERE NOT coalesce(d.ball -> 'extras' ?| '{wides,noballs}', false))
		OVER (PARTITION BY i.n, o.n ORDER BY d.n) AS balls,
	coalesce(d.ball -> 'extras' ?| '{wides,noballs}', false) AS is_extra_ball
FROM file CROSS JOIN LATERAL jsonb_path_query(file, '$.innings[*]') WITH ORDINALITY AS i (innings, n)
CROSS JOIN LATERAL jsonb_path_query(i.innings, '$.overs[*]') WITH ORDINALITY AS o (over, n)
CROSS JOIN LATERAL jsonb_path_query(o.over, '$.deliveries[*]') WITH ORDINALITY AS d (ball, n)
WINDOW so_far AS (PARTITION BY i.n ORDER BY o.n, d.n);

CREATE TEMP TABLE total AS
SELECT DISTINCT ON (innings) innings, team, format('%s/%s', runs, wickets) AS display
FROM ball ORDER BY innings, over_number DESC, n DESC;

-- What a team has on the scoreboard: its innings before this one, and what this one has come to.
CREATE FUNCTION pg_temp.display(team text, innings bigint, now text) RETURNS text LANGUAGE sql STABLE
RETURN (SELECT nullif(concat_ws(' & ', string_agg(t.display, ' & ' ORDER BY t.innings), display.now), '')
	FROM total AS t WHERE t.team = display.team AND t.innings < display.innings);

INSERT INTO feed_match (match_ref, state)
SELECT match_ref, jsonb_strip_nulls(jsonb_build_object('sport', 'cricket',
	'competition', concat_ws(', ', info #>> '{event,name}', info ->> 'match_type'),
	'home', info #> '{teams,0}', 'away', info #> '{teams,1}', 'starts_at', info #> '{dates,0}',
	'status', CASE WHEN info ? 'outcome' THEN 'finished' ELSE 'live' END,
	'home_display', pg_temp.display(info #>> '{teams,0}', 1000, NULL),
	'away_display', pg_temp.display(info #>> '{teams,1}', 1000, NULL),
	'result', CASE WHEN info #> '{outcome,winner}' IS NOT NULL THEN concat(info #>> '{outcome,winner}', ' won', (
		SELECT string_agg(format(' by %s %s', value, key), '') FROM jsonb_each_text(info #> '{outcome,by}')))
		ELSE initcap(info #>> '{outcome,result}') END,
	'metadata', jsonb_strip_nulls(jsonb_build_object('venue', info -> 'venue', 'officials', (
			SELECT jsonb_agg(jsonb_build_object('role', 'Umpire', 'name', umpire))
			FROM jsonb_path_query(info, '$.officials.umpires[*]') AS umpire),
		'lineups', jsonb_build_object('home', (SELECT jsonb_agg(jsonb_build_object('name', p))
				FROM jsonb_path_query(info -> 'players' -> (info #>> '{teams,0}'), '$[*]') AS p),
			'away', (SELECT jsonb_agg(jsonb_build_object('name', p))
				FROM jsonb_path_query(info -> 'players' -> (info #>> '{teams,1}'), '$[*]') AS p))))))
FROM file WHERE jsonb_typeof(info -> 'teams') = 'array';

-- An over counts from 0: its fourth ball of over 19 is 19.4. A wide has the number of the ball
-- that is to be bowled again.
INSERT INTO feed_row (match_ref, entry)
SELECT match_ref, jsonb_strip_nulls(jsonb_build_object(
	'client_ref', format('%s/%s/%s', innings, over #>> '{}', n), 'client_version', file #> '{meta,revision}',
	'kind', CASE WHEN ball ? 'wickets' THEN 'wicket' WHEN ball #> '{runs,batter}' = '6' THEN 'six'
		WHEN ball #> '{runs,batter}' = '4' THEN 'four' WHEN ball -> 'extras' ? 'wides' THEN 'wide'
		WHEN ball -> 'extras' ? 'noballs' THEN 'no_ball' ELSE 'comment' END,
	'period', innings, 'phase', format('%s, %s', team, CASE WHEN is_super_over THEN 'super over' ELSE 'innings ' || innings END),
	'clock', format('%s.%s ov', over #>> '{}', balls + is_extra_ball::integer),
	'team', team, 'actor', ball -> 'batter',
	'home_display', CASE WHEN team = info #>> '{teams,0}' THEN pg_temp.display(team, innings, format('%s/%s', runs, wickets)) END,
	'away_display', CASE WHEN team = info #>> '{teams,1}' THEN pg_temp.display(team, innings, format('%s/%s', runs, wickets)) END,
	'message', concat(ball ->> 'bowler', ' to ', ball ->> 'batter', ': ', coalesce(
		(SELECT string_agg(concat(w ->> 'player_out', ' is out, ', w ->> 'kind'), '; ') FROM jsonb_path_query(ball, '$.wickets[*]') AS w),
		(SELECT string_agg(format('%s %s', value, key), ', ') FROM jsonb_each_text(ball -> 'extras')),
		CASE ball #>> '{runs,total}' WHEN '0' THEN 'no run' WHEN '1' THEN '1 run'
			ELSE (ball #>> '{runs,total}') || ' runs' END), '.')))
FROM file CROSS JOIN ball ORDER BY innings, over_number, n;
