-- What version 1.2 of the extension commentary changes in 1.1.

\echo Use "ALTER EXTENSION commentary UPDATE" to load this file. \quit

-- Whoever may create in the schema in which the extension is made could put a
-- function or an operator of his own in front of PostgreSQL's.
SET LOCAL search_path = pg_catalog, pg_temp;

--
-- Columns: what an entry is made of
--

--
-- Notifications: a channel that only relays may hear
--

CREATE FUNCTION commentary.listen() RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'commentary_listen';
COMMENT ON FUNCTION commentary.listen() IS 'For relays: this session listens to the notifications of new entries, from its COMMIT on. Their channel has a secret name, which changes with each start of the server';
REVOKE ALL ON FUNCTION commentary.listen() FROM PUBLIC;

--
-- Triggers: validation that no session switches off
--

--
-- The log: written by the flusher alone
--

--
-- Epochs
--

--
-- Steering the flusher, and purging
--

--
-- The doctor
--
