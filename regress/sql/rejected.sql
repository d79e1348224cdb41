-- A row that cannot be flushed is set aside with its error; the rest goes on.
-- (What the writer is told, with the number of the row: t/acknowledged.t.)
\set VERBOSITY terse
SELECT commentary.create_match('Rovers', 'City', status => 'live') AS m \gset
SELECT commentary.reset_stats();
ALTER TABLE commentary.entry ADD CONSTRAINT no_bad CHECK (message <> 'bad');

INSERT INTO commentary.feed (match_id, message)
	SELECT :m, CASE WHEN n IN (3, 7, 8) THEN 'bad' ELSE 'good ' || n END FROM generate_series(1, 10) AS n;
SELECT seq, message FROM commentary.entry WHERE match_id = :m AND op = 'insert' ORDER BY seq;
SELECT sqlstate, error, match_id = :m AS is_ours, op, kind, message FROM commentary.rejected ORDER BY rejected_id;
SELECT rejected, entries FROM commentary.stat_flush;

-- not yet mended: it stays, with its new error
SELECT min(rejected_id) AS first FROM commentary.rejected \gset
UPDATE commentary.rejected SET error = 'old' WHERE rejected_id = :first;
SELECT commentary.replay_rejected(:first);
SELECT error, wants_replay FROM commentary.rejected WHERE rejected_id = :first;

-- mended: it leaves commentary.rejected for the log
ALTER TABLE commentary.entry DROP CONSTRAINT no_bad;
SELECT commentary.replay_rejected(rejected_id) FROM commentary.rejected ORDER BY rejected_id;
SELECT count(*) FROM commentary.rejected;
SELECT count(*), max(seq) - count(*) - 1 AS gaps FROM commentary.entry WHERE match_id = :m AND op = 'insert';
\set VERBOSITY default
SELECT commentary.replay_rejected(0);
\set VERBOSITY terse

-- an index of the DBA's own that cannot take a row
CREATE INDEX wrong ON commentary.entry ((100 / minute)) WHERE op = 'insert' AND minute IS NOT NULL;
INSERT INTO commentary.feed (match_id, minute, message) VALUES (:m, 0, 'at kick-off'), (:m, 1, 'after it');
SELECT minute, message FROM commentary.entry WHERE match_id = :m ORDER BY seq DESC LIMIT 1;
SELECT sqlstate, error FROM commentary.rejected;
DROP INDEX commentary.wrong;

-- a replay that is rolled back is none
BEGIN;
SELECT commentary.replay_rejected(rejected_id) FROM commentary.rejected;
ROLLBACK;
SELECT commentary.flush();
SELECT wants_replay FROM commentary.rejected;
SELECT commentary.replay_rejected(rejected_id) FROM commentary.rejected;
SELECT minute, message FROM commentary.entry WHERE match_id = :m ORDER BY seq DESC LIMIT 1;
