-- A rejected row that is tried again does not override what is newer.
SET client_min_messages = error; -- the warnings of durable commits name rejected_id
SELECT commentary.create_match('Rovers', 'City', status => 'live') AS m \gset
CREATE VIEW aside AS SELECT rejected_id, op, wants_replay, sqlstate,
	regexp_replace(error, 'match \d+', 'match N') AS error FROM commentary.rejected WHERE match_id = :m ORDER BY rejected_id;
CREATE VIEW score AS SELECT commentary.state(:m)::jsonb ->> 'home_score' AS home_score, commentary.state(:m)::jsonb ->> 'status' AS status;

-- a state: 1:0 is set aside, 2:0 is published
ALTER TABLE commentary.entry ADD CONSTRAINT no_one CHECK (op <> 'match' OR metadata ->> 'home_score' IS DISTINCT FROM '1') NOT VALID;
UPDATE commentary.match SET home_score = 1 WHERE match_id = :m;
SELECT * FROM score;
UPDATE commentary.match SET home_score = 2 WHERE match_id = :m;
ALTER TABLE commentary.entry DROP CONSTRAINT no_one;
SELECT after_seq FROM commentary.rejected WHERE match_id = :m;
SELECT commentary.replay_rejected(rejected_id) FROM aside;
SELECT * FROM score;
SELECT op, wants_replay, sqlstate, error FROM aside;
SELECT count(*) FROM commentary.entry WHERE match_id = :m;
DELETE FROM commentary.rejected WHERE match_id = :m;

-- nothing newer: it is published, late; a replay of an earlier one is then too late
ALTER TABLE commentary.entry ADD CONSTRAINT no_three CHECK (op <> 'match' OR (metadata ->> 'home_score')::int < 3) NOT VALID;
UPDATE commentary.match SET home_score = 3 WHERE match_id = :m;
UPDATE commentary.match SET status = 'paused' WHERE match_id = :m;
SELECT commentary.post(:m, 'in between') > 0;
ALTER TABLE commentary.entry DROP CONSTRAINT no_three;
SELECT count(*) FROM aside;
SELECT commentary.replay_rejected(max(rejected_id)) FROM aside;
SELECT * FROM score;
SELECT commentary.replay_rejected(rejected_id) FROM aside;
SELECT * FROM score;
SELECT op, wants_replay, sqlstate, error FROM aside;
DELETE FROM commentary.rejected WHERE match_id = :m;

-- both, in their order, with commentary between them
ALTER TABLE commentary.entry ADD CONSTRAINT no_four CHECK (op <> 'match' OR (metadata ->> 'home_score')::int < 4) NOT VALID;
UPDATE commentary.match SET home_score = 4 WHERE match_id = :m;
UPDATE commentary.match SET home_score = 5 WHERE match_id = :m;
SELECT commentary.post(:m, 'behind them') > 0;
ALTER TABLE commentary.entry DROP CONSTRAINT no_four;
SELECT commentary.replay_rejected(min(rejected_id)) FROM aside;
SELECT * FROM score;
SELECT commentary.replay_rejected(max(rejected_id)) FROM aside;
SELECT * FROM score;
SELECT count(*) FROM aside;

-- a new flusher does not find a state lost that is set aside
ALTER TABLE commentary.entry ADD CONSTRAINT no_six CHECK (op <> 'match' OR (metadata ->> 'home_score')::int < 6) NOT VALID;
UPDATE commentary.match SET home_score = 6 WHERE match_id = :m;
SELECT commentary.worker_restart() > 0;
SELECT commentary.flush();
SELECT count(*) FROM aside;
ALTER TABLE commentary.entry DROP CONSTRAINT no_six;
SELECT commentary.replay_rejected(rejected_id) FROM aside;
SELECT * FROM score;
SELECT count(*) FROM aside;

-- an amendment
SELECT commentary.post(:m, 'first') > 0;
SELECT seq AS first FROM commentary.feed WHERE match_id = :m AND message = 'first' \gset
ALTER TABLE commentary.entry ADD CONSTRAINT no_bad CHECK (message <> 'bad') NOT VALID;
SELECT commentary.amend(:m, :first, 'bad') > 0;
SELECT commentary.amend(:m, :first, 'good') > 0;
ALTER TABLE commentary.entry DROP CONSTRAINT no_bad;
SELECT commentary.replay_rejected(rejected_id) FROM aside;
SELECT message FROM commentary.feed WHERE match_id = :m AND seq = :first;
SELECT op, wants_replay, sqlstate, regexp_replace(error, 'entry \d+', 'entry N') FROM aside;
DELETE FROM commentary.rejected WHERE match_id = :m;

-- of another entry: nothing stands in its way
ALTER TABLE commentary.entry ADD CONSTRAINT no_bad CHECK (message <> 'bad') NOT VALID;
SELECT commentary.amend(:m, :first, 'bad') > 0;
SELECT commentary.post(:m, 'second') > 0;
SELECT commentary.amend(:m, (SELECT max(seq) FROM commentary.feed WHERE match_id = :m), 'second, amended') > 0;
ALTER TABLE commentary.entry DROP CONSTRAINT no_bad;
SELECT commentary.replay_rejected(rejected_id) FROM aside;
SELECT message FROM commentary.feed WHERE match_id = :m ORDER BY seq;
SELECT count(*) FROM aside;

-- what a client_ref says: the newer saying is in the log
ALTER TABLE commentary.entry ADD CONSTRAINT no_bad CHECK (message NOT LIKE 'bad%') NOT VALID;
SELECT commentary.post(:m, 'bad', client_ref => 'said') > 0;
SELECT commentary.post(:m, 'good', client_ref => 'said') > 0;
SELECT commentary.post(:m, 'bad', client_ref => 'both') > 0;
SELECT commentary.post(:m, 'bad, and newer', client_ref => 'both') > 0;
ALTER TABLE commentary.entry DROP CONSTRAINT no_bad;
SELECT commentary.replay_rejected(rejected_id) FROM aside;
SELECT message FROM commentary.feed WHERE match_id = :m AND client_ref IN ('said', 'both') ORDER BY seq;
SELECT op, wants_replay, sqlstate, error FROM aside;
DELETE FROM commentary.rejected WHERE match_id = :m;

-- set aside by a version that did not note where
ALTER TABLE commentary.entry ADD CONSTRAINT no_seven CHECK (op <> 'match' OR (metadata ->> 'home_score')::int <> 7) NOT VALID;
UPDATE commentary.match SET home_score = 7 WHERE match_id = :m;
UPDATE commentary.match SET home_score = 8 WHERE match_id = :m;
ALTER TABLE commentary.entry DROP CONSTRAINT no_seven;
UPDATE commentary.rejected SET after_seq = NULL WHERE match_id = :m;
SELECT commentary.replay_rejected(rejected_id) FROM aside;
SELECT * FROM score;
SELECT error FROM aside;
DELETE FROM commentary.rejected WHERE match_id = :m;
DROP VIEW aside, score;
