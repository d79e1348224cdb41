# The library of this version with the tables of an older one, and ALTER EXTENSION UPDATE
# while rows wait in staging and while transactions have rows: none is lost, none doubled.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main', 'fsync = on');

for my $version ('1.0', '1.1')
{
	my $name = 'from_' . $version =~ s/\./_/r;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	my $sql = sub { $node->safe_psql($name, $_[0]) };
	$sql->("CREATE EXTENSION commentary VERSION '$version'; CREATE TABLE other (n integer)");
	$sql->("SELECT commentary.create_match('Home', 'Away') FROM generate_series(1, 2)");
	$sql->("BEGIN; INSERT INTO other VALUES (1); INSERT INTO commentary.feed (match_id, message) VALUES (1, 'before'); COMMIT");
	is($sql->("SELECT count(*) FROM commentary.entry WHERE message = 'before'"), 1, "$version: a transaction with another table works with the old tables");

	# Rows that wait, in a segment and in a session.
	my $holder = psql_open($node, $name);
	psql_ask($holder, 'BEGIN; LOCK TABLE commentary.entry IN SHARE MODE;');
	$sql->("SET commentary.ack = staged; INSERT INTO commentary.feed (match_id, message) SELECT 1, 'staged ' || n FROM generate_series(1, 500) n");
	$sql->("SET commentary.ack = staged; BEGIN; INSERT INTO other VALUES (2); INSERT INTO commentary.feed (match_id, message) VALUES (1, 'staged 501'); UPDATE commentary.match SET home_score = 1 WHERE match_id = 1; COMMIT");
	my $writer = psql_open($node, $name);
	psql_ask($writer, "BEGIN; SELECT commentary.post(2, 'open ' || n) FROM generate_series(1, 3) n;");
	my $update = psql_start($node, $name, "ALTER EXTENSION commentary UPDATE; SELECT commentary.post(2, 'updated') > 0;");
	psql_ask($holder, 'COMMIT;');
	my (undef, $err) = psql_finish($update);
	is($err =~ s/^WARNING.*\n//mgr, '', "$version: the update goes through");
	is((psql_ask($writer, "SELECT commentary.post(2, 'open 4'); COMMIT;"))[1], '', "$version: a transaction that was open goes on");
	$sql->('SELECT commentary.flush()');
	is($sql->("SELECT count(*), count(DISTINCT message), bool_and(substring(message FROM 8)::int = n) FROM (SELECT message, row_number() OVER (ORDER BY seq) AS n FROM commentary.entry WHERE message LIKE 'staged %') t"),
		'501|501|t', "$version: what was staged is in the log, once and in order");
	is($sql->("SELECT string_agg(message, ',' ORDER BY message) FROM commentary.entry WHERE match_id = 2 AND op = 'insert'"), 'open 1,open 2,open 3,open 4,updated', "$version: and what was open");
	is($sql->("SELECT metadata ->> 'home_score' FROM commentary.entry WHERE match_id = 1 AND op = 'match' ORDER BY seq DESC LIMIT 1"), 1, "$version: the state as well");

	# From now on such transactions are atomic.
	$sql->('SELECT commentary.pause()');
	$sql->("SET commentary.ack = staged; BEGIN; INSERT INTO other VALUES (3); SELECT commentary.post(2, 'logged'); COMMIT");
	is($sql->('SELECT ' . join(' + ', map { "(SELECT count(*) FROM $_)" } grep { /logged/ } @SEGMENTS)), 1, "$version, updated: a transaction with another table goes into the logged segments");
	crash($node);
	$node->start;
	$sql->('SELECT commentary.flush()');
	is($sql->("SELECT (SELECT count(*) FROM other WHERE n = 3) || ' ' || (SELECT count(*) FROM commentary.entry WHERE message = 'logged')"), '1 1', "$version, updated: both halves survive a crash");
	is($sql->("SELECT string_agg(finding, '; ') FROM commentary.check() WHERE subject IN ('objects', 'triggers', 'structure', 'version') AND NOT is_ok"), '', "$version, updated: the doctor finds nothing");
	is($sql->("SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'commentary'"), 'pg_catalog', "$version, updated: it goes with no schema of an application");
	psql_close($_) for $holder;
	is_sound($node, "$version, updated", $name);
}
unlike(slurp_file($node->logfile), qr/PANIC:|TRAP:|XX00[012]|commentary lost/, 'no PANIC or internal error in the log, and no staged row lost');
$node->stop;
done_testing();
