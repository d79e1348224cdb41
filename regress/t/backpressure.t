# Staging is bounded: beyond commentary.max_staged an insert waits for room, or
# fails with a clear error, and neither an old snapshot nor a writer that idles in
# its transaction makes it grow.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Deadline;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<CONF);
shared_preload_libraries = 'commentary'
commentary.max_staged = 1000
commentary.segment_size = 64
fsync = off
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION commentary');
$node->safe_psql('postgres', "SELECT commentary.create_match('Home', 'Away', status => 'live')");

sub insert_rows
{
	my ($rows, $settings) = @_;
	my ($status, $out, $err) = $node->psql('postgres', <<SQL);
\\set VERBOSITY verbose
SET commentary.ack = staged;
$settings
INSERT INTO commentary.feed (match_id, message) SELECT 1, 'row ' || n FROM generate_series(1, $rows) AS n;
SQL
	return $err;
}

sub stored { $node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE op = 'insert'") }

is(insert_rows(1000, ''), '', 'as much as may wait goes in at once');
$node->safe_psql('postgres', 'SELECT commentary.flush()');
like(insert_rows(1001, ''), qr/53400: a transaction may stage at most 1000 rows.*HINT:  Commit in smaller pieces/s,
	'one transaction may not stage more');
$node->safe_psql('postgres', 'SELECT commentary.flush()');
is(stored(), 1000, '... and leaves nothing');

$node->safe_psql('postgres', 'SELECT commentary.pause()');
is(insert_rows(1000, ''), '', 'while it is paused, staging fills up');
like(insert_rows(1, 'SET commentary.staging_full = error;'),
	qr/53400: staging is full: 1\d\d\d rows wait.*HINT:  The flusher is paused: SELECT commentary.resume/s,
	'staging_full = error: an insert fails at once and says what to do');
like(insert_rows(1, 'SET commentary.staging_timeout = 50;'), qr/53400: .*has waited 50 ms for room/s,
	'staging_full = wait: it fails after staging_timeout');
like($node->safe_psql('postgres', "SELECT finding FROM commentary.check() WHERE subject = 'backlog' AND NOT is_ok"),
	qr/rows wait of at most 1000/, 'the doctor sees it');

# A psql in the background that runs these statements, one after the other.
sub in_background
{
	my @options = map { ('-c', $_) } @_;
	my $said = '';
	return IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), @options ],
		'>', \$said, '2>', \$said);
}

my $waiter = in_background('SET commentary.staging_timeout = 60000',
	"INSERT INTO commentary.feed (match_id, message) VALUES (1, 'patient')");
ok($node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%patient%' AND wait_event_type = 'Extension'"),
	'an insert waits for room');
$node->safe_psql('postgres', 'SELECT commentary.resume()');
ok($waiter->finish, '... and goes in when there is some');
is(stored(), 2001, 'nothing else went in');
cmp_ok($node->safe_psql('postgres', 'SELECT waits FROM commentary.stat_flush'), '>=', 2, 'waits are counted');

# Rows that were rolled back do not count for ever.
$node->safe_psql('postgres', <<SQL) for 1 .. 3;
SET commentary.ack = staged;
BEGIN;
INSERT INTO commentary.feed (match_id, message) SELECT 1, 'undone' FROM generate_series(1, 900);
ROLLBACK;
SQL
is(insert_rows(500, ''), '', 'rows that were rolled back make room');

# Both hold for the whole load: one old snapshot, one writer that idles.
my $snapshot = in_background('BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT 1', 'SELECT pg_sleep(600)');
my $writer = in_background('BEGIN', "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'idle')",
	'SELECT pg_sleep(600)');
ok($node->poll_query_until('postgres',
		"SELECT count(*) = 2 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"),
	'an old snapshot and an idle writer are there');
my $largest = 0;
for (1 .. 200)
{
	my $size = $node->safe_psql('postgres', <<SQL);
INSERT INTO commentary.feed (match_id, message) SELECT 1, repeat('x', 1000) FROM generate_series(1, 200);
SELECT staging_bytes FROM commentary.status();
SQL
	$largest = $size if $size > $largest;
}
# 200 * 200 kB went through; four segments of 512 kB each, and what one batch adds
cmp_ok($largest, '<', 8 * 1024 * 1024, "40 MB through staging, at most $largest bytes in it");
$_->kill_kill for $snapshot, $writer;
$node->stop;
done_testing();
