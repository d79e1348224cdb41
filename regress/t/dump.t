# pg_dump and restore, in every way in which it is done: the contents are identical,
# nothing is added by the triggers, numbering goes on where it was, and the epoch is
# another, since the two databases go on apart.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main', 'fsync = off', 'commentary.max_databases = 12', 'max_worker_processes = 20');
my $dir  = PostgreSQL::Test::Utils::tempdir();

$node->safe_psql('postgres', 'CREATE DATABASE source');
install($node, 'source', 4);
write_matches('source');

sub write_matches
{
	my ($database) = @_;
	$node->safe_psql($database, <<'SQL');
UPDATE commentary.match SET status = 'live', home_score = 0, away_score = 0, metadata = '{"venue": "A \"quoted\" place"}' WHERE match_id < 4;
INSERT INTO commentary.feed (match_id, minute, kind, actor, message, tags, metadata, client_ref)
SELECT n % 3 + 1, n % 90, 'shot', E'Åsa \\N', E'Two\nlines\tand a tab ⚽ ' || n, '{left,"a b"}', '{"x": 1.50}', 'ref-' || n
FROM generate_series(1, 300) n;
UPDATE commentary.match SET home_score = 1 WHERE match_id = 1;
SELECT commentary.amend(1, 4, actor => 'Somebody else'), commentary.retract(1, 5, 'offside');
UPDATE commentary.match SET status = 'finished' WHERE match_id = 3;
SELECT commentary.create_match('Short', 'Lived', status => 'abandoned');
SQL
	# A row that the log refuses is set aside, and one match is gone.
	$node->safe_psql($database, <<'SQL');
ALTER TABLE commentary.entry ADD CONSTRAINT no_bad_words CHECK (message <> 'bad') NOT VALID;
SELECT commentary.post(2, 'bad');
SQL
	$node->safe_psql($database, 'ALTER TABLE commentary.entry DROP CONSTRAINT no_bad_words');
	$node->safe_psql($database, 'SELECT commentary.purge(5)');
	# What a relay reports is of this moment and this database.
	$node->safe_psql($database, "SELECT commentary.report_relay('0123456789abcdef', 10000, 'h', 1, 'v', now(), 'live', 3, 2, 0, 0, 0, 1, 0, NULL, '{1}', '{3}')");
}

# All that is dumped: how many rows there are, and a digest of them; the sequences.
sub contents
{
	my ($database) = @_;
	my $digest = sub { my ($table, $key) = @_; "SELECT '$table', count(*), md5(string_agg(t::text, E'\\n' ORDER BY $key)) FROM commentary.$table t" };
	return $node->safe_psql($database, join ";\n",
		'DO $$ BEGIN PERFORM commentary.flush(); END $$',
		$digest->('match', 'match_id'), $digest->('entry', 'match_id, seq'), $digest->('rejected', 'rejected_id'),
		map { "SELECT '$_', last_value, is_called FROM commentary.$_" } qw(match_match_id_seq rejected_rejected_id_seq));
}

my $contents = contents('source');
my $epoch = $node->safe_psql('source', 'SELECT commentary.epoch()');
like($contents, qr/^match\|4\|.*^entry\|3\d\d\|.*^rejected\|1\|/ms, 'the source has some of everything');

sub file { return "$dir/$_[0]" }

sub dump_to { my ($file, @options) = @_; $node->command_ok([ 'pg_dump', '-f', file($file), @options, 'source' ], "pg_dump @options") }

sub load
{
	my ($database, $file) = @_;
	$node->command_ok([ 'psql', '-Xqd', $database, '-v', 'ON_ERROR_STOP=1', '-f', file($file) ], "psql -f $file");
}

sub restore
{
	my ($database, $file, @options) = @_;
	# Its own name, by which the extension knows it, and not the test's.
	local $ENV{PGAPPNAME};
	delete $ENV{PGAPPNAME};
	command_ok([ 'pg_restore', '-d', $node->connstr($database), '--exit-on-error', @options, file($file) ], "pg_restore @options");
}

sub create { my ($database) = @_; $node->safe_psql('postgres', "CREATE DATABASE $database"); return $database }

