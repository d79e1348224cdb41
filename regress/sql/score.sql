-- A goal is said once: the entry that carries a score moves that of its match.
\set SHOW_CONTEXT never
CREATE TEMP VIEW told AS
SELECT e.match_id, e.seq, e.op, coalesce(e.message, e.metadata ->> 'status') AS tells,
	concat_ws(' ', e.metadata ->> 'home_score', e.metadata ->> 'home_display') AS home,
	concat_ws(' ', e.metadata ->> 'away_score', e.metadata ->> 'away_display') AS away
FROM commentary.entry AS e ORDER BY e.seq;
CREATE TEMP VIEW board AS
SELECT match_id, home_score, away_score, home_display, away_display FROM commentary.match;

\set m 7601
INSERT INTO commentary.match (match_id, sport, home, away, status) VALUES (:m, 'football', 'Rovers', 'City', 'live');
INSERT INTO commentary.feed (match_id, minute, message) VALUES (:m, 1, 'Kick-off.');
INSERT INTO commentary.feed (match_id, minute, kind, message, home_score, away_score, client_ref) VALUES (:m, 10, 'goal', 'Goal!', 1, 0, 'g1');
SELECT commentary.post(:m, 'Goal again!', 20, 'goal', home_score => 2, away_score => 0, client_ref => 'g2') > 0 AS staged;
-- the same score, a part of it, and what an application did before
INSERT INTO commentary.feed (match_id, minute, message, home_score) VALUES (:m, 21, 'Still two.', 2);
BEGIN;
UPDATE commentary.match SET away_score = 1 WHERE match_id = :m;
INSERT INTO commentary.feed (match_id, minute, message, home_score, away_score) VALUES (:m, 30, 'One back.', 2, 1);
UPDATE commentary.match SET home_score = 2, away_score = 1 WHERE match_id = :m;
COMMIT;
SELECT op, tells, home, away FROM told WHERE match_id = :m;
SELECT count(*) AS lobby_entries FROM commentary.entry WHERE match_id = 0 AND metadata ->> 'match' = :'m';

-- told again by its client_ref, in one transaction too; without one it is late
INSERT INTO commentary.feed (match_id, minute, kind, message, home_score, away_score, client_ref) VALUES (:m, 10, 'goal', 'Goal!', 1, 0, 'g1');
INSERT INTO commentary.feed (match_id, minute, message, home_score, away_score) VALUES (:m, 10, 'Goal!', 1, 0);
BEGIN;
INSERT INTO commentary.feed (match_id, message, home_score, away_score, client_ref) VALUES (:m, 'Three.', 3, 1, 'g3'), (:m, 'Four.', 4, 1, 'g4'), (:m, 'Three.', 3, 1, 'g3'), (:m, 'Four, and how.', 4, 1, 'g4');
COMMIT;
-- in another period, in stoppage time
INSERT INTO commentary.feed (match_id, period, minute, stoppage, message, home_score, away_score) VALUES
	(:m, 1, 45, 2, 'Five.', 5, 1), (:m, 1, 45, 1, 'Late.', 4, 1), (:m, 2, 46, NULL, 'Six.', 6, 1), (:m, 1, 45, 3, 'Late.', 5, 1);
SELECT * FROM board WHERE match_id = :m;

-- an amendment: of the newest that carries a score, when it says another
UPDATE commentary.feed SET home_score = 9 WHERE match_id = :m AND client_ref = 'g1';
UPDATE commentary.feed SET message = 'Six!' WHERE match_id = :m AND message = 'Six.';
SELECT * FROM board WHERE match_id = :m;
UPDATE commentary.feed SET home_score = 7 WHERE match_id = :m AND message = 'Six!';
SELECT * FROM board WHERE match_id = :m;
-- a retraction leaves it, and so does what is not shown any more
DELETE FROM commentary.feed WHERE match_id = :m AND message = 'One back.';
DELETE FROM commentary.feed WHERE match_id = :m AND message = 'Six!';
SELECT * FROM board WHERE match_id = :m;
-- what was withdrawn is neither a later time nor a newer score
INSERT INTO commentary.feed (match_id, period, minute, message, client_ref) VALUES (:m, 2, 900, 'A slip of the finger.', 'slip'), (:m, 2, 800, 'Another one.', 'slip 2');
INSERT INTO commentary.feed (match_id, period, minute, message, home_score) VALUES (:m, 2, 50, 'Eight.', 8);
DELETE FROM commentary.feed WHERE match_id = :m AND client_ref = 'slip';
UPDATE commentary.feed SET minute = 50 WHERE match_id = :m AND client_ref = 'slip 2';
INSERT INTO commentary.feed (match_id, period, minute, message, home_score) VALUES (:m, 2, 51, 'Eight.', 8);
SELECT * FROM board WHERE match_id = :m;

-- a feed corrects its newest event, also after the end
UPDATE commentary.match SET status = 'finished' WHERE match_id = :m;
INSERT INTO commentary.feed (match_id, message, home_score, away_score, client_ref) VALUES (:m, 'Four.', 4, 2, 'g4');
UPDATE commentary.feed SET home_score = 7 WHERE match_id = :m AND message = 'Eight.' AND minute = 51;
SELECT * FROM board WHERE match_id = :m;

