# kill -9 of the postmaster under load: what was acknowledged as durable is there,
# and the log has neither a gap nor a double. In staged mode only what flush()
# returned for is promised. A fast restart loses nothing at all.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene qw(crash);
use Test::More;
use Time::HiRes qw(usleep);

use constant { WRITERS => 4, ENOUGH => 200, DEADLINE_S => 300 };

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<CONF);
shared_preload_libraries = 'commentary'
fsync = on
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION commentary');
$node->safe_psql('postgres', "SELECT commentary.create_match('Home', 'Away') FROM generate_series(1, 3)");

# One psql that posts numbered rows, one transaction each, and prints a row's
# name only after its COMMIT has returned.
sub start_writer
{
	my ($writer) = @_;
	my $script = join '', map {
		my $match = $_ % 3 + 1;
		"INSERT INTO commentary.feed (match_id, message) VALUES ($match, 'w$writer-$_');\n\\echo w$writer-$_\n"
	} 1 .. 20_000;
	my %handle = (in => $script, out => '', err => '');
	$handle{run} = IPC::Run::start(
		[ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres') ],
		'<', \$handle{in}, '>', \$handle{out}, '2>', \$handle{err});
	return \%handle;
}

# The rows that the writers saw acknowledged, after they have ended.
sub acknowledged
{
	my (@writers) = @_;
	return map { eval { $_->{run}->finish }; grep { /^w\d+-\d+$/ } split /\n/, $_->{out} } @writers;
}

sub wait_until_enough
{
	my (@writers) = @_;
	my $deadline = time + DEADLINE_S;
	while (grep { ($_->{out} =~ tr/\n//) < ENOUGH } @writers)
	{
		die "the writers are too slow" if time > $deadline;
		$_->{run}->pump_nb for @writers;
		usleep(1000);
	}
}

sub is_sound
{
	my ($name) = @_;
	is($node->safe_psql('postgres', <<SQL), '', "$name: no gap and no double in any match");
SELECT match_id FROM commentary.entry GROUP BY match_id
HAVING max(seq) <> count(*) OR min(seq) <> 1 OR count(DISTINCT seq) <> count(*)
SQL
}

sub is_stored
{
	my ($name, @rows) = @_;
	my %stored = map { $_ => 1 } split /\n/, $node->safe_psql('postgres',
		"SELECT message FROM commentary.entry WHERE op = 'insert'");
	my @lost = grep { !$stored{$_} } @rows;
	cmp_ok(scalar @rows, '>=', WRITERS * ENOUGH, "$name: enough was acknowledged to tell");
	is(scalar @lost, 0, "$name: nothing that was acknowledged is lost") or diag("lost: @lost[0 .. 4]");
}

sub is_working
{
	my ($name) = @_;
	ok($node->safe_psql('postgres', "SELECT commentary.post(1, 'after $name')"), "$name: writing goes on");
	is($node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message = 'after $name'"),
		1, "$name: and the flusher is back by itself");
}

my @writers = map { start_writer($_) } 1 .. WRITERS;
wait_until_enough(@writers);
crash($node);
my @rows = acknowledged(@writers);
$node->start;
is_working('crash');
is_stored('crash', @rows);
is_sound('crash');

# Each writer's rows keep their order within a match.
is($node->safe_psql('postgres', <<SQL), 0, 'crash: the rows of a writer keep their order');
SELECT count(*) FROM (
	SELECT split_part(message, '-', 2)::int AS n,
		lag(split_part(message, '-', 2)::int) OVER (PARTITION BY match_id, split_part(message, '-', 1) ORDER BY seq) AS before
	FROM commentary.entry WHERE message ~ '^w[0-9]+-') AS rows
WHERE n <= before
SQL

$node->safe_psql('postgres', <<SQL);
SET commentary.ack = staged;
INSERT INTO commentary.feed (match_id, message) SELECT 1, 'flushed-' || n FROM generate_series(1, 500) AS n;
SELECT commentary.flush();
INSERT INTO commentary.feed (match_id, message) SELECT 1, 'staged-' || n FROM generate_series(1, 500) AS n;
SQL
crash($node);
$node->start;
is_working('crash of staged rows');
is($node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message LIKE 'flushed-%'"),
	500, 'what flush() returned for is there');
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message LIKE 'staged-%'"),
	'<=', 500, 'what was only staged is there at most once');
is_sound('crash of staged rows');

$node->safe_psql('postgres', <<SQL);
SET commentary.ack = staged;
INSERT INTO commentary.feed (match_id, message) SELECT 2, 'fast-' || n FROM generate_series(1, 20000) AS n;
SQL
$node->restart;
$node->safe_psql('postgres', 'SELECT commentary.flush()');
is($node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message LIKE 'fast-%'"),
	20000, 'a fast restart loses nothing that was staged');
is_sound('fast restart');
is($node->safe_psql('postgres', 'SELECT count(*) FROM commentary.epoch'), 1,
	'the epoch is the same through all of it');

$node->stop;
done_testing();
