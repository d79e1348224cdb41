-- The same client_ref again: compared with what it last said, and not with the entry as
-- it stands.
\set m 4801
\set other 4802
INSERT INTO commentary.match (match_id, home, away) VALUES (:m, 'Rovers', 'City'), (:other, 'United', 'Town');
CREATE FUNCTION pg_temp.stands(ref text) RETURNS SETOF text LANGUAGE sql AS
$$SELECT concat_ws(' | ', f.minute, f.actor, f.team, f.message, f.tags) FROM commentary.feed AS f WHERE f.match_id = 4801 AND f.client_ref = ref$$;
CREATE FUNCTION pg_temp.log(after bigint) RETURNS TABLE (seq bigint, op text, ref_seq bigint, minute smallint, actor text, message text, clear text[], client_version bigint) LANGUAGE sql AS
$$SELECT e.seq, e.op, e.ref_seq, e.minute, e.actor, e.message, e.clear, e.client_version FROM commentary.entry AS e WHERE e.match_id = 4801 AND e.seq > after ORDER BY e.seq$$;

INSERT INTO commentary.feed (match_id, minute, actor, message, tags, client_ref) VALUES (:m, 12, 'A. Striker', 'Goal!', '{header}', 'e1');
-- equal: nothing happens; RETURNING gives the seq of the first
INSERT INTO commentary.feed (match_id, minute, actor, message, tags, client_ref) VALUES (:m, 12, 'A. Striker', 'Goal!', '{header}', 'e1') RETURNING seq;
SELECT commentary.post(:m, 'Goal!', minute => 12, actor => 'A. Striker', tags => '{header}', client_ref => 'e1');
-- different: what differs is amended, and what is left out now is cleared
INSERT INTO commentary.feed (match_id, minute, message, tags, client_ref) VALUES (:m, 13, 'Goal!', '{header}', 'e1') RETURNING seq;
SELECT commentary.post(:m, 'Goal!', minute => 13, actor => 'B. Winger', tags => '{header}', client_ref => 'e1') > 0 AS staged;
SELECT * FROM pg_temp.log(1);
SELECT pg_temp.stands('e1');
-- a file that has the event in two versions: read once more, nothing happens
INSERT INTO commentary.feed (match_id, minute, actor, message, tags, client_ref) VALUES
	(:m, 12, 'A. Striker', 'Goal!', '{header}', 'e1'), (:m, 13, NULL, 'Goal!', '{header}', 'e1'), (:m, 13, 'B. Winger', 'Goal!', '{header}', 'e1');
SELECT count(*) FROM pg_temp.log(4);

-- an editor's correction survives the feed's reconnect, and what is new is added to it
SELECT commentary.amend(:m, 2, message => 'Goal! From 30 yards.') > 0 AS staged;
INSERT INTO commentary.feed (match_id, minute, actor, message, tags, client_ref) VALUES
	(:m, 12, 'A. Striker', 'Goal!', '{header}', 'e1'), (:m, 13, 'B. Winger', 'Goal!', '{header}', 'e1');
SELECT pg_temp.stands('e1');
INSERT INTO commentary.feed (match_id, minute, actor, team, message, tags, client_ref) VALUES (:m, 13, 'B. Winger', 'Rovers', 'Goal!', '{header}', 'e1');
SELECT pg_temp.stands('e1');
SELECT * FROM pg_temp.log(5);

-- retracted by an editor: it stays so until something new is said
SELECT commentary.retract(:m, 2, 'offside') > 0 AS staged;
INSERT INTO commentary.feed (match_id, minute, actor, team, message, tags, client_ref) VALUES (:m, 13, 'B. Winger', 'Rovers', 'Goal!', '{header}', 'e1');
SELECT pg_temp.stands('e1');
INSERT INTO commentary.feed (match_id, minute, actor, team, message, tags, client_ref) VALUES (:m, 14, 'B. Winger', 'Rovers', 'Goal!', '{header}', 'e1');
SELECT pg_temp.stands('e1');
-- it is reinstated whole
SELECT regexp_replace(body, '"created_at":"[^"]*"', '"created_at":"T"') AS body FROM commentary.tail(:m, 1);
SELECT count(*) FROM commentary.feed WHERE match_id = :m;
-- a reinstated entry is corrected as any other, and by the number of that too
SELECT commentary.amend(:m, max(seq), minute => 15) > 0 AS staged FROM commentary.entry WHERE match_id = :m;
SELECT pg_temp.stands('e1');
INSERT INTO commentary.feed (match_id, minute, actor, team, message, tags, client_ref) VALUES (:m, 14, 'B. Winger', 'Rovers', 'Goal!', '{header}', 'e1');
SELECT pg_temp.stands('e1');

-- retracted under the same client_ref: saying it again reinstates it
INSERT INTO commentary.feed (match_id, minute, message, client_ref) VALUES (:m, 20, 'Corner.', 'e2');
SELECT seq AS corner FROM commentary.feed WHERE match_id = :m AND client_ref = 'e2' \gset
SELECT commentary.retract(:m, :corner, client_ref => 'e2') > 0 AS staged;
-- the retraction itself, sent again
SELECT commentary.retract(:m, :corner, client_ref => 'e2') AS staged;
SELECT count(*) FROM pg_temp.stands('e2');
INSERT INTO commentary.feed (match_id, minute, message, client_ref) VALUES (:m, 20, 'Corner.', 'e2');
SELECT pg_temp.stands('e2');

