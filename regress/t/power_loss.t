# Power is lost: of the WAL there is what was fsynced, and nothing after it. (kill -9
# cannot show this, because the system keeps what was written.) What was acknowledged
# as durable is there; what a session with synchronous_commit = off was told before it
# was fsynced is not, which shows that the test can fail.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

use constant { WRITERS => 3, ENOUGH => 100, ROWS => 20_000 };

# Nothing but a commit makes the server write: no page of a table is newer than the WAL.
my $node = new_node('main', 'fsync = on', 'shared_buffers = 64MB', 'checkpoint_timeout = 1h', 'max_wal_size = 4GB',
	'bgwriter_lru_maxpages = 0', 'wal_writer_delay = 10s', 'wal_writer_flush_after = 0', 'autovacuum = off');
install($node, 'postgres', WRITERS);
$node->safe_psql('postgres', 'CREATE TABLE careless (message text); CHECKPOINT');

# A writer says the name of a row once its COMMIT has returned.
sub start_writer
{
	my ($round, $writer) = @_;
	my $name   = "round$round-w$writer";
	my $script = join '', map {
		"INSERT INTO commentary.feed (match_id, message) VALUES ($writer, '$name-$_');\n\\warn $name-$_\n"
	} 1 .. ROWS;
	return psql_start($node, 'postgres', $script, '-v', 'ON_ERROR_STOP=1');
}

# The names that it has said, on stderr, which is not buffered.
sub acknowledged { return map { grep { /^[\w-]+$/ } split /\n/, (psql_said($_))[1] =~ s/[^\n]+\z//r } @_ }

# The place up to which the WAL is fsynced.
my $fsynced = 'SELECT file_name, file_offset FROM pg_current_wal_flush_lsn() AS fsynced, pg_walfile_name_offset(fsynced)';

# It must not hold the lock under which WAL is written, or nobody could commit.
sub freeze_walwriter
{
	my $asleep = "FROM pg_stat_activity WHERE backend_type = 'walwriter' AND wait_event = 'WalWriterMain'";
	wait_for('the walwriter to be frozen in its sleep', sub {
		my $pid = $node->safe_psql('postgres', "SELECT pid $asleep") or return 0;
		kill 'STOP', $pid;
		wait_for('the walwriter to stop', sub { slurp_file("/proc/$pid/stat") =~ /\) T / });
		return 1 if $node->safe_psql('postgres', "SELECT count(*) $asleep");
		kill 'CONT', $pid;
		return 0;
	});
}

# The name of a row that a session with synchronous_commit = off was told is stored,
# and the place up to which the WAL is fsynced, which is before all that it wrote. A
# commit of somebody else may have had it fsynced: then one more row is written. The
# session itself looks, since others commit while a psql starts on a busy machine.
sub careless_row
{
	my ($tries, @place) = (0);
	wait_for('a row that is not fsynced', sub {
		my $name    = 'careless-' . ++$tries;
		my $session = psql_start($node, 'postgres', <<SQL);
SET synchronous_commit = off;
SELECT pg_current_wal_insert_lsn() AS begin \\gset
INSERT INTO careless VALUES ('$name');
\\warn $name
$fsynced WHERE fsynced <= :'begin' AND file_offset > 0;
SQL
		my ($said) = psql_finish($session);
		die "$name was not acknowledged" unless acknowledged($session) == 1;
		@place = split /\|/, $said =~ s/\n//r;
		return @place == 2;
	});
	return ("careless-$tries", @place);
}

for my $round (1 .. 3)
{
	my @writers = map { start_writer($round, $_) } 1 .. WRITERS;
	wait_for('the writers to have written enough', sub { !grep { acknowledged($_) < ENOUGH } @writers });
	my @rows = acknowledged(@writers); # first: what is fsynced later covers them
	my @place = split /\|/, $node->safe_psql('postgres', $fsynced);
	lose_power($node, @place);
	psql_finish($_) for @writers;

	my %stored = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', 'SELECT message FROM commentary.entry');
	is(join(' ', grep { !$stored{$_} } @rows), '', "round $round: all of " . @rows . ' acknowledged rows are there');
	is_sound($node, "round $round");
}

# Without its walwriter, which would fsync also what no COMMIT has waited for, the
# server leaves the rows of a careless session where a loss of power takes them.
freeze_walwriter();
my ($row, @place) = careless_row();
lose_power($node, @place);
is($node->safe_psql('postgres', "SELECT count(*) FROM careless WHERE message = '$row'"), 0,
	'a row that was acknowledged before it was fsynced is lost: so was the power');

is_clean($node, 'power loss');
$node->stop;
done_testing();
