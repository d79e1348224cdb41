-- postgres_fdw: another database writes to the feed as to a table of its own. It sends null for each
-- column that is not given, and commits there with the transaction here.
\set ON_ERROR_STOP on
\getenv match MATCH
\getenv host PGHOST
\getenv port PGPORT
\getenv name PGDATABASE
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER live FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'host', port :'port', dbname :'name', batch_size '100');
CREATE USER MAPPING FOR CURRENT_USER SERVER live OPTIONS (user 'postgres');
CREATE SCHEMA live;
IMPORT FOREIGN SCHEMA commentary LIMIT TO (feed, match) FROM SERVER live INTO live;

BEGIN;
INSERT INTO live.feed (match_id, client_ref, minute, actor, message) VALUES (:match, 'line-1', 12, 'A. Striker', 'Goal!');
UPDATE live.feed SET minute = 13 WHERE match_id = :match AND client_ref = 'line-1';
COMMIT;
INSERT INTO live.feed (match_id, client_ref, message) VALUES (:match, 'line-2', 'Oops');
BEGIN;
INSERT INTO live.feed (match_id, message) VALUES (:match, 'not to be seen');
ROLLBACK;
BEGIN;
UPDATE live.feed SET actor = NULL, message = 'Goal! A header.' WHERE match_id = :match AND client_ref = 'line-1';
DELETE FROM live.feed WHERE match_id = :match AND client_ref = 'line-2';
COMMIT;
SELECT 1 / (count(*) = 1 AND bool_and(minute = 13 AND seq > 0))::integer FROM live.feed WHERE match_id = :match;

-- A match gets what a table of its own would give it: its number, its sport, its status.
INSERT INTO live.match (match_ref, home, away) VALUES ('by fdw', 'Rovers', 'City');
UPDATE live.match SET home_score = 1 WHERE match_ref = 'by fdw';
SELECT 1 / (match_id > :match AND status = 'scheduled' AND sport = 'football' AND home_score = 1 AND created_at <= now())::integer
FROM live.match WHERE match_ref = 'by fdw';

DROP SCHEMA live CASCADE;
DROP SERVER live CASCADE;
