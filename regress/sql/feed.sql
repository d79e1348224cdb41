-- The feed: every way in, and what the log and a reader see of it.
-- Each file of this suite makes its own matches.
SET timezone = 'UTC';
SELECT commentary.create_match('Rovers', 'City') AS feed_match \gset

-- a single row, with the defaults filled in
INSERT INTO commentary.feed (match_id, minute, message)
VALUES (:feed_match, 1, 'We are under way.')
RETURNING seq, op, kind, minute, message, created_at IS NOT NULL AS has_time;

-- several rows, prepared, COPY
INSERT INTO commentary.feed (match_id, minute, kind, actor, team, message, tags, metadata) VALUES
	(:feed_match, 12, 'goal', 'A. Striker', 'Rovers', 'Goal!', '{early,header}', '{"xg": 0.3}'),
	(:feed_match, 13, 'yellow_card', 'B. Defender', 'City', 'A late one.', NULL, NULL);
PREPARE add_line AS INSERT INTO commentary.feed (match_id, minute, stoppage, message) VALUES ($1, $2, $3, $4);
EXECUTE add_line(:feed_match, 45, 2, 'Added time.');
EXECUTE add_line(:feed_match, 45, 3, 'More of it.');
DEALLOCATE add_line;
-- COPY takes no variables, so this match has a number of our choice
INSERT INTO commentary.match (match_id, home, away) VALUES (4711, 'United', 'Town');
COPY commentary.feed (match_id, minute, message) FROM stdin;
4711	50	The second half.
4711	51	Tab\tand\nnewline stay.
\.
SELECT seq, minute, message FROM commentary.feed WHERE match_id = 4711 ORDER BY seq;
INSERT INTO commentary.feed (match_id, minute, message)
SELECT :feed_match, minute, message FROM commentary.feed WHERE match_id = 4711 ORDER BY seq;
SELECT commentary.post(:feed_match, 'By function.', minute => 60, kind => 'chance') > 0 AS staged;

-- the log: numbered in the order of the commits, the match's creation first
SELECT seq, op, kind, minute, stoppage, actor, message, tags, metadata - 'match' AS metadata
FROM commentary.entry WHERE match_id = :feed_match ORDER BY seq;
-- a reader
SELECT seq, kind, minute, message FROM commentary.feed WHERE match_id = :feed_match ORDER BY seq;

-- what viewers get, without what changes from run to run
SELECT seq, regexp_replace(regexp_replace(body, '"match": ?\d+', '"match":N', 'g'),
	'"created_at":"[^"]*"', '"created_at":"T"') AS body
FROM commentary.read(:feed_match, 0, 3);
SELECT array_agg(seq ORDER BY seq) FROM commentary.tail(:feed_match, 3);
SELECT array_agg(seq) FROM commentary.lines(:feed_match, 9, 3);
SELECT match_id = :feed_match AS is_ours, head FROM commentary.heads(ARRAY[:feed_match, 999999999]);

-- times have six digits of a second, whatever they are
INSERT INTO commentary.feed (match_id, message, created_at, occurred_at)
VALUES (:feed_match, 'On the second.', '2026-11-23 20:15:00+00', '2026-11-23 20:14:59.5+00');
SELECT body::json ->> 'created_at' AS created_at, body::json ->> 'occurred_at' AS occurred_at
FROM commentary.tail(:feed_match, 1);

-- a body is one line of JSON, whatever the text
INSERT INTO commentary.feed (match_id, message)
VALUES (:feed_match, E'Quote " backslash \\ newline \n tab \t <b>bold</b> é 💚');
SELECT body::json ->> 'message' = message AS same, position(E'\n' IN body) AS newline
FROM commentary.tail(:feed_match, 1) AS t(seq, body), commentary.entry e
WHERE e.match_id = :feed_match AND e.seq = t.seq;

-- a failed statement and a rollback leave nothing, not even a gap
BEGIN;
INSERT INTO commentary.feed (match_id, message) VALUES (:feed_match, 'never');
ROLLBACK;
BEGIN;
INSERT INTO commentary.feed (match_id, message) VALUES (:feed_match, 'kept');
SAVEPOINT s;
INSERT INTO commentary.feed (match_id, message) VALUES (:feed_match, 'never');
ROLLBACK TO s;
COMMIT;
INSERT INTO commentary.feed (match_id, message) VALUES (:feed_match, 'kept'), (:feed_match, ' ');
SELECT count(*) FILTER (WHERE message = 'never') AS never,
	count(*) FILTER (WHERE message = 'kept') AS kept, max(seq) - count(*) AS gaps
FROM commentary.entry WHERE match_id = :feed_match;

-- staged: COMMIT does not wait, flush() does
SET commentary.ack = staged;
INSERT INTO commentary.feed (match_id, message) VALUES (:feed_match, 'staged');
SELECT commentary.flush();
SELECT count(*) FROM commentary.entry WHERE match_id = :feed_match AND message = 'staged';
RESET commentary.ack;
SET commentary.ack = sometimes;

-- a client_ref names one entry of its match (client_ref.sql)
INSERT INTO commentary.feed (match_id, message, client_ref) VALUES
	(:feed_match, 'first', 'ref-1'), (:feed_match, 'first', 'ref-1');
INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (:feed_match, 'first', 'ref-1');
SELECT count(*) FROM commentary.entry WHERE match_id = :feed_match AND client_ref = 'ref-1';

-- large entries go through whole
INSERT INTO commentary.feed (match_id, message, metadata)
VALUES (:feed_match, repeat('long ', 1999), jsonb_build_object('pad', repeat('x', 15000)));
SELECT length(message), length(metadata ->> 'pad') FROM commentary.feed
WHERE match_id = :feed_match ORDER BY seq DESC LIMIT 1;

SELECT flusher_pid IS NOT NULL AS has_flusher, commits_pending, entries > 0 AS has_entries
FROM commentary.status();
SELECT max(seq) - count(*) AS gaps, count(*) - count(DISTINCT seq) AS doubles
FROM commentary.entry WHERE match_id = :feed_match;
