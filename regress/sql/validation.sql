-- Every wrong input gets SQLSTATE, column and hint, and stages nothing.
\set m 3001
INSERT INTO commentary.match (match_id, home, away) VALUES (:m, 'Rovers', 'City');

-- One case a row: what is wrong, and the INSERT that does it. try() tells how
-- the server answered.
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text; message text; detail text; hint text; tab text; col text;
BEGIN
	EXECUTE statement;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
		detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
		tab = TABLE_NAME, col = COLUMN_NAME;
	RETURN format('%s %s.%s: %s | %s | %s', state, tab, col, message, detail, hint);
END
$$;
CREATE TEMP TABLE wrong (case_no integer GENERATED ALWAYS AS IDENTITY, about text, columns text, row_values text);
\set QUIET on
INSERT INTO wrong (about, columns, row_values) VALUES
	('no match', 'message', $$'x'$$),
	('unknown match', 'match_id, message', $$999999999, 'x'$$),
	('the lobby', 'match_id, message', $$0, 'x'$$),
	('negative match', 'match_id, message', $$-1, 'x'$$),
	('seq given', 'match_id, seq, message', $$:m, 1, 'x'$$),
	('op match', 'match_id, op, message', $$:m, 'match', 'x'$$),
	('op in capitals', 'match_id, op, message', $$:m, 'INSERT', 'x'$$),
	('op empty', 'match_id, op, message', $$:m, '', 'x'$$),
	('ref_seq on an insert', 'match_id, ref_seq, message', $$:m, 1, 'x'$$),
	('amend without ref_seq', 'match_id, op, message', $$:m, 'amend', 'x'$$),
	('retract without ref_seq', 'match_id, op', $$:m, 'retract'$$),
	('amend of nothing', 'match_id, op, ref_seq, message', $$:m, 'amend', 77, 'x'$$),
	('amend of a negative seq', 'match_id, op, ref_seq, message', $$:m, 'amend', -1, 'x'$$),
	('amend of a state', 'match_id, op, ref_seq, message', $$:m, 'amend', 1, 'x'$$),
	('no message', 'match_id', $$:m$$),
	('null message', 'match_id, message', $$:m, NULL$$),
	('empty message', 'match_id, message', $$:m, ''$$),
	('blank message', 'match_id, message', $$:m, E' \n\t '$$),
	('message of spaces that do not show', 'match_id, message', $$:m, U&'\00A0\2003\3000\200B\2060\FEFF\00AD\2800\3164\+0E0041'$$),
	('long message', 'match_id, message', $$:m, repeat('x', 10001)$$),
	('huge message', 'match_id, message', $$:m, repeat('x', 1000000)$$),
	('long in bytes', 'match_id, message', $$:m, repeat('é', 5001)$$),
	('carriage return', 'match_id, message', $$:m, E'a\rb'$$),
	('escape', 'match_id, message', $$:m, E'a\x1b[1mb'$$),
	('bell', 'match_id, message', $$:m, E'\x07'$$),
	('delete', 'match_id, message', $$:m, E'a\x7f'$$),
	('C1 control', 'match_id, message', $$:m, U&'a\0085b'$$),
	('kind in capitals', 'match_id, message, kind', $$:m, 'x', 'Goal'$$),
	('kind with space', 'match_id, message, kind', $$:m, 'x', 'own goal'$$),
	('kind empty', 'match_id, message, kind', $$:m, 'x', ''$$),
	('kind begins with digit', 'match_id, message, kind', $$:m, 'x', '2goals'$$),
	('kind too long', 'match_id, message, kind', $$:m, 'x', repeat('k', 33)$$),
	('kind not ASCII', 'match_id, message, kind', $$:m, 'x', 'größe'$$),
	('period negative', 'match_id, message, period', $$:m, 'x', -1$$),
	('period too large', 'match_id, message, period', $$:m, 'x', 1000$$),
	('minute negative', 'match_id, message, minute', $$:m, 'x', -1$$),
	('minute too large', 'match_id, message, minute', $$:m, 'x', 1000$$),
	('minute beyond smallint', 'match_id, message, minute', $$:m, 'x', 70000$$),
	('stoppage negative', 'match_id, message, stoppage', $$:m, 'x', -1$$),
	('stoppage too large', 'match_id, message, stoppage', $$:m, 'x', 100$$),
	('home_score negative', 'match_id, message, home_score', $$:m, 'x', -1$$),
	('away_score too large', 'match_id, message, away_score', $$:m, 'x', 10000$$),
	('actor blank', 'match_id, message, actor', $$:m, 'x', ' '$$),
	('actor of two lines', 'match_id, message, actor', $$:m, 'x', E'a\nb'$$),
	('actor too long', 'match_id, message, actor', $$:m, 'x', repeat('a', 201)$$),
	('actor of zero width', 'match_id, message, actor', $$:m, 'x', U&'\200B\200D'$$),
	('actor that turns text', 'match_id, message, actor', $$:m, 'x', U&'Roe\202Eevil'$$),
	('actor that isolates text', 'match_id, message, actor', $$:m, 'x', U&'\2067Roe\2069'$$),
	('actor with C1', 'match_id, message, actor', $$:m, 'x', U&'a\009Bb'$$),
	('actor with a line separator', 'match_id, message, actor', $$:m, 'x', U&'a\2028b'$$),
	('team that turns text', 'match_id, message, team', $$:m, 'x', U&'\202A FC'$$),
	('tag that turns text', 'match_id, message, tags', $$:m, 'x', ARRAY[U&'a\2066']$$),
	('client_ref that turns text', 'match_id, message, client_ref', $$:m, 'x', U&'\202D1'$$),
	('team empty', 'match_id, message, team', $$:m, 'x', ''$$),
	('team too long', 'match_id, message, team', $$:m, 'x', repeat('a', 201)$$),
	('client_ref empty', 'match_id, message, client_ref', $$:m, 'x', ''$$),
	('client_ref too long', 'match_id, message, client_ref', $$:m, 'x', repeat('a', 101)$$),
	('too many tags', 'match_id, message, tags', $$:m, 'x', array_fill('t'::text, ARRAY[17])$$),
	('tags of two dimensions', 'match_id, message, tags', $$:m, 'x', '{{a,b},{c,d}}'$$),
	('null tag', 'match_id, message, tags', $$:m, 'x', '{a,NULL}'$$),
	('empty tag', 'match_id, message, tags', $$:m, 'x', '{a,""}'$$),
	('tag too long', 'match_id, message, tags', $$:m, 'x', ARRAY[repeat('t', 65)]$$),
	('metadata an array', 'match_id, message, metadata', $$:m, 'x', '[1]'$$),
	('metadata a string', 'match_id, message, metadata', $$:m, 'x', '"s"'$$),
	('metadata null in JSON', 'match_id, message, metadata', $$:m, 'x', 'null'$$),
	('metadata not JSON', 'match_id, message, metadata', $$:m, 'x', '{'$$),
	('metadata large as text', 'match_id, message, metadata', $$:m, 'x', '{"k":1e20000}'$$),
	('metadata too large', 'match_id, message, metadata', $$:m, 'x', jsonb_build_object('k', repeat('x', 20000))$$),
	('clock of two lines', 'match_id, message, clock', $$:m, 'x', E'a\nb'$$),
	('clock too long', 'match_id, message, clock', $$:m, 'x', repeat('a', 51)$$),
	('phase blank', 'match_id, message, phase', $$:m, 'x', '  '$$),
	('phase that turns text', 'match_id, message, phase', $$:m, 'x', U&'\202EQ4'$$),
	('headline too long', 'match_id, message, headline', $$:m, 'x', repeat('a', 301)$$),
	('home_display too long', 'match_id, message, home_display', $$:m, 'x', repeat('a', 101)$$),
	('away_display with a control', 'match_id, message, away_display', $$:m, 'x', E'1\t2'$$),
	('translates_seq of nothing', 'match_id, message, translates_seq', $$:m, 'x', 0$$),
	('translates_seq beyond JSON', 'match_id, message, translates_seq', $$:m, 'x', 9007199254740993$$),
	('occurred_at infinite', 'match_id, message, occurred_at', $$:m, 'x', '-infinity'$$),
	('an id in metadata beyond JSON', 'match_id, message, metadata', $$:m, 'x', '{"a":[{"id":9007199254740993}]}'$$),
	('a negative one', 'match_id, message, metadata', $$:m, 'x', '{"id":-1e16}'$$),
	('half a point', 'match_id, message, home_score', $$:m, 'x', 0.5$$),
	('part of a minute', 'match_id, message, minute', $$:m, 'x', 19.6$$),
	('part of a minute, as a float', 'match_id, message, minute', $$:m, 'x', 19.6::float8$$),
	('half a period', 'match_id, message, period', $$:m, 'x', 1.5::real$$),
	('a match and a half', 'match_id, message', $$:m + 0.5, 'x'$$),
	('created_at infinite', 'match_id, message, created_at', $$:m, 'x', 'infinity'$$),
	('created_at not a time', 'match_id, message, created_at', $$:m, 'x', 'soon'$$);
