-- A match that is over can be removed with its log; nothing else leaves the log.
\set m 7001
\set other 7002
INSERT INTO commentary.match (match_id, home, away, status) VALUES
	(:m, 'Rovers', 'City', 'live'), (:other, 'Other', 'Match', 'live');
SELECT commentary.post(:m, 'one') > 0 AS staged;
SELECT commentary.post(:other, 'one') > 0 AS staged;

SELECT commentary.purge(:m);
SELECT commentary.purge(0);
UPDATE commentary.match SET status = 'finished' WHERE match_id = :m;
BEGIN;
SELECT commentary.purge(:m);
ROLLBACK;
SELECT count(*) FROM commentary.entry WHERE match_id = :m;
SELECT commentary.purge(:m);
SELECT count(*) FROM commentary.entry WHERE match_id = :m;
SELECT count(*) FROM commentary.match WHERE match_id = :m;
SELECT count(*) FROM commentary.entry WHERE match_id = :other;
SELECT commentary.post(:m, 'gone');
SELECT commentary.purge(:m);

-- what was staged before the purge and not flushed is set aside, not lost
UPDATE commentary.match SET status = 'finished' WHERE match_id = :other;
SELECT commentary.pause();
SET commentary.ack = staged;
SELECT commentary.amend(:other, 2, message => 'corrected') > 0 AS staged;
SELECT commentary.purge(:other);
SELECT commentary.resume();
SELECT commentary.flush();
-- it waits for no removal: that goes on between two flushes
DO $$BEGIN WHILE EXISTS (SELECT FROM commentary.purging) LOOP PERFORM pg_sleep(0.01); END LOOP; END$$;
SELECT count(*) FROM commentary.entry WHERE match_id = :other;
SELECT sqlstate, error = format('there is no match %s any more', :other) AS tells, message
FROM commentary.rejected WHERE match_id = :other;
DELETE FROM commentary.rejected WHERE match_id = :other;

-- the lobby goes on without a gap
SELECT max(seq) - count(*) AS gaps FROM commentary.entry WHERE match_id = 0;

-- nobody passes by the triggers
DELETE FROM commentary.entry;
DELETE FROM commentary.match;
