-- UPDATE and DELETE on the feed are amendments and retractions.
\set m 4901
INSERT INTO commentary.match (match_id, home, away) VALUES (:m, 'Rovers', 'City');
CREATE FUNCTION pg_temp.log(after bigint) RETURNS TABLE (seq bigint, op text, ref_seq bigint, minute smallint, actor text, message text, clear text[]) LANGUAGE sql AS
$$SELECT e.seq, e.op, e.ref_seq, e.minute, e.actor, e.message, e.clear FROM commentary.entry AS e WHERE e.match_id = 4901 AND e.seq > after ORDER BY e.seq$$;
INSERT INTO commentary.feed (match_id, minute, actor, message, tags, metadata, client_ref) VALUES
	(:m, 12, 'A. Striker', 'Goal!', '{header}', '{"xg": 0.3}', 'u1'),
	(:m, 20, 'B. Keeper', 'Saved.', NULL, NULL, 'u2'),
	(:m, 30, NULL, 'Corner.', NULL, NULL, NULL);
\set QUIET off

-- what is changed is amended, and no more; null takes a value away
UPDATE commentary.feed SET minute = 13, actor = NULL WHERE match_id = :m AND client_ref = 'u1';
-- as ORMs send it: every column, most of them as they were; and without any change
UPDATE commentary.feed SET minute = 20, actor = 'C. Keeper', message = 'Saved.', tags = NULL WHERE match_id = :m AND seq = 3 RETURNING seq, minute, actor;
UPDATE commentary.feed SET minute = 20, actor = 'C. Keeper', message = 'Saved.' WHERE match_id = :m AND client_ref = 'u2';
UPDATE commentary.feed SET minute = 20 WHERE match_id = :m AND client_ref = 'nobody';
SELECT * FROM pg_temp.log(4);
-- many at once
UPDATE commentary.feed SET minute = minute + 1 WHERE match_id = :m;
SELECT seq, minute, actor, message FROM commentary.feed WHERE match_id = :m ORDER BY seq;
DELETE FROM commentary.feed WHERE match_id = :m AND message = 'Corner.' RETURNING message;
DELETE FROM commentary.feed WHERE match_id = :m AND message = 'Corner.';
SELECT * FROM pg_temp.log(9);

-- null where the server gives the value: an ORM's object that was inserted without it
UPDATE commentary.feed SET seq = NULL, op = NULL, created_at = NULL, kind = NULL, minute = 14 WHERE match_id = :m AND client_ref = 'u1';
SELECT count(*) FROM pg_temp.log(10);
BEGIN;
UPDATE commentary.feed SET kind = 'goal' WHERE match_id = :m AND client_ref = 'u1';
SELECT kind FROM commentary.feed WHERE match_id = :m AND client_ref = 'u1';
UPDATE commentary.feed SET kind = NULL WHERE match_id = :m AND client_ref = 'u1' RETURNING kind, op, seq, created_at IS NULL AS lacks_time, message;
SELECT kind FROM commentary.feed WHERE match_id = :m AND client_ref = 'u1';
ROLLBACK;

-- what cannot be changed, or not to that
UPDATE commentary.feed SET message = NULL WHERE match_id = :m AND client_ref = 'u1';
UPDATE commentary.feed SET minute = -1 WHERE match_id = :m AND client_ref = 'u1';
UPDATE commentary.feed SET client_ref = 'other' WHERE match_id = :m AND client_ref = 'u1';
UPDATE commentary.feed SET seq = 99 WHERE match_id = :m AND client_ref = 'u1';
UPDATE commentary.feed SET created_at = created_at + interval '1 s' WHERE match_id = :m AND client_ref = 'u1';
UPDATE commentary.feed SET op = 'retract' WHERE match_id = :m AND client_ref = 'u1';
SELECT count(*) FROM pg_temp.log(10);