SELECT about, pg_temp.try(format('INSERT INTO commentary.feed (%s) VALUES (%s)', columns,
	replace(row_values, ':m', :'m'))) AS answer
FROM wrong ORDER BY case_no;
-- at the limits
SELECT about, pg_temp.try(format('INSERT INTO commentary.feed (match_id, message, %s) VALUES (%s, %s)', col, :m, val)) AS answer
FROM (VALUES
	('message of 10,000 bytes', 'minute', $$repeat('x', 10000), 0$$),
	('a message in two directions', 'minute', $$U&'\05D2\05D5\05DC! \2066goal\2069', 1$$),
	('names with joiners and marks', 'actor, team', $$'x', U&'\0645\06CC\200C\062E\200F', U&'A\200D\2640\FE0F'$$),
	('largest numbers', 'period, minute, stoppage, home_score, away_score', $$'x', 999, 999, 99, 9999, 9999$$),
	('kind of 32', 'kind', $$'x', repeat('k', 32)$$),
	('16 tags of 64', 'tags', $$'x', array_fill(repeat('t', 64), ARRAY[16])$$),
	('whole numbers of other types', 'period, minute, stoppage, home_score', $$'x', 2.0, 45::bigint, 3::float8, 1e1$$),
	('empty texts of a form', 'actor, team, headline, clock, phase, kind, client_ref, home_display', $$'x', '', '', '', '', '', '', '', ''$$),
	('the largest number of JSON', 'metadata', $$'x', '{"id":9007199254740991, "share":0.1}'$$),
	('no tags', 'tags', $$'x', '{}'$$),
	('names of 200', 'actor, team', $$'x', repeat('a', 200), repeat('b', 200)$$)) AS v(about, col, val);
