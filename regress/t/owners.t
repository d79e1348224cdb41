# Our tables are given to a role that is nobody. Whatever it puts on them, triggers
# (deferred ones too), defaults, constraints, index expressions, policies, runs with
# its own rights, and never with those of the flusher or of whoever calls our functions.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main', 'autovacuum = off');
install($node, 'postgres', 2);
my @tables = qw(entry match rejected epoch relay relay_pass purging staging_0 staging_1 staging_2 staging_3 staging_logged_0 staging_logged_1 staging_logged_2 staging_logged_3);

# A spy writes to the log of the server. It is declared as an owner might do it:
# IMMUTABLE, so that the planner may call it as well.
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE app LOGIN;
CREATE SCHEMA app AUTHORIZATION app;
SET ROLE app;
CREATE FUNCTION app.spy(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
		RAISE LOG 'trapped % in %', current_user, $1;
	END IF;
	RAISE LOG 'spied as % in %', current_user, $1;
	RETURN true;
END $$;
CREATE FUNCTION app.spy_text(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN app.spy($1) THEN 'x' END $$;
CREATE FUNCTION app.spy_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM app.spy(concat_ws(' ', TG_TABLE_NAME, TG_WHEN, TG_OP, TG_LEVEL, TG_NAME));
	PERFORM pg_catalog.set_config('search_path', 'app', false), pg_catalog.set_config('commentary.ack', 'staged', false);
	IF TG_LEVEL = 'STATEMENT' THEN RETURN NULL; END IF;
	RETURN COALESCE(NEW, OLD);
END $$;
CREATE DOMAIN app.spied AS text CHECK (app.spy('a domain'));
RESET ROLE;
SQL

for my $table (@tables)
{
	my $is_staging = $table =~ /^staging/;
	$node->safe_psql('postgres', <<SQL);
ALTER TABLE commentary.$table OWNER TO app;
GRANT ALL ON SCHEMA commentary TO app;
SET ROLE app;
SQL
	next if $is_staging;
	$node->safe_psql('postgres', <<SQL);
SET ROLE app;
CREATE TRIGGER a_spy BEFORE INSERT OR UPDATE OR DELETE ON commentary.$table FOR EACH ROW EXECUTE FUNCTION app.spy_trigger();
CREATE TRIGGER z_spy AFTER INSERT OR UPDATE OR DELETE ON commentary.$table FOR EACH ROW EXECUTE FUNCTION app.spy_trigger();
CREATE TRIGGER s_spy BEFORE INSERT OR UPDATE OR DELETE ON commentary.$table FOR EACH STATEMENT EXECUTE FUNCTION app.spy_trigger();
CREATE TRIGGER t_spy AFTER INSERT OR UPDATE OR DELETE ON commentary.$table FOR EACH STATEMENT EXECUTE FUNCTION app.spy_trigger();
CREATE CONSTRAINT TRIGGER d_spy AFTER INSERT OR UPDATE OR DELETE ON commentary.$table DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.spy_trigger();
ALTER TABLE commentary.$table ADD COLUMN app_default text DEFAULT app.spy_text('$table: a default');
ALTER TABLE commentary.$table ADD COLUMN app_generated text GENERATED ALWAYS AS (app.spy_text('$table: a generated column')) STORED;
ALTER TABLE commentary.$table ADD COLUMN app_domain app.spied;
ALTER TABLE commentary.$table ADD CONSTRAINT spied CHECK (app.spy('$table: a constraint')) NOT VALID;
CREATE INDEX ON commentary.$table ((app.spy_text('$table: an index expression')));
CREATE INDEX ON commentary.$table (app_default) WHERE app.spy('$table: an index predicate');
CREATE STATISTICS app.s_$table ON (app.spy_text('$table: statistics')), app_default FROM commentary.$table;
CREATE POLICY spied ON commentary.$table USING (app.spy('$table: a policy')) WITH CHECK (app.spy('$table: a policy'));
ALTER TABLE commentary.$table ENABLE ROW LEVEL SECURITY;
@{[ $table eq 'entry' ? '' : "ALTER TABLE commentary.$table FORCE ROW LEVEL SECURITY;" ]}
ANALYZE commentary.$table;
SQL
}
$node->safe_psql('postgres', 'REVOKE ALL ON SCHEMA commentary FROM app; DELETE FROM commentary.epoch');

my $from = -s $node->logfile;
my $pid  = $node->safe_psql('postgres', 'SELECT commentary.worker_restart()');
my $said = run('SELECT commentary.flush()');
is($said, '', 'the flusher starts, and begins an epoch');
is(run("INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (1, 'spied on', 'r'); SELECT commentary.post(1, 'again')"), '', 'an insert');
is(run("UPDATE commentary.match SET status = 'abandoned', home_score = 3 WHERE match_id = 2"), '', 'a change of state');
is(run('SELECT commentary.amend(1, 2, message => \'amended\'), commentary.retract(1, 3)'), '', 'corrections');

$node->safe_psql('postgres', "ALTER TABLE commentary.entry ADD CONSTRAINT no_bad CHECK (message <> 'bad')");
is(run("INSERT INTO commentary.feed (match_id, message) VALUES (1, 'bad'), (1, 'good')"), '', 'a row that is set aside');
is($node->safe_psql('postgres', 'SELECT count(*) FROM commentary.rejected'), 1, 'it is');
is(run('SELECT commentary.replay_rejected(1)'), '', 'tried again in vain');
is($node->safe_psql('postgres', 'SELECT wants_replay, error FROM commentary.rejected'), 'f|new row for relation "entry" violates check constraint "no_bad"', 'and it says so');
$node->safe_psql('postgres', 'ALTER TABLE commentary.entry DROP CONSTRAINT no_bad');
is(run('SELECT commentary.replay_rejected(1)'), '', 'tried again');
is($node->safe_psql('postgres', "SELECT (SELECT count(*) FROM commentary.rejected), (SELECT count(*) FROM commentary.entry WHERE message = 'bad')"), '0|1', 'and moved to the log');

$node->safe_psql('postgres', "ALTER TABLE commentary.match DISABLE TRIGGER stage_match_state; UPDATE commentary.match SET away_score = 2 WHERE match_id = 1; ALTER TABLE commentary.match ENABLE ALWAYS TRIGGER stage_match_state");
$node->safe_psql('postgres', 'SELECT commentary.worker_restart()');
wait_for('a lost state', sub { $node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE match_id = 1 AND metadata ->> 'away_score' = '2'") == 1 });
unlike_trapped('the flusher');
is($node->safe_psql('postgres', 'SELECT count(*) FROM commentary.epoch'), 1, 'there is an epoch');
is($node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE match_id = 1 AND op <> 'match' AND app_default = 'x' AND app_generated = 'x'"), 6, 'the columns of the owner have their values');
my $log = slurp_file($node->logfile, $from);
for my $spied ('entry BEFORE INSERT ROW a_spy', 'entry AFTER INSERT ROW z_spy', 'entry BEFORE INSERT STATEMENT s_spy', 'entry AFTER INSERT STATEMENT t_spy',
	'entry AFTER INSERT ROW d_spy', 'entry: a constraint', 'rejected BEFORE INSERT ROW a_spy', 'rejected AFTER DELETE ROW d_spy', 'rejected AFTER UPDATE ROW d_spy',
	'epoch BEFORE INSERT ROW a_spy', 'epoch AFTER INSERT ROW d_spy', 'entry: an index predicate')
{
	like($log, qr/spied as app in \Q$spied\E/, "$spied: honoured, as the owner");
}
is_sound($node, 'with spies');

# What is called by a superuser, and does something on our tables for him.
$from = -s $node->logfile;
is(run('SELECT commentary.purge(2)'), '', 'purge()');
is(run('SELECT count(*) FROM commentary.check()'), '', 'check()');
is(run("SELECT commentary.report_relay('00000000000000ab', 1000, 'h', 1, '1.2', now(), 'live', 1, 1, 1, 1, 1, 1, 0, 1.5, '{1}', '{1}')"), '', 'report_relay()');
is(run("SELECT commentary.report_relay('00000000000000ab', 1000, 'h', 1, '1.2', now(), 'live', 2, 1, 1, 1, 1, 1, 0, 1.5, '{1}', '{1}')"), '', 'report_relay(), again');
unlike_trapped('our functions');
is_clean($node, 'to the end');
$node->stop;
done_testing();

sub run
{
	my ($sql) = @_;
	my ($status, $out, $err) = $node->psql('postgres', "SET search_path = pg_catalog; SET client_min_messages = error; SET application_name = ours; $sql", on_error_stop => 1);
	return $err;
}

# The statements of the test itself are those of a superuser on the tables of another,
# who has himself to blame; so are the triggers on a match for him who changes one.
sub unlike_trapped
{
	my ($name) = @_;
	my @lines = slurp_file($node->logfile, $from) =~ /\] ((?:ours )?LOG:  trapped .*)/g;
	my %seen = map { $_ => 1 } grep { !/^ours .* in (a domain|match: |match .* (INSERT|UPDATE) )/ } @lines;
	is(join("\n", sort keys %seen), '', "$name: nothing of the owner's ran as a superuser");
}