-- savepoints: what is rolled back has said nothing
\set m 7602
INSERT INTO commentary.match (match_id, sport, home, away, status) VALUES (:m, 'football', 'Rovers', 'City', 'live');
BEGIN;
SAVEPOINT s;
INSERT INTO commentary.feed (match_id, minute, message, home_score, away_score) VALUES (:m, 80, 'Taken back.', 3, 3);
ROLLBACK TO s;
SAVEPOINT t;
INSERT INTO commentary.feed (match_id, minute, message, home_score, away_score, client_ref) VALUES (:m, 5, 'One.', 1, 0, 'one');
RELEASE t;
INSERT INTO commentary.feed (match_id, minute, message, home_score, away_score) VALUES (:m, 4, 'Late.', 0, 1);
UPDATE commentary.feed SET home_score = 2 WHERE match_id = :m AND client_ref = 'one';
COMMIT;
BEGIN;
INSERT INTO commentary.feed (match_id, minute, message, home_score) VALUES (:m, 90, 'Never was.', 5);
ROLLBACK;
SELECT op, tells, home, away FROM told WHERE match_id = :m;

-- scores in words: shown instead of a number, they go with it
\set c 7603
INSERT INTO commentary.match (match_id, sport, home, away, status) VALUES (:c, 'cricket', 'England', 'Australia', 'live');
INSERT INTO commentary.feed (match_id, clock, message, home_display) VALUES (:c, '1.1 ov', 'Six!', '6/0');
INSERT INTO commentary.feed (match_id, clock, message, home_display, away_display) VALUES (:c, '1.2 ov', 'Out.', '6/1', '310');
INSERT INTO commentary.feed (match_id, clock, message, home_display) VALUES (:c, '1.2 ov', 'Out.', '6/1');
INSERT INTO commentary.feed (match_id, message, home_score, home_display) VALUES (:c, 'Both.', 7, '7/1');
INSERT INTO commentary.feed (match_id, message, home_score) VALUES (:c, 'The same number.', 7);
SELECT * FROM board WHERE match_id = :c;
INSERT INTO commentary.feed (match_id, message, home_score) VALUES (:c, 'Another number.', 8);
SELECT op, tells, home, away FROM told WHERE match_id = :c;

-- a translation has the score of its original
\set t 7604
INSERT INTO commentary.match (match_id, home, away, lang, translation_of) VALUES (:t, 'England', 'Australien', 'de', :c);
INSERT INTO commentary.feed (match_id, message, home_score, home_display) VALUES (:t, 'Sechs!', 1, '6/0');
SELECT * FROM board WHERE match_id = :t;
INSERT INTO commentary.feed (match_id, message, home_score) VALUES (:c, 'Nine.', 9);
SELECT * FROM board WHERE match_id = :t;

-- many rows in one statement, by COPY, and by a trigger of the DBA's on the match
CREATE FUNCTION pg_temp.cheer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO commentary.feed (match_id, message, home_score) VALUES (NEW.match_id, 'They cheer.', NEW.home_score + 1);
	RETURN NULL;
END $$;
\set m 7605
INSERT INTO commentary.match (match_id, sport, home, away, status) VALUES (:m, 'football', 'Rovers', 'City', 'live');
INSERT INTO commentary.feed (match_id, minute, message, home_score, away_score) SELECT :m, n, 'Score.', n / 2, n / 3 FROM generate_series(1, 12) AS n;
SELECT string_agg(CASE op WHEN 'match' THEN home || '-' || away ELSE '.' END, ' ' ORDER BY seq) FROM told WHERE match_id = :m;
COPY commentary.feed (match_id, minute, message, home_score) FROM stdin;
7606	12	x	7
\.
INSERT INTO commentary.match (match_id, home, away) VALUES (7606, 'A', 'B');
COPY commentary.feed (match_id, minute, message, home_score) FROM stdin;
7606	12	x	7
7606	11	y	6
\.
SELECT * FROM board WHERE match_id = 7606;
CREATE TRIGGER a_cheer AFTER UPDATE ON commentary.match FOR EACH ROW EXECUTE FUNCTION pg_temp.cheer();
INSERT INTO commentary.feed (match_id, minute, message, home_score) VALUES (:m, 13, 'Last.', 99);
DROP TRIGGER a_cheer ON commentary.match;
CREATE FUNCTION pg_temp.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER a_keep BEFORE UPDATE ON commentary.match FOR EACH ROW EXECUTE FUNCTION pg_temp.keep();
INSERT INTO commentary.feed (match_id, minute, message, home_score) VALUES (:m, 14, 'Kept.', 100);
DROP TRIGGER a_keep ON commentary.match;
SELECT home_score FROM board WHERE match_id = :m;

-- as an option, and for a role that may not change a match itself
SET commentary.score_follows = off;
INSERT INTO commentary.feed (match_id, minute, message, home_score) VALUES (:m, 15, 'Not followed.', 1);
RESET commentary.score_follows;
CREATE ROLE regress_reporter;
GRANT USAGE ON SCHEMA commentary TO regress_reporter;
GRANT INSERT ON commentary.feed TO regress_reporter;
SET ROLE regress_reporter;
INSERT INTO commentary.feed (match_id, minute, message, away_score) VALUES (7606, 16, 'By a reporter.', 5);
RESET ROLE;
SELECT match_id = :m AS is_m, home_score, away_score FROM board WHERE match_id IN (:m, 7606) ORDER BY match_id;
REVOKE ALL ON SCHEMA commentary FROM regress_reporter;
REVOKE ALL ON commentary.feed FROM regress_reporter;
DROP ROLE regress_reporter;
-- what a migration tool sets
SET session_replication_role = replica;
INSERT INTO commentary.feed (match_id, minute, message, away_score) VALUES (7606, 17, 'As replica.', 6);
RESET session_replication_role;
SELECT commentary.flush();
SELECT op, tells, home, away FROM told WHERE match_id = 7606;