-- nothing of the wrong ones was staged
SELECT commentary.flush();
SELECT count(*) AS stored FROM commentary.feed WHERE match_id = :m;

-- the line ends of Windows become newlines, however the row comes in
INSERT INTO commentary.feed (match_id, client_ref, message) VALUES (:m, 'inserted', E'one\r\ntwo\r\n') RETURNING message = E'one\ntwo\n' AS is_given_back;
COPY commentary.feed (match_id, client_ref, message) FROM stdin WITH (FORMAT csv);
3001,copied,"one
two"
\.
SELECT commentary.post(:m, E'one\r\ntwo', client_ref => 'posted') > 0 AS posted;
SELECT commentary.flush();
SELECT client_ref, ascii(substr(message, 4)) AS after_one, length(message) FROM commentary.feed WHERE match_id = :m AND message LIKE 'one%' ORDER BY client_ref;
SELECT pg_temp.try(format('SELECT commentary.post(%s, %L)', :m, E'\r\n \r\n')) AS only_line_ends;

-- transactions that cannot be durable
BEGIN;
INSERT INTO commentary.feed (match_id, message) VALUES (:m, 'x');
PREPARE TRANSACTION 'p';
ROLLBACK;
BEGIN READ ONLY;
SELECT commentary.post(:m, 'x');
ROLLBACK;

-- what was put together in SQL, and is no entry, has no body
SELECT commentary.entry_body(NULL::commentary.entry) IS NULL AS is_null;
SELECT commentary.entry_body(jsonb_populate_record(NULL::commentary.entry, '{"match_id": 1}'));
SELECT commentary.entry_body(jsonb_populate_record(NULL::commentary.entry, '{"match_id": 1, "seq": 1, "op": "match", "created_at": "2026-11-23", "flushed_at": "2026-11-23"}'));
SELECT commentary.entry_body(jsonb_populate_record(NULL::commentary.entry, '{"match_id": 1, "seq": 1, "op": "insert", "message": "x", "tags": ["a", null], "created_at": "2026-11-23", "flushed_at": "2026-11-23"}'));
