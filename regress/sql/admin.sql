-- What DBAs call: pausing, restarting, statistics, the doctor.
SELECT commentary.create_match('Rovers', 'City', status => 'live') AS m \gset

-- a pause holds the log, not the writers
SELECT commentary.pause();
SET commentary.ack = staged;
SELECT commentary.post(:m, 'during the pause') > 0 AS staged;
RESET commentary.ack;
SELECT count(*) FROM commentary.entry WHERE match_id = :m;
SELECT staged_rows >= 1 AS waits FROM commentary.stat_flush;
SELECT state FROM commentary.status();
SELECT is_ok, to_do FROM commentary.check() WHERE subject = 'flusher';
SELECT query LIKE 'paused: % rows wait' AS says_so FROM pg_stat_activity
WHERE backend_type = 'commentary flusher' AND datname = current_database();
SET statement_timeout = 100;
SELECT commentary.flush();
RESET statement_timeout;
SELECT commentary.resume();
SELECT commentary.flush();
SELECT message FROM commentary.entry WHERE match_id = :m AND op = 'insert';

-- another flusher
SELECT flusher_pid AS before FROM commentary.status() \gset
SELECT commentary.worker_restart() <> :before AS is_another;
SELECT commentary.post(:m, 'after the restart') > 0 AS staged;
SELECT seq, message FROM commentary.entry WHERE match_id = :m AND op = 'insert' ORDER BY seq;

-- statistics
SELECT commentary.reset_stats();
SELECT flushes, entries, notifications, last_flush_at, mean_ms FROM commentary.stat_flush;
INSERT INTO commentary.feed (match_id, message) VALUES (:m, 'one'), (:m, 'two');
SELECT flushes, entries, notifications, unannounced, duplicates, rejected, waits, last_flush_rows,
	mean_ms > 0 AS has_mean, max_ms >= mean_ms AS has_max, since <= now() AS has_since
FROM commentary.stat_flush;
SELECT home, away, status, head, corrections, rejected, last_entry_lag > '0' AS has_lag
FROM commentary.stat_match WHERE match_id = :m;

-- the doctor
SELECT subject, is_ok, to_do FROM commentary.check() WHERE subject NOT IN ('durability', 'staging') ORDER BY subject;
SET commentary.ack = staged;
SELECT subject, finding FROM commentary.check() WHERE subject = 'acknowledgement';
RESET commentary.ack;
