# Cancel, terminate, statement_timeout and a lost client, all in the durable wait
# and under load, more than 1,000 times: a WARNING or a disconnect, and never an
# acknowledgement of what is not on disk. Then kill -9, and a fast stop, in it.
#
# A lock on the log holds the flusher up, so that waits last as long as we want.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

use constant { WRITERS => 28, TIMED => 4, DISTURBANCES => 1_000, ROWS => 2_000 };

my $node = new_node('main', 'max_connections = 60', 'log_min_messages = error');
install($node, 'postgres', 3);

# Each holds a lock, or gives an order, in a session of its own.
my ($locker, $controller);

sub open_sessions
{
	$locker     = $node->background_psql('postgres');
	$controller = $node->background_psql('postgres');
	$controller->query_safe('SET client_min_messages = error'); # a backend may end before the signal comes
}

sub hold_flusher    { $locker->query_safe('BEGIN; LOCK TABLE commentary.entry IN SHARE MODE') }
sub release_flusher { $locker->query_safe('COMMIT') }

# A writer says on stderr, where warnings come as well, what has returned.
my $generation = 0;

sub script
{
	my ($is_timed) = @_;
	my $name = 'w' . ++$generation;
	my $script = $is_timed ? "SET statement_timeout = '10ms';\n" : '';
	for my $n (1 .. ROWS)
	{
		my $match  = $n % 3 + 1;
		my $insert = "INSERT INTO commentary.feed (match_id, message) VALUES ($match, '$name-$n');";
		$insert = "DO \$\$ BEGIN $insert COMMIT; END \$\$;" if $is_timed;
		$script .= "$insert\n\\warn returned $name-$n\n";
	}
	return $script;
}

sub start_writer
{
	my ($is_timed) = @_;
	local $ENV{PGAPPNAME} = $is_timed ? 'timed' : 'writer';
	return psql_start($node, 'postgres', script($is_timed));
}

my %said = (acknowledged => [], warned => [], failed => []);

# What a writer heard of each row: nothing but that it returned, or more.
sub harvest
{
	my ($writer) = @_;
	my ($warned, $failed) = (0, 0);
	for (split /\n/, (psql_finish($writer))[1])
	{
		if    (/^WARNING:  canceled the wait for the flush of committed commentary/)            { $warned = 1 }
		elsif (/^WARNING:  terminated while waiting for the flush of committed commentary/)     { $warned = 1 }
		elsif (/^(ERROR|FATAL|server closed)/)                                                  { $failed = 1 }
		elsif (/^returned (\S+)/)
		{
			push @{ $said{ $failed ? 'failed' : $warned ? 'warned' : 'acknowledged' } }, $1;
			($warned, $failed) = (0, 0);
		}
	}
}

sub waiting { return split /\n/, $controller->query_safe(<<SQL) }
SELECT pid FROM pg_stat_activity WHERE application_name = 'writer' AND wait_event_type = 'Extension'
SQL

sub ids { return join ',', @_ }

# Sends these backends a signal in their wait, and returns when they have left it.
sub disturb
{
	my ($function, @pids) = @_;
	return unless @pids;
	my $pids = ids(@pids);
	my $rows = $controller->query_safe("SELECT count(*) FROM (SELECT $function(pid) FROM unnest('{$pids}'::int[]) AS pid) AS sent");
	die "sent $rows signals instead of " . @pids unless $rows == @pids;
}

my @writers = map { start_writer(0) } 1 .. WRITERS;
my @timed   = map { start_writer(1) } 1 .. TIMED;
my %count   = (cancel => 0, terminate => 0, lost => 0, timeout => 0);

# Those whose connection has ended are replaced.
sub replace_writers
{
	for my $writer (@writers)
	{
		next unless psql_is_over($writer);
		harvest($writer);
		$writer = start_writer(0);
	}
}

sub disturb_once
{
	hold_flusher();
	my @pids;
	wait_for('the writers to wait', sub { replace_writers(); @pids = waiting(); @pids >= WRITERS - 2 });

	my @cancel    = splice @pids, 0, 17;
	my @terminate = splice @pids, 0, 4;
	my @lost      = @writers[ map { int rand @writers } 1 .. 3 ];
	disturb('pg_cancel_backend',    @cancel);
	disturb('pg_terminate_backend', @terminate);
	kill 'KILL', $_->{pid} for @lost;
	$count{cancel}    += @cancel;
	$count{terminate} += @terminate;
	$count{lost}      += @lost;

	# They come back while the flusher is still held up: a new wait, or their end.
	my $gone = ids(@terminate);
	wait_for('the end of the terminated', sub {
		$controller->query_safe("SELECT count(*) FROM pg_stat_activity WHERE pid IN ($gone)") == 0;
	});

	# Now, while all others wait: beside 28 writers under way each start takes long.
	replace_writers();
	release_flusher();
}

