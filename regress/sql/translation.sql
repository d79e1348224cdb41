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
-- what a line translates is a line of the original, which a correction of it stands for
SELECT commentary.post(:o, 'Tea.') > 0 AS staged;
SELECT max(seq) AS tea FROM commentary.feed WHERE match_id = :o \gset
UPDATE commentary.feed SET message = 'Tea!' WHERE match_id = :o AND seq = :tea;
INSERT INTO commentary.feed (match_id, message, translates_seq) VALUES (:fr, 'Le thé.', :tea), (:fr, 'Le thé !', :tea + 1) RETURNING translates_seq = :tea AS is_tea;
\set VERBOSITY sqlstate
INSERT INTO commentary.feed (match_id, message, translates_seq) VALUES (:fr, 'Rien.', 2);
INSERT INTO commentary.feed (match_id, message, translates_seq) VALUES (:fr, 'Rien.', 1000);
INSERT INTO commentary.feed (match_id, message, translates_seq) VALUES (:o, 'Nothing.', 2);
\set VERBOSITY default
SELECT count(*) FROM commentary.feed WHERE match_id = :fr AND translates_seq = :tea;
UPDATE commentary.match SET status = 'finished' WHERE match_id = :o;
SELECT DISTINCT status FROM commentary.match WHERE match_id IN (:o, :fr, :de);

-- each offers the others
\set o 17701
\set de 17702
\set fr 17703
INSERT INTO commentary.match (match_id, home, away, lang) VALUES (:o, 'England', 'Australia', 'en');
INSERT INTO commentary.match (match_id, home, away, lang, translation_of) VALUES (:de, 'England', 'Australien', 'de', :o), (:fr, 'Angleterre', 'Australie', 'fr', :o);
SELECT match_id, alternates FROM commentary.match WHERE match_id BETWEEN :o AND :fr ORDER BY match_id;
SELECT commentary.state(:o)::jsonb -> 'alternates' AS state;
UPDATE commentary.match SET lang = 'de-AT' WHERE match_id = :de;
UPDATE commentary.match SET lang = NULL WHERE match_id = :o;
SELECT match_id, alternates FROM commentary.match WHERE match_id BETWEEN :o AND :fr ORDER BY match_id;
UPDATE commentary.match SET alternates = '[]' WHERE match_id = :o;
-- a restore inserts only: whoever says that he restores cannot forge a state by an UPDATE
SET check_function_bodies = off;
UPDATE commentary.match SET alternates = '[]' WHERE match_id = :o;
UPDATE commentary.match SET leaderboard = '{"no": "list"}' WHERE match_id = :o;
UPDATE commentary.match SET translation_of = :fr WHERE match_id = :de;
BEGIN;
UPDATE commentary.match SET lang = 'gsw' WHERE match_id = :de;
SELECT alternates FROM commentary.match WHERE match_id = :o;
ROLLBACK;
RESET check_function_bodies;
INSERT INTO commentary.match (home, away, alternates) VALUES ('A', 'B', '[{"id": 1}]');
UPDATE commentary.match SET home_score = 1, alternates = alternates WHERE match_id = :o;
-- one that is none any more
UPDATE commentary.match SET translation_of = NULL WHERE match_id = :fr;
SELECT match_id, alternates FROM commentary.match WHERE match_id BETWEEN :o AND :fr ORDER BY match_id;
SELECT match_id, count(*) AS entries FROM commentary.entry WHERE match_id BETWEEN :o AND :fr GROUP BY match_id ORDER BY match_id;

-- an original stays as long as it has a translation
UPDATE commentary.match SET status = 'finished' WHERE match_id IN (:o, :fr);
SELECT commentary.purge(:o);
SELECT commentary.purge_match(:o);
SELECT commentary.purge(match_id) > 0 AS purged FROM commentary.match WHERE translation_of = :o;
SELECT alternates FROM commentary.match WHERE match_id = :o;
INSERT INTO commentary.match (match_id, home, away, status, lang, translation_of) VALUES (17704, 'England', 'Australien', 'finished', 'de', :o);
SELECT array_agg(p.id ORDER BY p.place) FROM commentary.purgeable(now() + interval '1 day') WITH ORDINALITY AS p (id, place) WHERE p.id IN (:o, 17704);
SELECT count(*) FROM (SELECT commentary.purge_match(n) FROM unnest(ARRAY[17704, :o]) AS n) AS purged;
SELECT count(*) FROM commentary.match WHERE match_id IN (:o, :de, 17704);
SELECT count(*) AS rejected FROM commentary.rejected WHERE match_id IN (:o, :de, 17704);

-- Statements of ours run with the rights of the table's owner: a client's operators have
-- no part in them.
CREATE ROLE regress_trickster;
CREATE SCHEMA trick AUTHORIZATION regress_trickster;
GRANT USAGE ON SCHEMA commentary TO regress_trickster;
GRANT INSERT ON commentary.feed TO regress_trickster;
GRANT INSERT, UPDATE, SELECT ON commentary.match TO regress_trickster;
SET ROLE regress_trickster;
CREATE FUNCTION trick.caught(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'caught as %', current_user; END$$;
CREATE FUNCTION trick.caught(text, text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'caught as %', current_user; END$$;
CREATE FUNCTION trick.caught(jsonb, jsonb) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'caught as %', current_user; END$$;
CREATE OPERATOR trick.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = trick.caught);
CREATE OPERATOR trick.<> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = trick.caught);
CREATE OPERATOR trick.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trick.caught);
CREATE OPERATOR trick.= (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = trick.caught);
SET search_path = trick, pg_catalog;
INSERT INTO commentary.match (match_id, home, away, status) VALUES (17711, 'A', 'B', 'live');
INSERT INTO commentary.match (match_id, home, away, lang, translation_of) VALUES (17712, 'A', 'B', 'de', 17711);
INSERT INTO commentary.feed (match_id, message, home_score) VALUES (17711, 'Goal!', 1);
UPDATE commentary.match SET clock = 'HT' WHERE match_id OPERATOR(pg_catalog.=) 17711;
RESET search_path;
RESET ROLE;
SELECT match_id, home_score, clock, alternates FROM commentary.match WHERE match_id IN (17711, 17712) ORDER BY match_id;
SET client_min_messages = warning;
DROP SCHEMA trick CASCADE;
RESET client_min_messages;
REVOKE ALL ON SCHEMA commentary FROM regress_trickster;
REVOKE ALL ON commentary.feed, commentary.match FROM regress_trickster;
DROP ROLE regress_trickster;
