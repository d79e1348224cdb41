-- A translation is a match of its own: made in one call, and with the state of its original.
\set SHOW_CONTEXT never
SELECT commentary.create_match('England', 'Australia', sport => 'cricket', competition => 'The Ashes', home_display => '12/0', clock => '2 ov', status => 'live') AS o \gset
SELECT commentary.create_match('Angleterre', lang => 'fr', translation_of => :o) AS fr \gset
SELECT commentary.create_match(lang => 'de', translation_of => :o, match_ref => 'de') AS de \gset
SELECT lang, home, away, sport, competition, status, clock, home_display FROM commentary.match WHERE translation_of = :o ORDER BY match_id;
-- told once, in one transaction
UPDATE commentary.match SET home_display = '13/1', away_score = 0, clock = '3 ov', status = 'paused', result = 'Tea', home = 'England XI' WHERE match_id = :o;
SELECT lang, home, status, clock, home_display, away_score, result FROM commentary.match WHERE translation_of = :o ORDER BY match_id;
SELECT match_id = :fr AS is_fr, seq, metadata - 'match' - 'translation_of' AS state FROM commentary.entry WHERE match_id IN (:fr, :de) ORDER BY match_id, seq;
-- what is words stays theirs; what changes nothing makes no entry
UPDATE commentary.match SET result = 'Drawn' WHERE match_id = :o;
UPDATE commentary.match SET result = 'Match nul' WHERE match_id = :fr;
SELECT match_id = :o AS is_original, count(*) FROM commentary.entry WHERE match_id IN (:o, :fr, :de) GROUP BY match_id ORDER BY match_id;
-- taken back with the original's
BEGIN;
UPDATE commentary.match SET status = 'abandoned' WHERE match_id = :o;
ROLLBACK;
SELECT DISTINCT status FROM commentary.match WHERE match_id IN (:o, :fr, :de);
INSERT INTO commentary.feed (match_id, message, translates_seq) VALUES (:fr, 'Le thé.', 2) RETURNING translates_seq;
SELECT translates_seq FROM commentary.feed WHERE match_id = :fr;
UPDATE commentary.match SET status = 'finished' WHERE match_id = :o;
SELECT DISTINCT status FROM commentary.match WHERE match_id IN (:o, :fr, :de);
