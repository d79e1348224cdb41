-- What a DBA puts on the view happens to every row, whichever way it comes in.
SELECT commentary.create_match('Rovers', 'City') AS m \gset
CREATE SCHEMA wrapped;
\set SHOW_CONTEXT never
CREATE TABLE wrapped.seen (seen_id integer GENERATED ALWAYS AS IDENTITY, op text, message text);
CREATE FUNCTION wrapped.shout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.message = 'secret' THEN RAISE EXCEPTION 'not in public'; END IF;
	NEW.message := upper(NEW.message);
	INSERT INTO wrapped.seen (op, message) VALUES (NEW.op, NEW.message);
	RETURN NEW;
END
$$;

SELECT commentary.post(:m, 'plain') > 0 AS posted;

-- a trigger before ours
CREATE TRIGGER a_shout INSTEAD OF INSERT ON commentary.feed FOR EACH ROW EXECUTE FUNCTION wrapped.shout();
INSERT INTO commentary.feed (match_id, message) VALUES (:m, 'inserted') RETURNING message;
SELECT commentary.post(:m, 'posted', minute => 7, tags => '{a}', metadata => '{"k": 1}', client_ref => 'ref') > 0 AS posted;
SELECT commentary.flush();
SET client_min_messages = warning; -- which match it is depends on the other tests
SELECT commentary.post(:m, 'posted', minute => 7, tags => '{a}', metadata => '{"k": 1}', client_ref => 'ref') AS posted;
RESET client_min_messages;
SELECT commentary.amend(:m, 2, message => 'amended') > 0 AS amended, commentary.retract(:m, 3, 'a reason') > 0 AS retracted;
SELECT commentary.post(:m, 'secret');
SELECT op, message FROM wrapped.seen ORDER BY seen_id;
SELECT commentary.flush();
SELECT seq, op, ref_seq, minute, message, tags, metadata, client_ref FROM commentary.entry WHERE match_id = :m AND op <> 'match' ORDER BY seq;
DROP TRIGGER a_shout ON commentary.feed;

-- a default of the view
ALTER VIEW commentary.feed ALTER COLUMN team SET DEFAULT 'Rovers';
SELECT commentary.post(:m, 'of a team') > 0 AS posted;
SELECT commentary.post(:m, 'of another', team => 'City') > 0 AS posted;
ALTER VIEW commentary.feed ALTER COLUMN team DROP DEFAULT;
SELECT commentary.post(:m, 'of none') > 0 AS posted;
SELECT commentary.flush();
SELECT team, message FROM commentary.entry WHERE match_id = :m AND message LIKE 'of %' ORDER BY seq;

-- a rule beside it
CREATE TABLE wrapped.noted (message text);
CREATE RULE note AS ON INSERT TO commentary.feed DO ALSO INSERT INTO wrapped.noted VALUES (new.message);
SELECT commentary.post(:m, 'with a rule') > 0 AS posted;
SELECT * FROM wrapped.noted;
DROP RULE note ON commentary.feed;

-- columns of the view that are not ours can be read, and say so when they are written
BEGIN;
SELECT format('SELECT f.*, length(f.message) AS message_length, NULL::text AS note FROM (%s) AS f',
	rtrim(pg_get_viewdef('commentary.feed'::regclass), ';')) AS extended \gset
CREATE OR REPLACE VIEW commentary.feed AS :extended;
INSERT INTO commentary.feed (match_id, message) VALUES (:m, 'without') RETURNING message, note;
SELECT commentary.post(:m, 'posted without') > 0 AS posted;
SELECT message, message_length, note FROM commentary.feed WHERE match_id = :m AND message LIKE 'of %' ORDER BY seq;
SELECT relation, effect, finding FROM commentary.structure_faults();
SAVEPOINT s;
INSERT INTO commentary.feed (match_id, message, note) VALUES (:m, 'with', 'x');
ROLLBACK TO s;
INSERT INTO commentary.feed (match_id, message, message_length) SELECT :m, 'with', 1;
ROLLBACK TO s;
UPDATE commentary.feed SET note = 'x' WHERE match_id = :m AND message = 'of none';
ROLLBACK TO s;
UPDATE commentary.feed SET team = 'City' WHERE match_id = :m AND message = 'of none';
ROLLBACK;
DROP TABLE wrapped.seen, wrapped.noted;
DROP FUNCTION wrapped.shout();
DROP SCHEMA wrapped;
