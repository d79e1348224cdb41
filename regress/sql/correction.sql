-- Corrections: amend and retract, by function and by INSERT.
\set m 2001
\set other 2002
INSERT INTO commentary.match (match_id, home, away) VALUES (:m, 'Rovers', 'City'), (:other, 'Rovers', 'United');
INSERT INTO commentary.feed (match_id, minute, kind, actor, message, tags) VALUES
	(:m, 12, 'goal', 'A. Striker', 'Striker scores.', '{header}'),
	(:m, 20, 'comment', NULL, 'To be withdrawn.', NULL);

SELECT commentary.amend(:m, 2, message => 'Own goal by Back.', actor => 'C. Back') > 0 AS staged;
SELECT commentary.amend(:m, 2, minute => 13) > 0 AS staged;
SELECT commentary.retract(:m, 3, 'It was the other match.') > 0 AS staged;

-- the feed reads as corrected: what an amend does not give stays
SELECT seq, minute, kind, actor, message, tags FROM commentary.feed WHERE match_id = :m ORDER BY seq;
-- the log keeps the history
SELECT seq, op, ref_seq, kind, minute, actor, message FROM commentary.entry WHERE match_id = :m ORDER BY seq;

-- by INSERT
INSERT INTO commentary.feed (match_id, op, ref_seq, message) VALUES (:m, 'amend', 2, 'Own goal.');
SELECT message FROM commentary.feed WHERE match_id = :m;

-- a correction of a correction corrects the entry itself
SELECT commentary.amend(:m, 4, actor => 'C. Winger') > 0 AS staged;
SELECT ref_seq, actor FROM commentary.entry WHERE match_id = :m ORDER BY seq DESC LIMIT 1;
SELECT actor, message FROM commentary.feed WHERE match_id = :m;

-- what cannot be corrected
SELECT commentary.amend(:m, 99, message => 'x');
SELECT commentary.post(:other, 'elsewhere') > 0 AS staged;
SELECT commentary.retract(:other, 2) > 0 AS staged;
SELECT commentary.amend(:other, 3, message => 'x');
SELECT commentary.amend(:m, 1, message => 'x');
SELECT commentary.retract(:m, 1);
-- what is retracted: by its own number, by that of the retraction
SELECT commentary.amend(:other, 2, message => 'x');
SELECT commentary.retract(:other, 2);
SELECT commentary.retract(:other, 3);
-- without any change
SELECT commentary.amend(:m, 2);
SELECT commentary.amend(:m, 2, clear => '{}');
INSERT INTO commentary.feed (match_id, op, ref_seq) VALUES (:m, 'amend', 2);
SELECT commentary.retract(:m, NULL);
INSERT INTO commentary.feed (match_id, ref_seq, message) VALUES (:m, 2, 'x');

-- a value is taken away, given again, and viewers are told so
SELECT commentary.amend(:m, 2, clear => '{actor,stoppage,actor}', minute => 14) > 0 AS staged;
SELECT clear, minute FROM commentary.entry WHERE match_id = :m ORDER BY seq DESC LIMIT 1;
SELECT minute, actor, tags, message, clear FROM commentary.feed WHERE match_id = :m;
SELECT regexp_replace(body, '"created_at":"[^"]*"', '"created_at":"T"') AS body FROM commentary.tail(:m, 1);
INSERT INTO commentary.feed (match_id, op, ref_seq, clear) VALUES (:m, 'amend', 2, '{tags,minute}');
SELECT commentary.amend(:m, 2, actor => 'D. Sub') > 0 AS staged;
SELECT minute, actor, tags, message FROM commentary.feed WHERE match_id = :m;
-- what cannot be cleared
SELECT commentary.amend(:m, 2, clear => '{message}');
\set VERBOSITY terse
SELECT commentary.amend(:m, 2, clear => '{"a b"c"}');
\set VERBOSITY default
SELECT commentary.amend(:m, 2, clear => '{NULL}');
SELECT commentary.amend(:m, 2, actor => 'x', clear => '{actor}');
INSERT INTO commentary.feed (match_id, message, clear) VALUES (:m, 'x', '{actor}');

-- an ended match takes corrections only
UPDATE commentary.match SET status = 'finished' WHERE match_id = :m;
INSERT INTO commentary.feed (match_id, message) VALUES (:m, 'too late');
SELECT commentary.amend(:m, 2, message => 'Own goal, officially.') > 0 AS staged;
SELECT message FROM commentary.feed WHERE match_id = :m;

-- history is never rewritten
UPDATE commentary.entry SET message = 'x' WHERE match_id = :m;
DELETE FROM commentary.entry WHERE match_id = :m;
DELETE FROM commentary.match WHERE match_id = :m;
