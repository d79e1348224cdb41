-- What version 1.1 of the extension commentary adds to 1.0.

\echo Use "ALTER EXTENSION commentary UPDATE" to load this file. \quit

--
-- Privileges: what this script made, and nobody asked for, is nobody's.
--

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA commentary FROM PUBLIC;
GRANT EXECUTE ON FUNCTION commentary.newer(anyelement, anyelement), commentary.newest(anyelement) TO PUBLIC;
