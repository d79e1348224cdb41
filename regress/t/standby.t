# Standbys: nothing is written there, reading works. After the promotion of a
# synchronous one everything acknowledged is there; after any promotion the epoch
# is another, so that no seq means two entries within one.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;
use Time::HiRes qw(time);

use constant { WRITERS => 4, ROWS => 5_000, ENOUGH => 50 };

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "shared_preload_libraries = 'commentary'\nlog_statement = none\n");
$primary->start;
install($primary, 'postgres', 3);
$primary->safe_psql('postgres', "SELECT commentary.post(1, 'before the backup')");
$primary->backup('backup');

sub start_standby
{
	my ($name) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);
	$standby->init_from_backup($primary, 'backup', has_streaming => 1);
	$standby->start;
	$primary->wait_for_catchup($standby);
	return $standby;
}

my $sync  = start_standby('sync');
my $async = start_standby('async');
$primary->safe_psql('postgres', "ALTER SYSTEM SET synchronous_standby_names = 'sync'");
$primary->reload;
$primary->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'") or die;

# --- while it is a standby ---
sub workers { return $_[0]->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'commentary%'") }

is(workers($sync), 0, 'standby: neither launcher nor flusher');
my $log = 'SELECT match_id, seq, message FROM commentary.entry ORDER BY 1, 2';
is($sync->safe_psql('postgres', $log), $primary->safe_psql('postgres', $log), 'standby: the log can be read');
is($sync->safe_psql('postgres', 'SELECT commentary.epoch()'), $primary->safe_psql('postgres', 'SELECT commentary.epoch()'),
	'standby: it speaks of the epoch of its primary');
like($sync->safe_psql('postgres', 'SELECT body FROM commentary.tail(1, 1)'), qr/before the backup/, 'standby: tail() works');
like($sync->safe_psql('postgres', 'SELECT commentary.lobby()'), qr/"match": 3/, 'standby: lobby() works');
is($sync->safe_psql('postgres', 'SELECT message FROM commentary.feed'), 'before the backup', 'standby: the feed can be read');
is($sync->safe_psql('postgres', 'SELECT state, commits_pending FROM commentary.status()'), 'stopped|0', 'standby: status() says that nothing runs');
is($sync->safe_psql('postgres', 'SELECT count(*) FROM commentary.stat_relay'), 0, 'standby: stat_relay has no row');
is($sync->safe_psql('postgres', 'SELECT count(*) FROM commentary.viewers'), 0, 'standby: nor has viewers');

for my $case (
	[ "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'x')", 'cannot execute INSERT in a read-only transaction' ],
	[ "SELECT commentary.post(1, 'x')",       'cannot execute INSERT INTO commentary.feed in a read-only transaction' ],
	[ 'SELECT commentary.retract(1, 2)',      'cannot execute INSERT INTO commentary.feed in a read-only transaction' ],
	[ "COPY commentary.feed FROM stdin;\n\\.", 'cannot execute COPY during recovery' ],
	[ "SELECT commentary.create_match('a', 'b')", 'cannot execute INSERT in a read-only transaction' ],
	[ 'SELECT commentary.flush()',            'cannot execute commentary.flush() during recovery' ])
{
	my ($status, undef, $err) = $sync->psql('postgres', $case->[0], extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	like($err, qr/ERROR:  25006: \Q$case->[1]\E/, "standby: $case->[0]");
}

sub wait_for_standby
{
	wait_for('the flusher to wait for the standby', sub { $primary->safe_psql('postgres', <<SQL) == 1 });
SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'commentary flusher' AND wait_event = 'SyncRep'
SQL
}

# --- the synchronous one away: nothing is acknowledged, and the server can stop ---
# The flusher waits for the standby, whatever the writer's own synchronous_commit
# is. (With wal_log_hints a writer may have WAL of its own to wait for, before.)
$sync->stop;
my $waiter = psql_start($primary, 'postgres', "SET synchronous_commit = off; INSERT INTO commentary.feed (match_id, message) VALUES (2, 'not confirmed');\n\\echo returned\n");
wait_for_standby();
is((psql_said($waiter))[0], '', 'standby away: what it does not have is not acknowledged');
wait_for('its writer to wait', sub { $primary->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Extension' AND query LIKE '%INSERT%' AND backend_type = 'client backend'") == 1 });
pass('standby away: its writer waits');
my $began = time;
$primary->stop('fast');
cmp_ok(time - $began, '<', 60, 'standby away: the primary can be stopped');
my ($out, $err) = psql_finish($waiter);
unlike($out, qr/returned/, 'standby away: nor then');
like($err, qr/terminated while waiting for the flush/, 'standby away: but warned');

# Started again it neither acknowledges what the standby still lacks ...
$primary->start;
$waiter = psql_start($primary, 'postgres', "SET synchronous_commit = off; INSERT INTO commentary.feed (match_id, message) VALUES (2, 'after the start');\n\\echo returned\n");
wait_for_standby();
is((psql_said($waiter))[0], '', 'standby away: a new flusher waits for it as well');
$primary->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'commentary flusher'");
# ... also when a new flusher takes over ...
$primary->safe_psql('postgres', "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE backend_type = 'commentary flusher'");
wait_for_standby();
is((psql_said($waiter))[0], '', 'standby away: and one more, that found nothing to flush');
# ... nor forgets it when it is back.
$sync->start;
is((psql_finish($waiter))[0], "returned\n", 'standby back: acknowledged');
is($primary->safe_psql('postgres', "SELECT string_agg(message, ', ' ORDER BY seq) FROM commentary.feed WHERE match_id = 2"),
	'not confirmed, after the start', 'standby back: each once');

# --- load, kill -9 of the primary, promotion ---
sub start_writer
{
	my ($writer) = @_;
	return psql_start($primary, 'postgres', join '', map {
		my $match = $_ % 3 + 1;
		"INSERT INTO commentary.feed (match_id, message) VALUES ($match, 'w$writer-$_');\n\\echo w$writer-$_\n"
	} 1 .. ROWS);
}

$primary->poll_query_until('postgres', "SELECT count(*) = 2 FROM pg_stat_replication WHERE state = 'streaming'") or die;
my @writers = map { start_writer($_) } 1 .. WRITERS;
my $returned = sub { scalar map { split /\n/, (psql_said($_))[0] } @writers };
wait_for('the writers', sub { $returned->() > WRITERS * ENOUGH });
$async->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
my $so_far = $returned->();
wait_for('more of them', sub { $returned->() > $so_far + WRITERS * ENOUGH });
my $old_epoch = $primary->safe_psql('postgres', 'SELECT commentary.epoch()');
crash($primary);
my @rows = map { split /\n/, (psql_finish($_))[0] } @writers;

my $insert_log = "SELECT match_id, seq, message FROM commentary.entry WHERE op = 'insert' ORDER BY 1, 2";

sub promoted
{
	my ($node, $name) = @_;
	$node->safe_psql('postgres', 'SELECT pg_wal_replay_resume() WHERE pg_is_wal_replay_paused()');
	my $before = $node->safe_psql('postgres', 'SELECT max(seq) FROM commentary.entry WHERE match_id = 1');
	$node->promote;
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'commentary flusher'")
	  or die;
	pass("$name: the flusher starts by itself");
	my @log = split /\n/, $node->safe_psql('postgres', $insert_log);
	$node->poll_query_until('postgres', "SELECT commentary.epoch() <> '$old_epoch'") or die;
	my $epoch = $node->safe_psql('postgres', 'SELECT commentary.epoch()');
	isnt($epoch, $old_epoch, "$name: the epoch is another");
	$node->safe_psql('postgres', 'SELECT commentary.flush()');	# what was staged there comes first
	my $head = $node->safe_psql('postgres', 'SELECT max(seq) FROM commentary.entry WHERE match_id = 1');
	ok($node->safe_psql('postgres', "SELECT commentary.post(1, 'after $name')"), "$name: it can be written to");
	is($node->safe_psql('postgres', "SELECT seq FROM commentary.entry WHERE message = 'after $name'"), $head + 1,
		"$name: seq goes on where the log ends");
	is_sound($node, $name);
	is_clean($node, $name);
	return ($epoch, @log);
}

my ($sync_epoch, @sync_log) = promoted($sync, 'synchronous');
my %stored = map { (split /\|/)[2] => 1 } @sync_log;
my @lost = grep { !$stored{$_} } @rows;
cmp_ok(scalar @rows, '>', 2 * WRITERS * ENOUGH, 'synchronous: enough was acknowledged to tell');
is(scalar @lost, 0, 'synchronous: all of it is there') or diag("lost: @lost[0 .. 4]");

my ($async_epoch, @async_log) = promoted($async, 'asynchronous');
isnt($async_epoch, $sync_epoch, 'two that were promoted have different epochs');
# It may have received what the primary had not yet sent to the other.
my %in_sync = map { /^(\d+\|\d+)\|(.*)/ ? ($1 => $2) : () } @sync_log;
my @alike = grep { defined } map { /^(\d+\|\d+)\|(.*)/ && exists $in_sync{$1} ? $in_sync{$1} eq $2 : undef } @async_log;
cmp_ok(scalar @alike, '>', ENOUGH, 'asynchronous: enough is in both logs to tell');
is(scalar(grep { !$_ } @alike), 0, 'asynchronous: what both have of the old epoch is alike');

# The old primary comes back alone: it is still the old history.
$primary->append_conf('postgresql.auto.conf', "synchronous_standby_names = ''");
$primary->start;
is($primary->safe_psql('postgres', 'SELECT commentary.epoch()'), $old_epoch, 'the old primary keeps its epoch');

$_->stop for $primary, $sync, $async;
done_testing();
