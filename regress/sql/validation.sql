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
	('period too large', 'match_id, message, period', $$:m, 'x', 21$$),
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
	('created_at infinite', 'match_id, message, created_at', $$:m, 'x', 'infinity'$$),
	('created_at not a time', 'match_id, message, created_at', $$:m, 'x', 'soon'$$);
SELECT about, pg_temp.try(format('INSERT INTO commentary.feed (%s) VALUES (%s)', columns,
	replace(row_values, ':m', :'m'))) AS answer
FROM wrong ORDER BY case_no;
-- at the limits
SELECT about, pg_temp.try(format('INSERT INTO commentary.feed (match_id, message, %s) VALUES (%s, %s)', col, :m, val)) AS answer
FROM (VALUES
	('message of 10,000 bytes', 'minute', $$repeat('x', 10000), 0$$),
	('largest numbers', 'period, minute, stoppage, home_score, away_score', $$'x', 20, 999, 99, 9999, 9999$$),
	('kind of 32', 'kind', $$'x', repeat('k', 32)$$),
	('16 tags of 64', 'tags', $$'x', array_fill(repeat('t', 64), ARRAY[16])$$),
	('no tags', 'tags', $$'x', '{}'$$),
	('names of 200', 'actor, team', $$'x', repeat('a', 200), repeat('b', 200)$$)) AS v(about, col, val);
-- nothing of the wrong ones was staged
SELECT commentary.flush();
SELECT count(*) AS stored FROM commentary.feed WHERE match_id = :m;

-- transactions that cannot be durable
BEGIN;
INSERT INTO commentary.feed (match_id, message) VALUES (:m, 'x');
PREPARE TRANSACTION 'p';
ROLLBACK;
BEGIN READ ONLY;
SELECT commentary.post(:m, 'x');
ROLLBACK;

-- what was put together in SQL, and is no entry, has no body
SELECT commentary.entry_body(ROW(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL)::commentary.entry);
SELECT commentary.entry_body(ROW(1, 1, 'match', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, now(), now())::commentary.entry);
SELECT commentary.entry_body(ROW(1, 1, 'insert', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x', '{a,NULL}', NULL,
	NULL, NULL, NULL, now(), now())::commentary.entry);
