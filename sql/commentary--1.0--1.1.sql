-- What version 1.1 of the extension commentary adds to 1.0.

\echo Use "ALTER EXTENSION commentary UPDATE" to load this file. \quit

-- Whoever may create in the schema in which the extension is made could put a
-- function or an operator of his own in front of PostgreSQL's.
SET LOCAL search_path = pg_catalog, pg_temp;

--
-- Privileges: what this script made, and nobody asked for, is nobody's.
--

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA commentary FROM PUBLIC;
GRANT EXECUTE ON FUNCTION commentary.newer(anyelement, anyelement), commentary.newest(anyelement) TO PUBLIC;
