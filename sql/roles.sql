-- Roles for commentary, with no more than each needs:
--
--   commentary_writer   inserts and corrects commentary, makes and changes matches
--   commentary_reader   reads it in SQL
--   commentary_relay    what the relay asks for
--   commentary_admin    watches and steers
--
--   psql -d DATABASE -f sql/roles.sql      then GRANT commentary_writer TO somebody;
--
-- Run it as the owner of the extension, in each database; it can be run again.

\set ON_ERROR_STOP on
SET client_min_messages = warning;

DO $$
DECLARE
	role text;
BEGIN
	FOREACH role IN ARRAY ARRAY['commentary_writer', 'commentary_reader',
		'commentary_relay', 'commentary_admin']
	LOOP
		IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role) THEN
			EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', role);
		END IF;
	END LOOP;
END
$$;

GRANT USAGE ON SCHEMA commentary TO commentary_writer, commentary_reader, commentary_relay, commentary_admin;

GRANT INSERT, UPDATE, DELETE, SELECT ON commentary.feed TO commentary_writer;
GRANT INSERT, UPDATE, SELECT ON commentary.match TO commentary_writer;
GRANT EXECUTE ON FUNCTION commentary.create_match, commentary.post, commentary.amend,
	commentary.retract, commentary.flush TO commentary_writer;

GRANT SELECT ON commentary.feed, commentary.match, commentary.entry TO commentary_reader;

GRANT SELECT ON commentary.match, commentary.entry, commentary.epoch TO commentary_relay;
GRANT EXECUTE ON FUNCTION commentary.epoch, commentary.read, commentary.tail, commentary.lines, commentary.heads,
	commentary.state, commentary.lobby, commentary.matches, commentary.body, commentary.entry_body,
	commentary.report_relay,
	commentary.listen, commentary.ack_status, commentary.flushed_after, commentary.branches,
	commentary.region_status TO commentary_relay;

GRANT commentary_writer, commentary_reader, commentary_relay TO commentary_admin;
GRANT SELECT ON commentary.stat_flush, commentary.stat_match, commentary.stat_region, commentary.stat_relay,
	commentary.viewers TO commentary_admin;
GRANT SELECT, DELETE ON commentary.rejected TO commentary_admin;
GRANT SELECT ON commentary.purging TO commentary_admin;
GRANT EXECUTE ON FUNCTION commentary.status, commentary.flush_counters, commentary.check, commentary.verify,
	commentary.written_heads, commentary.following,
	commentary.pause, commentary.resume, commentary.worker_restart, commentary.reset_stats,
	commentary.replay_rejected, commentary.begin_epoch, commentary.purge, commentary.purgeable,
	commentary.purge_match, commentary.purge_lobby, commentary.purge_before TO commentary_admin;
