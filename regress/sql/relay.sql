-- What relays report of themselves: who is shown, who is forgotten, and what is not taken.
CREATE FUNCTION pg_temp.report(id text, interval_ms integer, state text, matches bigint[], viewers integer[]) RETURNS void
LANGUAGE sql AS $$
	SELECT commentary.report_relay(id, interval_ms, 'host', 7, '1.0.0', '2026-01-01', state,
		(SELECT coalesce(sum(v), 0) FROM unnest(viewers) AS v), 3, 1000, 40, 5000, 1, 0, 1.5, matches, viewers)
$$;

SELECT pg_temp.report('aaaaaaaaaaaaaaaa', 3600000, 'live', '{0,1,2}', '{1,10,100}');
SELECT pg_temp.report('bbbbbbbbbbbbbbbb', 3600000, 'live', '{2}', '{5}');
SELECT relay_id, host, pid, version, reported_by = session_user AS by_me, feed_state, viewers, topics,
	deliveries, sent_bytes, feed_connects, lag_entries, latency_ms, last_seen > started_at AS is_seen
FROM commentary.stat_relay ORDER BY relay_id;
SELECT * FROM commentary.viewers ORDER BY match_id;
SELECT subject, is_ok, finding, to_do FROM commentary.check() WHERE subject = 'relays';

-- the newest report counts
SELECT pg_temp.report('bbbbbbbbbbbbbbbb', 3600000, 'catching_up', '{}', '{}');
SELECT relay_id, feed_state FROM commentary.stat_relay ORDER BY relay_id;
SELECT * FROM commentary.viewers ORDER BY match_id;
SELECT is_ok, finding FROM commentary.check() WHERE subject = 'relays';

-- one that is silent for three intervals is not shown, and for ten it is forgotten
UPDATE commentary.relay SET last_seen = now() - interval '4 hours' WHERE relay_id = 'aaaaaaaaaaaaaaaa';
SELECT pg_temp.report('bbbbbbbbbbbbbbbb', 3600000, 'live', '{2}', '{5}');
SELECT relay_id FROM commentary.stat_relay ORDER BY relay_id;
SELECT * FROM commentary.viewers;
SELECT count(*) FROM commentary.relay;
UPDATE commentary.relay SET last_seen = now() - interval '11 hours' WHERE relay_id = 'aaaaaaaaaaaaaaaa';
SELECT pg_temp.report('bbbbbbbbbbbbbbbb', 3600000, 'live', '{2}', '{5}');
SELECT count(*) FROM commentary.relay;

-- what cannot be
\set VERBOSITY terse
SELECT pg_temp.report('no id', 1000, 'live', '{}', '{}');
SELECT pg_temp.report('cccccccccccccccc', 0, 'live', '{}', '{}');
SELECT pg_temp.report('cccccccccccccccc', 1000, 'asleep', '{}', '{}');
SELECT pg_temp.report('cccccccccccccccc', 1000, 'live', '{1,2}', '{1}');
SELECT pg_temp.report('cccccccccccccccc', 1000, 'live', array_fill(1::bigint, '{10001}'), array_fill(1, '{10001}'));
SELECT pg_temp.report('cccccccccccccccc', 1000, 'live', '{1,NULL}', '{1,1}');
SELECT pg_temp.report(NULL, NULL, NULL, NULL, NULL);
\set VERBOSITY default

-- another role's row is its own
UPDATE commentary.relay SET reported_by = 'somebody' WHERE relay_id = 'bbbbbbbbbbbbbbbb';
SELECT pg_temp.report('bbbbbbbbbbbbbbbb', 3600000, 'live', '{3}', '{9}');
SELECT * FROM commentary.viewers;

-- a thousand are enough; those that are there go on
INSERT INTO commentary.relay (relay_id, report_ms, host, pid, version, started_at, feed_state, viewers, topics, cached_bytes,
	deliveries, sent_bytes, feed_connects, lag_entries, match_ids, match_viewers)
SELECT lpad(to_hex(n), 16, '0'), 3600000, 'host', n, '1.0.0', now(), 'live', 0, 0, 0, 0, 0, 0, 0, '{}', '{}' FROM generate_series(1, 999) AS n;
SELECT pg_temp.report('cccccccccccccccc', 3600000, 'live', '{4}', '{1}');
SELECT pg_temp.report('0000000000000001', 3600000, 'live', '{4}', '{2}');
SELECT count(*), sum(viewers) FROM commentary.stat_relay;

-- a report waits for nobody
SELECT proconfig FROM pg_proc WHERE oid::regproc::text = 'commentary.report_relay';
SELECT relpersistence FROM pg_class WHERE oid = 'commentary.relay'::regclass;
TRUNCATE commentary.relay;
SELECT count(*) FROM commentary.check() WHERE subject = 'relays';