-- client_version: a lower one is ignored, a higher one is meant
INSERT INTO commentary.feed (match_id, message, client_ref, client_version) VALUES (:m, 'one', 'e3', 1), (:m, 'three', 'e3', 3), (:m, 'two', 'e3', 2);
SELECT pg_temp.stands('e3');
INSERT INTO commentary.feed (match_id, message, client_ref, client_version) VALUES (:m, 'two', 'e3', 2);
INSERT INTO commentary.feed (match_id, message, client_ref, client_version) VALUES (:m, 'one', 'e3', 4);
SELECT message, client_version FROM commentary.feed WHERE match_id = :m AND client_ref = 'e3';
INSERT INTO commentary.feed (match_id, message, client_ref, client_version) VALUES (:m, 'x', 'e3', -1);

-- corrections have keys of their own: stored once, for each entry and op
SELECT commentary.amend(:m, 2, team => 'City', client_ref => 'fix-1') > 0 AS staged;
SELECT commentary.amend(:m, 2, team => 'City', client_ref => 'fix-1') AS staged;
SELECT commentary.amend(:m, :corner, team => 'City', client_ref => 'fix-1') > 0 AS staged;
-- under the entry's own key it is a saying of the feed, of which a part is given
SELECT commentary.amend(:m, :corner, minute => 21, client_ref => 'e2') > 0 AS staged;
SELECT commentary.amend(:m, :corner, minute => 21, client_ref => 'e2') AS staged;
INSERT INTO commentary.feed (match_id, minute, message, client_ref) VALUES (:m, 21, 'Corner.', 'e2');
SELECT pg_temp.stands('e2');

-- many versions in one transaction, between others
INSERT INTO commentary.feed (match_id, minute, message, client_ref) SELECT :m, n, 'line ' || n % 5, 'many-' || n % 10 FROM generate_series(1, 100) AS n;
SELECT count(*) FILTER (WHERE op = 'insert') AS inserts, count(*) FILTER (WHERE op = 'amend') AS amends FROM commentary.entry WHERE match_id = :m AND client_ref LIKE 'many-%';
SELECT count(*) FILTER (WHERE minute > 90) AS newest, count(*) FROM commentary.feed WHERE match_id = :m AND client_ref LIKE 'many-%';

-- another match has keys of its own
INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (:other, 'Goal!', 'e1');
SELECT count(*) FROM commentary.feed WHERE client_ref = 'e1' AND match_id IN (:m, :other);

-- said again when the match is over: a correction, or nothing; but no new line
UPDATE commentary.match SET status = 'finished' WHERE match_id = :m;
INSERT INTO commentary.feed (match_id, minute, message, client_ref) VALUES (:m, 21, 'Corner.', 'e2');
INSERT INTO commentary.feed (match_id, minute, message, client_ref) VALUES (:m, 22, 'Corner.', 'e2');
SELECT pg_temp.stands('e2');
INSERT INTO commentary.feed (match_id, minute, message, client_ref) VALUES (:m, 90, 'Too late.', 'e9');

-- no gap, and each key once
SELECT max(seq) - count(*) AS gaps, count(client_ref) FILTER (WHERE op = 'insert') - count(DISTINCT client_ref) FILTER (WHERE op = 'insert') AS doubles FROM commentary.entry WHERE match_id = :m;

-- a trigger of others on the log changes what was said: said again, it is the same
INSERT INTO commentary.match (match_id, home, away) VALUES (4803, 'Rovers', 'City');
CREATE FUNCTION public.shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.message := upper(NEW.message); RETURN NEW; END';
CREATE TRIGGER shout BEFORE INSERT ON commentary.entry FOR EACH ROW WHEN (NEW.match_id = 4803) EXECUTE FUNCTION public.shout();
INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (4803, 'quiet', 'e1');
INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (4803, 'quiet', 'e1');
INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (4803, 'still quiet', 'e1');
INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (4803, 'quiet', 'e1'), (4803, 'still quiet', 'e1');
SELECT seq, op, message FROM commentary.entry WHERE match_id = 4803 AND seq > 1 ORDER BY seq;
DROP FUNCTION public.shout() CASCADE;

-- long texts, tags and metadata are compared whole
INSERT INTO commentary.feed (match_id, message, tags, metadata, client_ref)
SELECT 4803, repeat('long ', 1500), '{a,b}', jsonb_build_object('pad', repeat(md5(n::text), 400)), 'large' FROM generate_series(1, 2) AS n;
INSERT INTO commentary.feed (match_id, message, tags, metadata, client_ref)
SELECT 4803, repeat('long ', 1500), '{a,b}', jsonb_build_object('pad', repeat(md5(n::text), 400)), 'large' FROM generate_series(1, 2) AS n;
SELECT op, message IS NULL AS same_message, tags, length(metadata ->> 'pad') FROM commentary.entry WHERE match_id = 4803 AND client_ref = 'large' ORDER BY seq;
