# The log is the flusher's: whoever else writes to it is told what to do instead, by
# whichever command; a superuser who means it may, and the numbers follow what is there.
# Restores, subscriptions and purge() pass.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main', 'autovacuum = off', 'wal_level = logical', 'max_wal_senders = 5', 'max_replication_slots = 5');
install($node, 'postgres', 3);
$node->safe_psql('postgres', "INSERT INTO commentary.feed (match_id, message) SELECT 1, 'line ' || i FROM generate_series(1, 5) i; UPDATE commentary.match SET status = 'finished' WHERE match_id = 3");

# --- refused, whoever it is ---
$node->safe_psql('postgres', 'CREATE ROLE owner; GRANT USAGE ON SCHEMA commentary TO owner; ALTER TABLE commentary.entry OWNER TO owner');
my $row = "(1, 99, 'insert', now(), now())";
my $columns = '(match_id, seq, op, created_at, flushed_at)';
my %commands = (
	'INSERT' => "INSERT INTO commentary.entry $columns VALUES $row",
	'INSERT of nothing' => "INSERT INTO commentary.entry $columns SELECT 1, 99, 'insert', now(), now() WHERE false",
	'ON CONFLICT' => "INSERT INTO commentary.entry $columns VALUES (1, 2, 'insert', now(), now()) ON CONFLICT (match_id, seq) DO UPDATE SET message = 'changed'",
	'WITH' => "WITH w AS (INSERT INTO commentary.entry $columns VALUES $row RETURNING seq) SELECT * FROM w",
	'COPY' => "COPY commentary.entry $columns FROM stdin;\n1\t99\tinsert\t2026-01-01\t2026-01-01\n\\.\n",
	'MERGE' => "MERGE INTO commentary.entry e USING (VALUES (1, 99)) v(m, s) ON e.match_id = v.m AND e.seq = v.s WHEN NOT MATCHED THEN INSERT $columns VALUES $row",
	'MERGE that deletes' => 'MERGE INTO commentary.entry e USING (VALUES (1, 2)) v(m, s) ON e.match_id = v.m AND e.seq = v.s WHEN MATCHED THEN DELETE',
	'UPDATE' => "UPDATE commentary.entry SET message = 'changed'",
	'DELETE' => 'DELETE FROM commentary.entry WHERE seq = 2',
	'TRUNCATE' => 'TRUNCATE commentary.entry',
	'TRUNCATE CASCADE' => 'TRUNCATE commentary.entry CASCADE',
);
for my $who ('', 'SET ROLE owner;', 'SET session_replication_role = replica;')
{
	for my $command (sort keys %commands)
	{
		my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$who\n$commands{$command}", on_error_stop => 1);
		like($err, qr/ERROR:  55000: cannot (insert into|change or remove rows of) commentary.entry.*HINT: .*(feed|amend).*allow_log_changes/s, "$command is refused, with a hint: $who");
	}
}
my ($status, $out, $err) = $node->psql('postgres', 'SET ROLE owner; SET commentary.allow_log_changes = on');
like($err, qr/permission denied to set parameter/, 'nobody but a superuser can allow it');
is($node->safe_psql('postgres', 'SELECT count(*), max(seq) FROM commentary.entry WHERE match_id = 1'), '6|6', 'the log is as it was');
for my $command ('DELETE FROM commentary.match WHERE match_id = 1', 'TRUNCATE commentary.match', 'TRUNCATE commentary.match CASCADE')
{
	($status, $out, $err) = $node->psql('postgres', $command);
	like($err, qr/cannot change or remove rows of commentary.match/, "$command is refused");
}

# --- a superuser who means it; what the flusher had in mind is void ---
post('before');
$node->safe_psql('postgres', "SET commentary.allow_log_changes = on; INSERT INTO commentary.entry $columns VALUES (1, 8, 'insert', now(), now()), (1, 9, 'insert', now(), now())");
is(post('after two more'), '10', 'the number follows what was inserted');
$node->safe_psql('postgres', 'SET commentary.allow_log_changes = on; DELETE FROM commentary.entry WHERE match_id = 1 AND seq > 8');
is(post('after two less'), '9', 'and what was deleted');
$node->safe_psql('postgres', "BEGIN; SET LOCAL commentary.allow_log_changes = on; INSERT INTO commentary.entry $columns VALUES (1, 10, 'insert', now(), now()); ROLLBACK");
is(post('after a rollback'), '10', 'but not what was rolled back');

# --- past the trigger: nobody tells the flusher, and no valid row pays for it ---
for my $n (1 .. 3)
{
	my $next = $node->safe_psql('postgres', 'SELECT max(seq) + 1 FROM commentary.entry WHERE match_id = 1');
	$node->safe_psql('postgres', "ALTER TABLE commentary.entry DISABLE TRIGGER refuse_change; INSERT INTO commentary.entry $columns VALUES (1, $next, 'insert', now(), now()); ALTER TABLE commentary.entry ENABLE ALWAYS TRIGGER refuse_change");
	is(post("past the trigger $n"), $next + 1, "a number that is old is read again, and the row is stored: $n");
}
my $next = $node->safe_psql('postgres', 'SELECT max(seq) + 1 FROM commentary.entry WHERE match_id = 1');
$node->safe_psql('postgres', "ALTER TABLE commentary.entry DISABLE TRIGGER refuse_change; INSERT INTO commentary.entry $columns VALUES (1, $next, 'insert', now(), now()); ALTER TABLE commentary.entry ENABLE ALWAYS TRIGGER refuse_change");
$node->safe_psql('postgres', "INSERT INTO commentary.feed (match_id, message) SELECT 1, 'many ' || i FROM generate_series(1, 20) i");
is($node->safe_psql('postgres', "SELECT count(*), min(seq) - $next FROM commentary.entry WHERE message LIKE 'many %'"), '20|1', 'also for many at once');
is($node->safe_psql('postgres', 'SELECT count(*) FROM commentary.rejected'), 0, 'nothing was set aside');