open_sessions();
while ($count{cancel} + $count{terminate} + $count{lost} < DISTURBANCES) { disturb_once() }

# Some rows are committed, canceled, and not flushed when it all ends.
hold_flusher();
wait_for('the writers to wait', sub { replace_writers(); waiting() >= WRITERS - 2 });
disturb('pg_cancel_backend', waiting());
crash($node);
for my $writer (@writers, @timed) { harvest($writer) }
eval { $_->quit } for $locker, $controller;
$count{timeout} = grep { /^WARNING:  canceled/ } map { split /\n/, (psql_said($_))[1] } @timed;
$node->start;
$node->safe_psql('postgres', 'SELECT commentary.flush()');

note(join ', ', map { "$_: $count{$_}" } sort keys %count);
cmp_ok($count{cancel} + $count{terminate} + $count{lost} + $count{timeout}, '>=', DISTURBANCES, 'enough waits were disturbed');
cmp_ok($count{timeout}, '>=', 10, 'among them by statement_timeout');
cmp_ok(scalar @{ $said{acknowledged} }, '>=', 100, 'and enough were not, and acknowledged');
cmp_ok(scalar @{ $said{warned} },       '>=', $count{cancel} / 2, 'who was canceled was warned');

my %stored;
$stored{$_}++ for split /\n/, $node->safe_psql('postgres', "SELECT message FROM commentary.entry WHERE op = 'insert'");
my @lost = grep { !$stored{$_} } @{ $said{acknowledged} };
is(scalar @lost, 0, 'what was acknowledged without a warning is there after kill -9') or diag("@lost[0 .. 4]");
is(scalar(grep { $_ > 1 } values %stored), 0, 'no row is there twice');
is_sound($node, 'kill -9 in the wait');

# A fast stop: who waits is told that it is not durable yet, and all of it is
# flushed by the flusher on its way out, or after the next start.
open_sessions();
hold_flusher();
@writers = map { start_writer(0) } 1 .. 10;
wait_for('the writers to wait', sub { waiting() == 10 });
$node->stop('fast');
my @heard    = map { (psql_finish($_))[1] } @writers;
my @warned   = grep { /WARNING:  terminated while waiting for the flush of committed commentary\nDETAIL:  The transaction has committed (?:to staging|and is on the disk of this server)/ } @heard;
my @returned = grep { /^returned/m } @heard;
cmp_ok(scalar @warned, '>=', 1, 'fast stop: who waits is warned');
is(@warned + @returned, 10, 'fast stop: unless the flusher was so quick that it could be acknowledged')
  or diag(@heard);
eval { $_->quit } for $locker, $controller;
$node->start;
$node->safe_psql('postgres', 'SELECT commentary.flush()');
my @names = map { "w$_-1" } $generation - 9 .. $generation;
my $names = join ',', map { "'$_'" } @names;
is($node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message IN ($names)"), 10,
	'fast stop: and every row is there afterwards');
is_sound($node, 'fast stop in the wait');

# flush() is a statement like any other, and can be ended like one.
open_sessions();
hold_flusher();
my ($status, undef, $err) = $node->psql('postgres', "SET statement_timeout = '100ms'; SELECT commentary.flush()");
like($err, qr/ERROR:  canceling statement due to statement timeout/, 'flush() obeys statement_timeout');
# So long that it ends the wait, and not what is before it on a busy machine.
($status, undef, $err) = $node->psql('postgres', <<SQL);
SET statement_timeout = '2s';
DO \$\$ BEGIN INSERT INTO commentary.feed (match_id, message) VALUES (1, 'timed out'); COMMIT; END \$\$;
SQL
is($status, 0, 'statement_timeout in the wait is no error');
like($err, qr/^\S*\s*WARNING:  canceled the wait for the flush of committed commentary\nDETAIL:  .*\nHINT:  Run SELECT commentary.flush\(\)/m,
	'but a warning that says what to do');
release_flusher();
is($node->safe_psql('postgres', "SELECT commentary.flush(); SELECT count(*) FROM commentary.entry WHERE message = 'timed out'"),
	"\n1", 'which then comes true');

is_clean($node, 'to the end');
$_->quit for $locker, $controller;
$node->stop;
done_testing();