-- in the transaction that inserts the row, and of one that it has changed before
BEGIN;
INSERT INTO commentary.feed (match_id, minute, message, client_ref) VALUES (:m, 40, 'Free kick.', 'u3'), (:m, 41, 'Wall.', 'u4');
SELECT seq, minute, message, client_ref FROM commentary.feed WHERE match_id = :m AND client_ref IN ('u3', 'u4') ORDER BY client_ref;
UPDATE commentary.feed SET minute = minute + 2, actor = 'D. Mid' WHERE match_id = :m AND client_ref = 'u3' RETURNING minute;
UPDATE commentary.feed SET minute = minute + 2, actor = NULL WHERE match_id = :m AND client_ref = 'u3' RETURNING minute, actor;
DELETE FROM commentary.feed WHERE match_id = :m AND client_ref = 'u4';
DELETE FROM commentary.feed WHERE match_id = :m AND client_ref = 'u4';
UPDATE commentary.feed SET message = 'GOAL!' WHERE match_id = :m AND client_ref = 'u1';
UPDATE commentary.feed SET message = 'Goal!' WHERE match_id = :m AND client_ref = 'u1';
UPDATE commentary.feed SET minute = minute + 1 WHERE match_id = :m AND client_ref = 'u1';
SAVEPOINT s;
UPDATE commentary.feed SET minute = 99 WHERE match_id = :m AND client_ref IN ('u1', 'u3');
DELETE FROM commentary.feed WHERE match_id = :m;
SELECT count(*) FROM commentary.feed WHERE match_id = :m;
ROLLBACK TO s;
SELECT seq, minute, actor, message, client_ref FROM commentary.feed WHERE match_id = :m ORDER BY client_ref;
COMMIT;
SELECT seq, minute, actor, message, client_ref FROM commentary.feed WHERE match_id = :m ORDER BY client_ref;
SELECT * FROM pg_temp.log(10);

-- without a client_ref nothing names it yet
BEGIN;
INSERT INTO commentary.feed (match_id, message) VALUES (:m, 'nameless');
UPDATE commentary.feed SET message = 'named' WHERE match_id = :m AND message = 'nameless';
ROLLBACK;

-- an editor's UPDATE survives the feed
INSERT INTO commentary.feed (match_id, minute, actor, message, client_ref) VALUES (:m, 20, 'B. Keeper', 'Saved.', 'u2');
SELECT minute, actor, message FROM commentary.feed WHERE match_id = :m AND client_ref = 'u2';

-- what SQL has for rows of a table
SELECT seq FROM commentary.feed WHERE match_id = :m AND client_ref = 'u2' FOR UPDATE;
WITH locked AS (SELECT * FROM commentary.feed WHERE match_id = :m FOR SHARE) SELECT count(*) FROM locked;
SELECT (SELECT seq FROM commentary.feed WHERE match_id = :m AND client_ref = 'u2' FOR UPDATE) IS NOT NULL;
SELECT WHERE EXISTS (SELECT FROM (SELECT FROM commentary.feed FOR NO KEY UPDATE) AS f);
PREPARE locking AS SELECT ARRAY(SELECT seq FROM commentary.feed FOR KEY SHARE);
INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (:m, 'x', 'u2') ON CONFLICT (match_id, client_ref) DO NOTHING;
INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (:m, 'new', 'u9') ON CONFLICT DO NOTHING;

-- a statement does not see what it writes itself
BEGIN;
INSERT INTO commentary.feed (match_id, message, client_ref) SELECT match_id, message, 'copy-' || client_ref FROM commentary.feed WHERE match_id = :m AND client_ref LIKE 'u%';
UPDATE commentary.feed SET minute = coalesce(minute, 0) + 1 WHERE match_id = :m;
SELECT client_ref, minute FROM commentary.feed WHERE match_id = :m ORDER BY client_ref;
ROLLBACK;
-- what is said again of an entry of the log is compared at the flush: until then it is there once
BEGIN;
INSERT INTO commentary.feed (match_id, minute, message, client_ref) VALUES (:m, 50, 'Free kick!', 'u3') RETURNING seq;
SELECT seq, minute, message FROM commentary.feed WHERE match_id = :m AND client_ref = 'u3';
UPDATE commentary.feed SET actor = 'E. Taker' WHERE match_id = :m AND client_ref = 'u3';
COMMIT;
SELECT seq, minute, actor, message FROM commentary.feed WHERE match_id = :m AND client_ref = 'u3';
-- of its inserts a transaction sees the first 1,000; what is rolled back leaves room
BEGIN;
DO $$
BEGIN
	FOR i IN 1 .. 1500 LOOP
		BEGIN
			INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (4901, 'never', 'never-' || i);
			RAISE EXCEPTION 'no';
		EXCEPTION WHEN raise_exception THEN NULL;
		END;
	END LOOP;
END
$$;
INSERT INTO commentary.feed (match_id, message, client_ref) SELECT 4901, 'many', 'bulk-' || n FROM generate_series(1, 1200) AS n;
SELECT count(*) FROM commentary.feed WHERE match_id = :m AND client_ref LIKE 'bulk-%';
UPDATE commentary.feed SET message = 'few' WHERE match_id = :m AND client_ref LIKE 'bulk-%';
COMMIT;
SELECT message, count(*) FROM commentary.feed WHERE match_id = :m AND client_ref LIKE 'bulk-%' GROUP BY 1 ORDER BY 1;
SELECT max(seq) - count(*) AS gaps FROM commentary.entry WHERE match_id = :m;
