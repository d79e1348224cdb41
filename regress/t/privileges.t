# The roles of sql/roles.sql: each can do its work without a superuser, and
# nothing else. And code that a hostile user leaves as a trap for users with more
# rights is never run.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main', 'log_statement = none');
my $sql  = "$FindBin::Bin/../../sql";

# If any of this is called, a trap has worked.
my $trap = <<'SQL';
DO $do$
DECLARE
	f record;
	body text := $$ BEGIN RAISE EXCEPTION 'trapped %', current_user; END $$;
BEGIN
	FOR f IN SELECT * FROM (VALUES
		('format', 'text, integer'), ('format', 'text, text'), ('now', ''), ('unnest', 'bigint[]'),
		('max', 'bigint'), ('count', ''), ('bool_or', 'boolean'), ('string_agg', 'text, text'),
		('match_state', 'anyelement'), ('entry_body', 'anyelement'), ('newest', 'anyelement'),
		('state', 'bigint'), ('pg_extension_config_dump', 'regclass, text'), ('start_flusher', '')) AS v(name, args)
	LOOP
		EXECUTE format('CREATE FUNCTION %I.%I(%s) RETURNS text LANGUAGE plpgsql AS %L', current_setting('trap.schema'), f.name, f.args, body);
	END LOOP;
	FOR f IN SELECT * FROM unnest(ARRAY['bigint', 'integer', 'text', 'jsonb', 'text[]']) AS l(l)
		CROSS JOIN unnest(ARRAY['bigint', 'integer', 'text', 'jsonb', 'text[]']) AS r(r)
	LOOP
		EXECUTE format('CREATE FUNCTION %I.compare(%s, %s) RETURNS boolean LANGUAGE plpgsql AS %L', current_setting('trap.schema'), f.l, f.r, body);
		FOR i IN 1 .. 4 LOOP
			EXECUTE format('CREATE OPERATOR %I.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = %I.compare)',
				current_setting('trap.schema'), (ARRAY['=', '<>', '>', '||'])[i], f.l, f.r, current_setting('trap.schema'));
		END LOOP;
	END LOOP;
	FOR f IN SELECT unnest(ARRAY['match', 'entry', 'feed', 'epoch', 'relay', 'stat_relay', 'staging_0']) AS name
	LOOP
		EXECUTE format('CREATE TABLE %I.%I (trapped integer)', current_setting('trap.schema'), f.name);
	END LOOP;
END
$do$;
SQL

# The database belongs to a hostile user, who may do anything in the schema public.
$node->safe_psql('postgres', <<SQL);
CREATE ROLE mallory LOGIN;
CREATE DATABASE club OWNER mallory;
SQL

$node->safe_psql('club', "SET ROLE mallory; SET trap.schema = 'public'; $trap");
my ($status, undef, $err) = $node->psql('club', "SELECT format('%s', 1)");
like($err, qr/trapped (?!mallory)/, 'the traps work');
my $quiet_from = -s $node->logfile;

# --- CREATE EXTENSION by a superuser, in a database with traps ---
$node->safe_psql('club', "SET ROLE mallory; CREATE SCHEMA commentary; CREATE TABLE commentary.entry (trapped integer)");
($status, undef, $err) = $node->psql('club', 'CREATE EXTENSION commentary');
like($err, qr/schema "commentary" already exists/, "a schema commentary that is somebody's own is not taken over");
$node->safe_psql('club', 'SET ROLE mallory; DROP SCHEMA commentary CASCADE');
($status, undef, $err) = $node->psql('club', "CREATE EXTENSION commentary VERSION '1.0'");
is($err, '', 'CREATE EXTENSION calls nothing in public');
($status, undef, $err) = $node->psql('club', 'ALTER EXTENSION commentary UPDATE');
is($err, '', 'nor does ALTER EXTENSION UPDATE');
$node->safe_psql('club', "\\i $sql/roles.sql");
$node->safe_psql('club', "\\i $sql/roles.sql");
$node->safe_psql('club', <<SQL);
CREATE ROLE writer LOGIN IN ROLE commentary_writer;
CREATE ROLE reader LOGIN IN ROLE commentary_reader;
CREATE ROLE relay LOGIN IN ROLE commentary_relay;
CREATE ROLE admin LOGIN IN ROLE commentary_admin;
CREATE ROLE stranger LOGIN;
SQL
is($node->safe_psql('club', "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'commentary%' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolcanlogin OR rolreplication OR rolbypassrls)"),
	0, 'the roles have no power of their own');

