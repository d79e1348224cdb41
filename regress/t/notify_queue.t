# A session that LISTENs and stays in a transaction fills the server's notification
# queue. Commentary goes on without NOTIFY, says so, and announces again once there
# is room.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Deadline;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<CONF);
shared_preload_libraries = 'commentary'
commentary.notify_queue_limit = 0.002
fsync = off
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION commentary');
$node->safe_psql('postgres', "SELECT commentary.create_match('Home', 'Away', status => 'live')");

sub post_rows
{
	$node->safe_psql('postgres', <<SQL);
INSERT INTO commentary.feed (match_id, message) SELECT 1, repeat('x', 1000) FROM generate_series(1, 500);
SQL
}
sub unannounced { $node->safe_psql('postgres', 'SELECT unannounced FROM commentary.stat_flush') }
sub stored { $node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE op = 'insert'") }

post_rows();
is(unannounced(), 0, 'without a listener everything is announced');

my $said = '';
my $stuck = IPC::Run::start(
	[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'LISTEN commentary', '-c', 'BEGIN',
		'-c', 'SELECT pg_sleep(600)' ],
	'>', \$said, '2>', \$said);
ok($node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"),
	'a listener is stuck in a transaction');
my $rounds = 0;
while (unannounced() == 0 && $rounds++ < 100) { post_rows() }
cmp_ok(unannounced(), '>', 0, 'the flusher goes on without NOTIFY');
post_rows();
is(stored(), ($rounds + 2) * 500, '... and every row is in the log');
like(slurp_file($node->logfile),
	qr/WARNING:.*goes on without NOTIFY: the notification queue is .*HINT:.*stays in a transaction/s,
	'the log says so, and what to do');
is($node->safe_psql('postgres', "SELECT is_ok FROM commentary.check() WHERE subject = 'notifications'"),
	'f', 'the doctor sees it');

$node->safe_psql('postgres',
	"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'");
$stuck->finish;
ok($node->poll_query_until('postgres', 'SELECT pg_notification_queue_usage() * 100 < 0.002'),
	'the queue empties');
# The flusher looks at the queue once a second.
my ($before, $after, $attempts) = (0, 1, 0);
while ($after > $before && $attempts++ < 600)
{
	$before = unannounced();
	$node->safe_psql('postgres', "SELECT commentary.post(1, 'announced again')");
	$after = unannounced();
	usleep(100_000) if $after > $before;
}
is($after, $before, 'entries are announced again');
like(slurp_file($node->logfile), qr/LOG:.*announces its entries again/, '... and the log says so');
# And when the queue is full after all, however large it is: COMMIT fails on it.
SKIP:
{
	skip 'the queue has 8 GB before PostgreSQL 17', 3 if $node->pg_version < 17;
	$node->append_conf('postgresql.conf', "max_notify_queue_pages = 64\ncommentary.notify_queue_limit = 100\n");
	$node->restart;
	$stuck = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'LISTEN commentary', '-c', 'BEGIN',
			'-c', 'SELECT pg_sleep(600)' ],
		'>', \$said, '2>', \$said);
	ok($node->poll_query_until('postgres',
			"SELECT count(*) = 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"),
		'a listener is stuck again');
	my $stored = stored();
	post_rows() for 1 .. 10;
	is(stored(), $stored + 5000, 'a flush that fails on NOTIFY goes on without');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM commentary.rejected'), 0, '... and blames no row');
	$node->safe_psql('postgres',
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'");
	$stuck->finish;
}
$node->stop;
done_testing();
