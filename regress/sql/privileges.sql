-- Nothing is granted to PUBLIC: a role gets what it needs, and no more.
SELECT commentary.create_match('Rovers', 'City') AS m \gset
CREATE ROLE commentary_test_nobody;
CREATE ROLE commentary_test_writer;
CREATE ROLE commentary_test_reader;
GRANT USAGE ON SCHEMA commentary TO commentary_test_nobody, commentary_test_writer, commentary_test_reader;
GRANT INSERT ON commentary.feed TO commentary_test_writer;
GRANT EXECUTE ON FUNCTION commentary.post TO commentary_test_writer, commentary_test_nobody;
GRANT SELECT ON commentary.feed TO commentary_test_reader;

SET ROLE commentary_test_nobody;
SELECT commentary.post(:m, 'x');
INSERT INTO commentary.feed (match_id, message) VALUES (:m, 'x');
SELECT count(*) FROM commentary.feed;
SELECT commentary.flush();

SET ROLE commentary_test_writer;
INSERT INTO commentary.feed (match_id, message) VALUES (:m, 'by INSERT');
SELECT commentary.post(:m, 'by function') > 0 AS staged;
SELECT count(*) FROM commentary.feed;
INSERT INTO commentary.entry (match_id, seq, op, created_at, flushed_at) VALUES (:m, 9, 'insert', now(), now());
SELECT count(*) FROM commentary.staging_0;
SELECT commentary.create_match('Rovers', 'City');

SET ROLE commentary_test_reader;
SELECT message FROM commentary.feed WHERE match_id = :m ORDER BY seq;
SELECT count(*) FROM commentary.entry;

RESET ROLE;
DROP OWNED BY commentary_test_nobody, commentary_test_writer, commentary_test_reader;
DROP ROLE commentary_test_nobody, commentary_test_writer, commentary_test_reader;
-- every object says what it is for
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'commentary'::regnamespace
	AND c.relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') IS NULL;
SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'commentary'::regnamespace
	AND obj_description(p.oid, 'pg_proc') IS NULL;
