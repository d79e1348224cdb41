# extension/REGIONS.md: each of its commands, in its order, on two servers.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $guide = slurp_file("$FindBin::RealBin/../../extension/REGIONS.md");
my @blocks = $guide =~ /^    -- (on the primary|in the region)\n((?:    .*\n)+)/mg;
is(scalar @blocks / 2, 8, 'the guide has its commands');

my @conf = ('wal_retrieve_retry_interval = 100ms', 'fsync = off');
my $primary = new_node('primary', @conf, 'wal_level = logical', 'max_wal_senders = 5', 'max_replication_slots = 5');
install($primary, 'postgres', 2);
my $region = new_node('region', @conf, 'max_replication_slots = 5', $guide =~ /^    (wal_receiver_timeout = .*)$/m);
my %node = ('on the primary' => $primary, 'in the region' => $region);
my $connection = $primary->connstr . ' dbname=postgres';

# The next block, by which it is known, and what it answers.
sub go_on
{
	my ($begin) = @_;
	my ($where, $sql) = splice @blocks, 0, 2;
	like($sql, qr/^    \Q$begin\E/, "next: $begin");
	$sql =~ s/CONNECTION '[^']*'/CONNECTION '$connection'/;
	my $answer = '';
	$answer = $node{$where}->safe_psql('postgres', $1) while $sql =~ /\G\s*(.*?;)\n/sg;
	return $answer;
}

go_on('CREATE PUBLICATION');
go_on('ALTER DATABASE');
my $status = $blocks[1];
wait_for('the initial copy', sub { $region->safe_psql('postgres', $status) eq 't|t|f' });
is(go_on('SELECT is_running'), 't|t|f', 'the region is set up');
is(go_on('SELECT subject, finding'), '', '... and well');
$primary->safe_psql('postgres', "SELECT commentary.post(1, 'in both')");
go_on('SELECT commentary.flush()');
my $newest = $primary->safe_psql('postgres', 'SELECT max(flushed_at) FROM commentary.entry');
my $asked = $blocks[1];
wait_for('the newest entry', sub { $region->safe_psql('postgres', $asked) eq $newest });
is(go_on('SELECT max(flushed_at)'), $newest, 'the region has all of it');
my $epoch = $primary->safe_psql('postgres', 'SELECT commentary.epoch()');
$primary->stop('immediate');
go_on('ALTER SUBSCRIPTION');
wait_for('its epoch', sub { $region->safe_psql('postgres', 'SELECT commentary.epoch()') ne $epoch });
go_on('SELECT commentary.epoch()');
is($region->safe_psql('postgres', "SELECT string_agg(message, ', ' ORDER BY seq) FROM commentary.feed WHERE match_id = 1"), 'in both, written in the region now', 'promoted: it goes on');
is(scalar @blocks, 0, 'that is all');
is_sound($region, 'the region');
is_clean($region, 'the region');
$region->stop;
done_testing();
