# The disk of the database is full: inserts fail with 53100 and stage nothing, durable
# commits wait, no row is set aside for it. Once there is room it goes on by itself.
use strict;
use warnings;
use constant { DISK => '/mnt', DISK_MB => 64, LEFT_KB => 8192, ROWS => 10_000 };

# The disk is one of memory, in a mount namespace of this test's own: nobody else sees
# it. Before the test library's own INIT, which takes hold of our output.
INIT
{
	if (!$ENV{COMMENTARY_HAS_SMALL_DISK})
	{
		my @own_mounts = qw(unshare --map-current-user --mount --keep-caps);
		if (system("@own_mounts true 2>/dev/null") != 0)
		{
			print "1..0 # SKIP this system lets nobody mount in a namespace of his own\n";
			exit 0;
		}
		$ENV{COMMENTARY_HAS_SMALL_DISK} = 1;
		exec @own_mounts, 'sh', '-c', 'mount -t tmpfs -o size=' . DISK_MB . 'm none ' . DISK . ' && exec "$0" "$@"', $^X, $0;
	}
}

use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main');
mkdir DISK . '/database' or die "cannot make a folder on the small disk: $!";
$node->safe_psql('postgres', "CREATE TABLESPACE small LOCATION '@{[DISK]}/database'");
$node->safe_psql('postgres', 'CREATE DATABASE small TABLESPACE small');
install($node, 'small', 3);

sub room_kb { return (split ' ', (split /\n/, `df -kP @{[DISK]}`)[1])[3] }

sub fill_disk
{
	my $kb = room_kb() - LEFT_KB;
	system('dd', 'if=/dev/zero', 'of=' . DISK . '/filler', 'bs=1k', "count=$kb", 'status=none') == 0 or die 'cannot fill the disk';
}

# A psql that says on stderr, which is not buffered, the number of each row that it has
# stored, and ends with the first error; the rows are wide, so that the disk fills soon.
sub start_writer
{
	my ($match, $ack) = @_;
	my $script = "\\set VERBOSITY verbose\nSET commentary.ack = $ack;\n" . join '', map {
		"INSERT INTO commentary.feed (match_id, message) SELECT $match, '$_ ' || string_agg(md5(random()::text), '') FROM generate_series(1, 50);\n\\warn $_\n"
	} 1 .. ROWS;
	return psql_start($node, 'small', $script, '-v', 'ON_ERROR_STOP=1');
}

sub said
{
	my @rows = (psql_said($_[0]))[1] =~ /^(\d+)$/mg;
	return @rows;
}

sub has_failed { return (psql_said($_[0]))[1] =~ /^ERROR:  53100/m }

fill_disk();
my $careful  = start_writer(1, 'durable');
my $careless = start_writer(2, 'staged');
wait_for('an insert to fail for want of room', sub { has_failed($careless) });
is($node->safe_psql('postgres', 'SELECT 1'), 1, 'the server is there');

unlink DISK . '/filler' or die "cannot remove the filler: $!";
my $later = start_writer(3, 'durable');
wait_for('a writer to be served again', sub { said($later) });
my $pids = "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity WHERE datname = 'small' AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
$node->safe_psql('postgres', $pids);
psql_finish($_) for $careful, $careless, $later;
$node->safe_psql('small', 'SELECT commentary.flush()');

for ([ 1, 'durable', $careful ], [ 2, 'staged', $careless ], [ 3, 'durable, later', $later ])
{
	my ($match, $ack, $writer) = @$_;
	my %stored = map { $_ => 1 } split /\n/, $node->safe_psql('small', "SELECT split_part(message, ' ', 1) FROM commentary.entry WHERE match_id = $match AND op = 'insert'");
	my @missing = grep { !$stored{$_} } said($writer);
	is("@missing", '', "$ack: all that was acknowledged is there");
	my @errors = (psql_said($writer))[1] =~ /^(?:ERROR|FATAL):  (\w+)/mg;
	is(join(' ', grep { !/^(53100|57P01)$/ } @errors), '', "$ack: there was no other error");
}
is($node->safe_psql('small', 'SELECT count(*) FROM commentary.rejected'), 0, 'no row was set aside for it');
is_sound($node, 'disk full', 'small');
is_clean($node, 'disk full');
$node->stop;
done_testing();
