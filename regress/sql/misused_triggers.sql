--
-- A superuser makes triggers with the functions of the extension's triggers: on another
-- table, for statements, at another time. An error is right, a crash is not.
--
CREATE TABLE public.other (match_id bigint, seq bigint, message text);
CREATE VIEW public.shown AS SELECT * FROM public.other;

CREATE FUNCTION pg_temp.try(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;

CREATE FUNCTION pg_temp.outcome(serves text, fires text, level text, relation text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    events text := 'INSERT OR UPDATE OR DELETE' || CASE level WHEN 'STATEMENT' THEN ' OR TRUNCATE' ELSE '' END;
    outcome text;
BEGIN
    INSERT INTO public.other VALUES (1, 1, 'x');
    EXECUTE format('CREATE TRIGGER misused %s %s ON %s FOR EACH %s EXECUTE FUNCTION commentary.%I()',
                   fires, events, relation, level, serves);
    outcome := concat_ws(' ',
        pg_temp.try(format('INSERT INTO %s VALUES (1, 2, ''y'')', relation)),
        pg_temp.try(format('UPDATE %s SET message = ''z''', relation)),
        pg_temp.try(format('DELETE FROM %s', relation)),
        CASE level WHEN 'STATEMENT' THEN pg_temp.try(format('TRUNCATE %s', relation)) END);
    EXECUTE format('DROP TRIGGER misused ON %s', relation);
    RETURN outcome;
END
$$;

SELECT proname AS function, fires || ' ' || level AS fires, relation,
       pg_temp.outcome(proname, fires, level, relation) AS "insert, update, delete, truncate"
  FROM pg_proc, (VALUES ('BEFORE', 'ROW', 'public.other'), ('AFTER', 'ROW', 'public.other'),
                        ('BEFORE', 'STATEMENT', 'public.other'), ('AFTER', 'STATEMENT', 'public.other'),
                        ('INSTEAD OF', 'ROW', 'public.shown')) AS made (fires, level, relation)
 WHERE pronamespace = 'commentary'::regnamespace AND prorettype = 'trigger'::regtype
 ORDER BY proname, made;

-- and none of them can be called
SELECT proname AS function, pg_temp.try(format('SELECT commentary.%I()', proname)) AS outcome
  FROM pg_proc
 WHERE pronamespace = 'commentary'::regnamespace AND prorettype = 'trigger'::regtype
 ORDER BY proname;

\set VERBOSITY default
CREATE TRIGGER "after each" AFTER INSERT ON public.other FOR EACH STATEMENT
    EXECUTE FUNCTION commentary.change_feed_row();
INSERT INTO public.other VALUES (1, 3, 'x');
\set VERBOSITY terse
DROP VIEW public.shown;
DROP TABLE public.other;
