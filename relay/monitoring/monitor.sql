-- Creates the role commentary_monitor, with the rights that the queries of queries.yml need, and
-- no others.
--
--   psql -d DATABASE -f relay/monitoring/monitor.sql
--   CREATE ROLE monitor LOGIN IN ROLE commentary_monitor;
--
-- Run it in each database as the owner of the extension. It may be run again.

\set ON_ERROR_STOP on
SET client_min_messages = warning;

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'commentary_monitor') THEN
		CREATE ROLE commentary_monitor NOLOGIN;
	END IF;
END
$$;

GRANT USAGE ON SCHEMA commentary TO commentary_monitor;
GRANT SELECT ON commentary.stat_flush, commentary.stat_relay TO commentary_monitor;
GRANT SELECT (status) ON commentary.match TO commentary_monitor;
GRANT EXECUTE ON FUNCTION commentary.check, commentary.status, commentary.flush_counters TO commentary_monitor;
