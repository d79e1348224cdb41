# kill -9 of the postmaster at each step of an entry's way: staged, before the batch
# is written, in the midst of it, at NOTIFY, and when the commit is on disk but nobody
# has been told. A transaction is in the log as a whole or not at all, and a writer
# that was not told tries again without a double.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

use constant ROWS => 3;

my $node = new_node('main', 'fsync = on', 'wal_level = replica', 'max_wal_senders = 1');
install($node, 'postgres', 1);
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION waits_at_second(message text) RETURNS boolean LANGUAGE sql AS
	$$ SELECT message NOT LIKE '%-2' OR pg_catalog.pg_advisory_xact_lock(1) IS NOT NULL $$;
SQL

sub insert_at
{
	my ($point) = @_;
	return "INSERT INTO commentary.feed (match_id, message, client_ref) SELECT 1, '$point-' || n, '$point-' || n FROM generate_series(1, @{[ROWS]}) n;\n";
}

sub rows_of
{
	my ($point) = @_;
	return $node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message LIKE '$point-%'");
}

sub flusher_waits_for
{
	my ($event) = @_;
	return $node->safe_psql('postgres',
		"SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'commentary flusher' AND wait_event = '$event'") > 0;
}

# A commit that waits for a standby keeps its locks.
sub want_no_standby { $node->append_conf('postgresql.auto.conf', "synchronous_standby_names = ''") }

# stop: what keeps the flusher at the point; is_there: it is; mend: undone before it starts again.
my @points = (
	{   name     => 'staged',
		stop     => sub { $node->safe_psql('postgres', 'SELECT commentary.pause()') },
		is_there => sub { $node->safe_psql('postgres', 'SELECT staged_rows FROM commentary.stat_flush') == ROWS },
		stored   => 0 },
	{   name     => 'before the batch',
		stop     => sub { psql_start($node, 'postgres', "BEGIN; LOCK TABLE commentary.entry IN SHARE MODE; SELECT 'locked'; SELECT pg_sleep(1000);") },
		is_held  => qr/locked/,
		is_there => sub { $node->safe_psql('postgres', 'SELECT state FROM commentary.status()') eq 'waiting' },
		stored   => 0 },
	{   name     => 'in the midst of it',
		stop     => sub {
			$node->safe_psql('postgres', 'ALTER TABLE commentary.entry ADD CONSTRAINT slow CHECK (waits_at_second(message)) NOT VALID');
			# The lock ends with the crash: a row of the logged ring, which is there again, waits for nothing.
			psql_start($node, 'postgres', "SELECT pg_advisory_lock(1); SELECT 'locked'; SELECT pg_sleep(1000);");
		},
		is_held  => qr/locked/,
		is_there => sub { flusher_waits_for('advisory') },
		undo     => sub { $node->safe_psql('postgres', 'ALTER TABLE commentary.entry DROP CONSTRAINT slow') },
		stored   => 0 },
	{   name     => 'at NOTIFY',
		stop     => sub { want_a_standby($node, 'nobody'); psql_start($node, 'postgres', "BEGIN; CREATE TABLE holds_the_queue(); NOTIFY other; SELECT 'locked'; COMMIT;") },
		is_held  => qr/locked/,
		is_there => sub { flusher_waits_for('object') },
		mend     => sub { want_no_standby() },
		stored   => 0 },
	{   name     => 'committed, and nobody told',
		stop     => sub { want_a_standby($node, 'nobody') },
		is_there => sub { flusher_waits_for('SyncRep') },
		mend     => sub { want_no_standby() },
		stored   => ROWS });

for my $point (@points)
{
	my $name = $point->{name};
	my $held = $point->{stop}->();
	wait_for("what holds the flusher: $name", sub { (psql_said($held))[0] =~ $point->{is_held} }) if $point->{is_held};
	my $writer = psql_start($node, 'postgres', insert_at($name) . "\\echo acknowledged\n", '-v', 'ON_ERROR_STOP=1');
	wait_for("the flusher to be stopped: $name", $point->{is_there});
	crash($node);
	my ($said) = psql_finish($writer);
	is($said, '', "$name: the writer was not told that it is stored");
	psql_finish($held) if $point->{is_held};

	$point->{mend}->() if $point->{mend};
	$node->start;
	# With checksums, the hint bits of a page that was read are WAL too; then the rows go into
	# the logged ring, and what need not survive does.
	my $rows = rows_of($name);
	ok($rows == $point->{stored} || $rows == ROWS, "$name: all of the transaction or nothing") or diag("$rows rows");
	$point->{undo}->() if $point->{undo};
	$node->safe_psql('postgres', insert_at($name));
	is(rows_of($name), ROWS, "$name: tried again, each row is there once");
	is_sound($node, $name);
}

is_clean($node, 'crashes');
$node->stop;
done_testing();