# What must hold of a restored database; the next seq and the next match in it.
sub is_restored
{
	my ($database) = @_;
	wait_for("a flusher in $database", sub { $node->safe_psql($database, 'SELECT commentary.epoch()') ne '' });
	is(contents($database), $contents, "$database: the contents are identical");
	$node->safe_psql($database, 'SELECT commentary.worker_restart()');
	is(contents($database), $contents, "$database: and a new flusher finds nothing to add");
	isnt($node->safe_psql($database, 'SELECT commentary.epoch()'), $epoch, "$database: the epoch is another");

	is($node->safe_psql($database, 'SELECT count(*) FROM commentary.relay'), 0, "$database: no relay is known yet");
	my $head = $node->safe_psql($database, 'SELECT max(seq) FROM commentary.entry WHERE match_id = 1');
	$node->safe_psql($database, <<'SQL');
INSERT INTO commentary.feed (match_id, period, minute, stoppage, kind, actor, team, message, tags, metadata, home_score, away_score, client_ref)
SELECT match_id, period, minute, stoppage, kind, actor, team, message, tags, metadata, home_score, away_score, client_ref
FROM commentary.entry WHERE match_id = 1 AND client_ref = 'ref-3';
INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (1, 'next', 'ref-next');
SQL
	is($node->safe_psql($database, "SELECT seq, message FROM commentary.entry WHERE match_id = 1 AND seq > $head"),
		$head + 1 . '|next', "$database: seq goes on at max + 1, and a client_ref is known");
	is($node->safe_psql($database, "SELECT commentary.create_match('New', 'Match')"), 6, "$database: so do the matches");
	is($node->safe_psql($database, 'SELECT seq, op, kind FROM commentary.entry WHERE match_id = 6'), '1|match|created',
		"$database: whose state is staged as ever");
	is_sound($node, $database, $database);
}

dump_to('plain');
load(create('plain'), 'plain');
is_restored('plain');

dump_to('inserts', '--inserts');
load(create('inserts'), 'inserts');
is_restored('inserts');

# Over a database that was in use: what it had is gone, its epoch too.
my $before = $node->safe_psql('plain', 'SELECT commentary.epoch()');
dump_to('clean', '--clean', '--if-exists');
load('plain', 'clean');
is_restored('plain');
isnt($node->safe_psql('plain', 'SELECT commentary.epoch()'), $before, '--clean: the epoch is another than before');

dump_to('data', '--data-only');
$node->safe_psql(create('data'), 'CREATE EXTENSION commentary');
load('data', 'data');
is_restored('data');

dump_to('custom', '-Fc');
restore(create('one_by_one'), 'custom');
is_restored('one_by_one');
restore(create('atomic'), 'custom', '--single-transaction');
is_restored('atomic');

dump_to('folder', '-Fd');
restore(create('parallel'), 'folder', '--jobs=3');
is_restored('parallel');

# The worst that --jobs can do: the matches first, and the flusher at work before
# the log comes.
create('matches_first');
restore('matches_first', 'custom', '--section=pre-data');
restore('matches_first', 'custom', '--data-only', '--table=match');
is($node->safe_psql('matches_first', 'SELECT commentary.flush(); SELECT (SELECT count(*) FROM commentary.match), (SELECT count(*) FROM commentary.entry)'),
	"\n4|0", 'the matches first: no entry takes a seq of the log');
restore('matches_first', 'custom', '--data-only', "--table=$_") for qw(entry rejected match_match_id_seq rejected_rejected_id_seq);
is_restored('matches_first');

# Triggers switched off for it, which leaves them ordinary ones: told, with the cure.
create('disabled');
restore('disabled', 'custom', '--section=pre-data');
restore('disabled', 'custom', '--data-only', '--disable-triggers');
my $faults = 'SELECT finding FROM commentary.trigger_faults()';
like($node->safe_psql('disabled', $faults), qr/^trigger check_match of commentary.match is not ENABLE ALWAYS$/m, '--disable-triggers: what it leaves is told');
$node->safe_psql('disabled', $_) for split /\n/, $node->safe_psql('disabled', 'SELECT to_do FROM commentary.trigger_faults()');
is($node->safe_psql('disabled', $faults), '', '... and mended by what it says');
is_restored('disabled');

# What an update grants to those who had the like before is theirs, and dumped.
create('older');
$node->safe_psql('older', <<'SQL');
CREATE EXTENSION commentary VERSION '1.1';
CREATE ROLE reader;
GRANT USAGE ON SCHEMA commentary TO reader;
GRANT EXECUTE ON FUNCTION commentary.entry_body, commentary.read, commentary.status TO reader;
ALTER EXTENSION commentary UPDATE;
SQL
$node->command_ok([ 'pg_dump', '-f', file('older'), 'older' ], 'pg_dump after an update');
my $granted = "SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc WHERE pronamespace = 'commentary'::regnamespace"
  . " AND proname IN ('body', 'entry_body', 'read', 'status') AND has_function_privilege('reader', oid, 'EXECUTE')";
is($node->safe_psql('older', $granted), 'body entry_body read status', 'an update gives what is new to those who need it');
load(create('again'), 'older');
is($node->safe_psql('again', $granted), 'body entry_body read status', '... and a restore as well');

is(contents('source'), $contents, 'the source is as it was');
is_clean($node, 'dump and restore');
$node->stop;
done_testing();