# --- a seq that nobody can count on from: the rows after it are set aside, and come back ---
for my $seq ('9223372036854775807', '9007199254740991')
{
	$node->safe_psql('postgres', "SET commentary.allow_log_changes = on; INSERT INTO commentary.entry $columns VALUES (2, $seq, 'insert', now(), now())");
	is($node->safe_psql('postgres', "INSERT INTO commentary.feed (match_id, message) VALUES (2, 'behind $seq'), (1, 'beside $seq'); SELECT commentary.flush(); SELECT sqlstate, error FROM commentary.rejected"),
		"\n2200H|match 2 has no seq left after $seq", "a row behind $seq is set aside");
	$node->safe_psql('postgres', "SET commentary.allow_log_changes = on; DELETE FROM commentary.entry WHERE match_id = 2 AND seq = $seq");
	$node->safe_psql('postgres', 'SELECT commentary.replay_rejected(rejected_id) FROM commentary.rejected; SELECT commentary.flush()');
	is($node->safe_psql('postgres', "SELECT string_agg(match_id || ':' || (SELECT count(*) FROM commentary.entry b WHERE b.match_id = e.match_id AND b.seq > e.seq), ',' ORDER BY match_id) FROM commentary.entry e WHERE message LIKE '% $seq'"),
		'1:0,2:0', 'when it is gone, the row is the newest, as the one of another match is');
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM commentary.rejected'), 0, 'nothing is set aside any more');

# --- purge() passes ---
is($node->safe_psql('postgres', 'SELECT commentary.purge(3)'), 2, 'purge() removes entries');

# --- restores pass ---
my $before = contents($node, 'postgres');
my $dir = PostgreSQL::Test::Utils::tempdir();
my @pg_dump = ('pg_dump', '-d', $node->connstr('postgres'));
for my $way ([ 'SQL' ], [ 'SQL with INSERTs', '--inserts' ], [ 'SQL with many rows to an INSERT', '--rows-per-insert=3', '--on-conflict-do-nothing' ])
{
	my ($name, @options) = @$way;
	$node->command_ok([ @pg_dump, @options, '-f', "$dir/dump.sql" ], "pg_dump: $name");
	$node->safe_psql('postgres', 'CREATE DATABASE copy');
	$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('copy'), '-f', "$dir/dump.sql" ], "$name is restored");
	is_restored($name);
}
$node->command_ok([ @pg_dump, '-Fc', '-f', "$dir/dump" ], 'pg_dump: custom format');
for my $way ([ 'pg_restore' ], [ 'pg_restore with jobs', '-j', '3' ])
{
	my ($name, @options) = @$way;
	$node->safe_psql('postgres', 'CREATE DATABASE copy');
	local $ENV{PGAPPNAME};	# by its own name the extension knows pg_restore
	delete $ENV{PGAPPNAME};
	$node->command_ok([ 'pg_restore', @options, '-d', $node->connstr('copy'), "$dir/dump" ], $name);
	is_restored($name);
}

# --- a subscription passes: its first copy, and what comes after ---
my $follower = new_node('follower', 'autovacuum = off');
$follower->safe_psql('postgres', 'CREATE EXTENSION commentary');
my $connstr = $node->connstr . ' dbname=postgres';
$node->safe_psql('postgres', 'CREATE PUBLICATION p FOR TABLE commentary.entry, commentary.match');
$follower->safe_psql('postgres', "CREATE SUBSCRIPTION s CONNECTION '$connstr' PUBLICATION p");
my $count = 'SELECT count(*), max(seq) FROM commentary.entry WHERE match_id = 1';
wait_for('the first copy', sub { $follower->safe_psql('postgres', $count) eq $node->safe_psql('postgres', $count) });
pass('a subscription copies the log');
post('for the follower');
wait_for('what came after it', sub { $follower->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message = 'for the follower'") == 1 });
pass('and goes on with it');
($status, $out, $err) = $follower->psql('postgres', "INSERT INTO commentary.entry $columns VALUES $row");
like($err, qr/cannot insert into commentary.entry/, 'others are refused there as well');
$follower->stop;
$node->safe_psql('postgres', 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active');
is_clean($node, 'to the end');
$node->stop;
done_testing();

# The seq that a message gets.
sub post
{
	my ($message) = @_;
	$node->safe_psql('postgres', "INSERT INTO commentary.feed (match_id, message) VALUES (1, '$message')");
	return $node->safe_psql('postgres', "SELECT seq FROM commentary.entry WHERE message = '$message'");
}

sub contents
{
	my ($where, $database) = @_;
	return $where->safe_psql($database, "SELECT (SELECT md5(string_agg(e::text, E'\\n' ORDER BY match_id, seq)) FROM commentary.entry e WHERE match_id <> 0),"
		. ' (SELECT md5(string_agg(m::text, E\'\\n\' ORDER BY match_id)) FROM commentary.match m)');
}

sub is_restored
{
	my ($name) = @_;
	is(contents($node, 'copy'), $before, "$name: the log and the matches are the same");
	$node->safe_psql('copy', "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'on the copy')");
	is($node->safe_psql('copy', "SELECT seq - (SELECT count(*) FROM commentary.entry WHERE match_id = 1) FROM commentary.entry WHERE message = 'on the copy'"), 0, "$name: and it goes on at max + 1");
	$node->safe_psql('postgres', 'DROP DATABASE copy WITH (FORCE)');
}