# --- each can do its work ---
sub run_as
{
	my ($role, $statement) = @_;
	my ($status, $out, $err) = $node->psql('club', $statement,
		extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose', '-v', 'ON_ERROR_STOP=1' ]);
	return wantarray ? ($out, $err) : $err eq '' ? $out : $err;
}

for my $case (
	[ writer => "SELECT commentary.create_match('Rovers', 'City', status => 'live')", 1 ],
	[ writer => "INSERT INTO commentary.match (home, away) VALUES ('A', 'B') RETURNING match_id", 2 ],
	[ writer => "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'one') RETURNING message", 'one' ],
	[ writer => "COPY commentary.feed (match_id, message) FROM stdin;\n1\ttwo\n\\.\n", '' ],
	[ writer => "SELECT commentary.post(1, 'three') > 0", 't' ],
	[ writer => "UPDATE commentary.match SET home_score = 1 WHERE match_id = 1", '' ],
	[ writer => "SELECT commentary.amend(1, 2, 'uno') > 0, commentary.retract(1, 3) > 0", 't|t' ],
	[ writer => 'SELECT commentary.flush()', '' ],
	[ writer => "SELECT message FROM commentary.feed WHERE match_id = 1 ORDER BY seq", "uno\nthree" ],
	[ reader => "SELECT count(*) FROM commentary.feed", 2 ],
	[ reader => "SELECT count(*) FROM commentary.match", 2 ],
	[ reader => "SELECT count(*) FROM commentary.entry WHERE match_id = 1", 7 ],
	[ relay  => 'SELECT commentary.epoch() = (SELECT epoch FROM commentary.epoch)', 't' ],
	[ relay  => 'SELECT count(*) FROM commentary.read(1, 0)', 7 ],
	[ relay  => 'SELECT count(*) FROM commentary.tail(1, 3)', 3 ],
	[ relay  => 'SELECT count(*) FROM commentary.lines(1, 100)', 3 ],
	[ relay  => 'SELECT * FROM commentary.heads(ARRAY[0, 1, 9])', "0|3\n1|7" ],
	[ relay  => "SELECT commentary.lobby() LIKE '[{%', commentary.state(1) LIKE '{%'", 't|t' ],
	[ relay  => "SELECT match_id, state LIKE '{%' FROM commentary.matches(before => 2)", '1|t' ],
	[ relay  => 'SELECT commentary.listen()', '' ],
	[ relay  => "SELECT commentary.report_relay('0123456789abcdef', 10000, 'h', 1, 'v', now(), 'live', 3, 2, 0, 0, 0, 1, 0, NULL, '{0,1}', '{1,2}')", '' ],
	[ admin  => 'SELECT relay_id, viewers FROM commentary.stat_relay', '0123456789abcdef|3' ],
	[ admin  => 'SELECT * FROM commentary.viewers ORDER BY match_id', "0|1|1\n1|2|1" ],
	[ admin  => "SELECT state FROM commentary.status()", 'idle' ],
	[ admin  => 'SELECT count(*) FROM commentary.verify()', 0 ],
	[ admin  => "SELECT commentary.post(1, 'by admin') > 0", 't' ])
{
	my ($role, $statement, $expected) = @$case;
	is(scalar run_as($role, $statement), $expected, "$role can: $statement");
}

# Who calls us may have traps of his own in his search_path, before pg_catalog: what runs with the
# rights of a table's owner must not look there.
for my $case (
	[ writer => "SELECT commentary.create_match('Home', 'Away', status => 'live', match_ref => 'm', lang => 'en')" ],
	[ writer => "SELECT commentary.create_match('Home', 'Away', lang => 'es', translation_of => 1)" ],
	[ writer => "INSERT INTO commentary.feed (match_id, message, home_score, away_score, client_ref) VALUES (1, 'a goal', 3, 1, 'goal')" ],
	[ writer => "INSERT INTO commentary.feed (match_id, message, home_score, away_score, client_ref) VALUES (1, 'a goal', 3, 2, 'goal')" ],
	[ writer => "UPDATE commentary.match SET home_score = 4" ],
	[ admin  => "SELECT commentary.flush()" ],
	[ admin  => "SELECT commentary.replay_rejected(4711)", qr/there is no rejected row 4711/ ],
	[ admin  => "SELECT commentary.purge_lobby('2000-01-01')" ],
	[ admin  => "SELECT commentary.purge_before('2000-01-01')" ],
	[ admin  => "SELECT commentary.begin_epoch()" ],
	[ admin  => "SELECT commentary.begin_epoch(afresh => true)" ])
{
	my ($role, $statement, $expected) = @$case;
	my (undef, $err) = run_as($role, "SET search_path = public, pg_catalog; $statement");
	like($err =~ s/^NOTICE:.*\n//mgr, $expected // qr/^(?!.*(?:ERROR|trapped))/s, "$role with traps: $statement");
}

# A view of somebody's own on ours, whose readers have no right on ours.
$node->safe_psql('club', 'CREATE VIEW public.board AS SELECT relay_id FROM commentary.stat_relay; GRANT SELECT ON public.board TO stranger');
is(scalar run_as('stranger', 'SELECT * FROM public.board'), '0123456789abcdef', 'a view on stat_relay shows it to whom it is granted');
for my $pass ('NULL', "''", "'guessed'")
{
	like(scalar run_as('stranger', "SELECT commentary.relay_reports($pass)"), qr/ERROR:  42501/, "a stranger does not get the reports of relays with $pass");
}

# --- and nothing more: what it may not call or touch, all of it ---
my %may_call = (
	stranger => [],
	reader => [],
	writer => [qw(amend create_match flush post retract)],
	relay  => [qw(ack_status body branches entry_body epoch flushed_after heads lines listen lobby matches read region_status report_relay state tail)]);
my $functions = <<'SQL';
SELECT p.oid::regprocedure::text, p.proname
FROM pg_proc p WHERE p.pronamespace = 'commentary'::regnamespace AND p.proname NOT IN ('newer', 'newest', 'still_cleared', 'is_own', 'own_rows', 'acks_work', 'relay_reports', 'exact')
	AND p.prokind = 'f' AND has_function_privilege('%s', p.oid, 'EXECUTE') ORDER BY 2
SQL
for my $role (sort keys %may_call)
{
	my @may = map { (split /\|/)[1] } split /\n/, $node->safe_psql('club', sprintf $functions, $role);
	is("@may", "@{ $may_call{$role} }", "$role may call what it needs, and nothing more");
}

my %may_touch = (
	stranger => '',
	reader => 'entry SELECT, feed SELECT, match SELECT',
	writer => 'feed DELETE, feed INSERT, feed SELECT, feed UPDATE, match INSERT, match SELECT, match UPDATE',
	relay  => 'entry SELECT, epoch SELECT, match SELECT');
my $relations = <<'SQL';
SELECT coalesce(string_agg(c.relname || ' ' || p, ', ' ORDER BY c.relname, p), '')
FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p
WHERE c.relnamespace = 'commentary'::regnamespace AND c.relkind IN ('r', 'v')
	AND has_table_privilege('%s', c.oid, p)
SQL
for my $role (sort keys %may_touch)
{
	is($node->safe_psql('club', sprintf $relations, $role), $may_touch{$role}, "$role may touch what it needs, and nothing more");
}
is($node->safe_psql('club', <<SQL), '', 'nobody but the owner may create in the schema, or write the log or staging');
SELECT r FROM unnest(ARRAY['stranger', 'reader', 'writer', 'relay', 'admin', 'mallory']) AS r
WHERE has_schema_privilege(r, 'commentary', 'CREATE')
	OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'commentary'::regnamespace
		AND (c.relname LIKE 'staging%' OR c.relname IN ('entry', 'epoch'))
		AND has_table_privilege(r, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER'))
SQL

# Denied also when it is tried, by SQLSTATE.
for my $case (
	[ stranger => "SELECT commentary.post(1, 'x')" ],
	[ stranger => 'SELECT * FROM commentary.feed' ],
	[ reader  => "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'x')" ],
	[ reader  => "UPDATE commentary.feed SET message = 'x' WHERE match_id = 1" ],
	[ reader  => "DELETE FROM commentary.feed WHERE match_id = 1" ],
	[ reader  => "UPDATE commentary.match SET home = 'x'" ],
	[ reader  => 'SELECT * FROM commentary.staging_0' ],
	[ writer  => 'SELECT * FROM commentary.status()' ],
	[ writer  => 'DELETE FROM commentary.match' ],
	[ writer  => 'TRUNCATE commentary.match' ],
	[ writer  => "INSERT INTO commentary.entry (match_id, seq, op, created_at, flushed_at) VALUES (1, 99, 'insert', now(), now())" ],
	[ writer  => "INSERT INTO commentary.staging_0 (match_id, stage_no, op, created_at) VALUES (1, 99, 'insert', now())" ],
	[ writer  => 'CREATE TRIGGER t BEFORE INSERT ON commentary.match FOR EACH ROW EXECUTE FUNCTION commentary.check_match()' ],
	[ writer  => 'CREATE INDEX ON commentary.entry (message)', '42501' ],
	[ writer  => "SELECT pg_catalog.setval('commentary.match_match_id_seq', 1)" ],
	[ writer  => 'BEGIN; LOCK TABLE commentary.entry' ],
	[ relay   => "SELECT commentary.post(1, 'x')" ],
	[ relay   => "UPDATE commentary.epoch SET epoch = 'x'" ],
	[ relay   => 'DELETE FROM commentary.relay' ],
	[ relay   => 'SELECT * FROM commentary.stat_relay' ],
	[ admin   => 'SELECT * FROM commentary.relay' ],
	[ admin   => 'DELETE FROM commentary.entry' ],
	[ admin   => 'DROP EXTENSION commentary' ],
	[ mallory => "SELECT commentary.post(1, 'x')" ],
	[ mallory => 'ALTER TABLE commentary.entry OWNER TO mallory' ],
	[ mallory => 'DROP SCHEMA commentary CASCADE' ])
{
	my ($role, $statement) = @$case;
	like(scalar run_as($role, $statement), qr/ERROR:  42501: /, "$role cannot: $statement");
}

# A command that is refused stops no flusher, even if the transaction goes on and commits.
my $pid = flusher_pid();
for (1 .. 3)
{
	run_as('stranger', "DO \$\$ BEGIN ALTER DATABASE club SET commentary.role = 'follower'; EXCEPTION WHEN insufficient_privilege THEN NULL; END \$\$");
	like(scalar run_as('writer', "SELECT commentary.post(1, 'after a refused ALTER DATABASE')"), qr/^\d+$/, 'a refused ALTER DATABASE: writers go on');
}
is(flusher_pid(), $pid, '... and the flusher is the same');

# Functions get what they do not expect, from who may call them: an error, never a
# crash. (Those without arguments do something, and are tried elsewhere.)
my $superuser = $node->safe_psql('club', 'SELECT current_user');
for my $role (qw(writer relay admin), $superuser)
{
	my @calls = split /\n/, $node->safe_psql('club', <<SQL);
SELECT format('SELECT commentary.%I(%s)', p.proname, (SELECT string_agg('NULL::' || format_type(t, NULL), ', ') FROM unnest(p.proargtypes) AS t))
FROM pg_proc p WHERE p.pronamespace = 'commentary'::regnamespace AND p.prokind = 'f'
	AND (p.pronargs > 0 OR p.prorettype = 'trigger'::regtype) AND p.proname NOT IN ('newer', 'still_cleared', 'is_own') AND has_function_privilege('$role', p.oid, 'EXECUTE')
SQL
	my @odd = grep { $_ !~ /^$|ERROR:  (22...|23...|0A000|42...|39P01): / && /ERROR|server closed/ } map { scalar run_as($role, $_) } @calls;
	is("@odd", '', "$role: " . @calls . ' functions called with nulls answer');
}

# The same with values of the right type that nobody expects.
my %odd_values = (
	anyelement => [ '1.5::numeric', "'x'::text" ], text => [ "''", "repeat('x', 100000)" ],
	bigint => [ '-9223372036854775808', '9223372036854775807' ], integer => [ '-2147483648', '2147483647' ],
	smallint => [ '-32768', '32767' ], 'text[]' => [ "'{}'", "'{{a},{NULL}}'" ], 'bigint[]' => [ "'{}'", "'{{1},{NULL}}'" ],
	'timestamp with time zone' => [ "'-infinity'", "'infinity'" ], jsonb => [ "'null'", "'[1e1000]'" ], boolean => [ 'true', 'false' ]);
for my $role (qw(stranger writer relay))
{
	my @odd;
	my $calls = 0;
	for (split /\n/, $node->safe_psql('club', <<SQL))
SELECT p.proname || '|' || (SELECT string_agg(format_type(t, NULL), '|' ORDER BY o) FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, o))
FROM pg_proc p WHERE p.pronamespace = 'commentary'::regnamespace AND p.prokind = 'f' AND p.pronargs > 0 AND has_function_privilege('$role', p.oid, 'EXECUTE')
SQL
	{
		my ($name, @types) = split /\|/;
		for my $i (0, 1)
		{
			my $call = "BEGIN; SELECT commentary.$name(" . join(', ', map { $odd_values{$_} ? "$odd_values{$_}[$i]\::$_" =~ s/::anyelement//r : "NULL::$_" } @types) . '); ROLLBACK';
			my $answer = run_as($role, $call);
			$calls++;
			push @odd, "$call: $answer" if $answer =~ /server closed|ERROR:  (?!22|23|0A000|42|54)/;
		}
	}
	is("@odd", '', "$role: $calls calls with odd values answer");
}

# --- traps in the search_path of a session, of the database, and of the flusher ---
$node->safe_psql('club', "SET ROLE mallory; CREATE SCHEMA evil; SET trap.schema = 'evil'; $trap; GRANT USAGE ON SCHEMA evil TO PUBLIC");
$node->safe_psql('club', 'ALTER DATABASE club SET search_path = evil, pg_catalog');
for my $case (
	[ writer   => "INSERT INTO commentary.feed (match_id, message, client_ref, tags) VALUES (1, 'x', 'ref-1', '{a}')" ],
	[ writer   => "SELECT commentary.post(1, 'x', client_ref => 'ref-2')" ],
	[ writer   => "SELECT commentary.amend(1, 2, 'y')" ],
	[ writer   => "SELECT commentary.create_match('Rovers', 'City')" ],
	[ writer   => 'UPDATE commentary.match SET home_score = coalesce(home_score, 0)' ],
	[ writer   => 'SELECT message FROM commentary.feed' ],
	[ relay    => 'SELECT commentary.epoch()' ],
	[ relay    => 'SELECT * FROM commentary.read(1, 0, 10)' ],
	[ relay    => 'SELECT * FROM commentary.tail(1, 10)' ],
	[ relay    => "SELECT * FROM commentary.heads('{0,1}')" ],
	[ relay    => 'SELECT commentary.lobby()' ],
	[ relay    => "SELECT * FROM commentary.matches(9, '{live}', 'Cup', 5)" ],
	[ admin    => 'SELECT commentary.flush()' ],
	[ admin    => 'SELECT * FROM commentary.status()' ])
{
	my ($role, $statement) = @$case;
	my (undef, $err) = run_as($role, $statement);
	is($err, '', "search_path: $role is not trapped by $statement");
}

sub flusher_pid { return $node->safe_psql('club', 'SELECT flusher_pid FROM commentary.status()') }

sub new_flusher
{
	my $old = flusher_pid();
	$node->safe_psql('postgres', "SELECT pg_terminate_backend($old)");
	wait_for('another flusher', sub { my $new = flusher_pid(); $new ne '' && $new ne $old });
	return $node->safe_psql('club', 'SELECT commentary.flush()');
}

new_flusher();
$node->safe_psql('club', 'SET search_path = pg_catalog; DELETE FROM commentary.epoch');
new_flusher();
is($node->safe_psql('club', 'SET search_path = pg_catalog; SELECT count(*) FROM commentary.epoch'), 1, 'search_path: the flusher makes an epoch');
unlike(slurp_file($node->logfile, $quiet_from), qr/trapped/, 'search_path: nobody was trapped, the flusher least of all');
$node->safe_psql('club', 'ALTER DATABASE club RESET search_path');

my (undef, $temp_err) = run_as('writer', <<SQL);
CREATE TEMP TABLE match (trapped integer); CREATE TEMP TABLE entry (trapped integer); CREATE TEMP TABLE feed (trapped integer);
SELECT commentary.post(1, 'x'); SELECT count(*) FROM commentary.feed;
SELECT commentary.create_match('Rovers', 'City');
SQL
is($temp_err, '', 'temporary tables of our names change nothing');

# --- code of the owner of a table runs with his rights, not with the flusher's ---
$node->safe_psql('club', <<'SQL');
CREATE ROLE owner;
GRANT ALL ON SCHEMA public, commentary TO owner;
SET search_path = pg_catalog;
CREATE FUNCTION public.spy() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN RAISE EXCEPTION 'trapped %', current_user; END IF;
	RETURN current_user;
END $$;
CREATE FUNCTION public.spy_index(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT public.spy()';
CREATE FUNCTION public.spy_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.spy(); RETURN NEW; END';
ALTER TABLE commentary.entry OWNER TO owner;
ALTER TABLE commentary.epoch OWNER TO owner;
SET ROLE owner;
CREATE INDEX spy ON commentary.entry (public.spy_index(message));
CREATE TRIGGER spy BEFORE INSERT ON commentary.entry FOR EACH ROW EXECUTE FUNCTION public.spy_trigger();
CREATE TRIGGER spy BEFORE INSERT ON commentary.epoch FOR EACH ROW EXECUTE FUNCTION public.spy_trigger();
RESET ROLE;
DELETE FROM commentary.epoch;
SQL
new_flusher();
is(scalar run_as('writer', "SELECT commentary.post(1, 'spied on') > 0"), 't', 'an index of the owner of the log: writing works');
is($node->safe_psql('club', 'SET search_path = pg_catalog; SELECT count(*) FROM commentary.epoch'), 1, 'a trigger of the owner of the epochs: the flusher makes one');
unlike(slurp_file($node->logfile, $quiet_from), qr/trapped/, 'and neither ran as the superuser that the flusher is');
# --- whoever may read before an update may read after it ---
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION commentary VERSION '1.1';
CREATE ROLE old_relay;
GRANT USAGE ON SCHEMA commentary TO old_relay;
GRANT SELECT ON commentary.entry TO old_relay;
GRANT EXECUTE ON FUNCTION commentary.read, commentary.tail, commentary.entry_body TO old_relay;
SELECT commentary.create_match('Rovers', 'City');
ALTER EXTENSION commentary UPDATE;
SQL
is($node->safe_psql('postgres', 'SET ROLE old_relay; SELECT (SELECT count(body) FROM commentary.read(1, 0)), (SELECT count(body) FROM commentary.tail(1))'), '1|1',
	'an update leaves read() and tail() to the roles that had them');
is($node->safe_psql('postgres', "SELECT has_function_privilege('writer', oid, 'EXECUTE') FROM pg_proc WHERE oid = 'commentary.body'::regproc"), 'f', 'and gives the new one to no other');
is_clean($node, 'to the end');
$node->stop;
done_testing();
