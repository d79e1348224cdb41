# What is stored once: a client_ref, whoever sends it how often and when; and each
# state of a match, also when a crash lost the staged one.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Deadline;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { WRITERS => 8, REFS => 50 };

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'commentary'\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION commentary');
$node->safe_psql('postgres', "SELECT commentary.create_match('Home', 'Away', status => 'live') FROM generate_series(1, 2)");

# Every writer sends all of them, one transaction each.
sub send_all
{
	my ($ack) = @_;
	my @statements = ("SET commentary.ack = $ack", 'SET client_min_messages = warning');
	push @statements, map { "INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (1, 'message $_', 'ref-$_')" } 1 .. REFS;
	my @runs = map {
		my $said = '';
		IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'),
				map { ('-c', $_) } @statements ], '>', \$said, '2>', \$said)
	} 1 .. WRITERS;
	return scalar grep { $_->finish } @runs;
}

sub is_once
{
	my ($name) = @_;
	$node->safe_psql('postgres', 'SELECT commentary.flush()');
	is($node->safe_psql('postgres', "SELECT count(*), count(DISTINCT client_ref) FROM commentary.entry WHERE match_id = 1 AND op = 'insert'"),
		REFS . '|' . REFS, "$name: each client_ref is there once");
	is($node->safe_psql('postgres', 'SELECT max(seq) - count(*) FROM commentary.entry WHERE match_id = 1'),
		0, "$name: without a gap");
}

is(send_all('staged'), WRITERS, 'writers at the same time: all succeed');
is_once('at the same time');
is(send_all('durable'), WRITERS, 'after the flush: all succeed');
is_once('after the flush');
$node->restart;
is(send_all('durable'), WRITERS, 'after a restart: all succeed');
is_once('after a restart');

my ($status, $out, $err) = $node->psql('postgres',
	"INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (1, 'message 7', 'ref-7') RETURNING seq");
like($err, qr/NOTICE:  client_ref "ref-7" is stored already, as entry \d+ of match 1/, 'the second one is told so');
is($out, $node->safe_psql('postgres', "SELECT seq FROM commentary.entry WHERE match_id = 1 AND client_ref = 'ref-7' AND op = 'insert'"),
	'... and RETURNING gives the seq of the first');
is($node->safe_psql('postgres', "SELECT commentary.post(1, 'message 7', client_ref => 'ref-7')"), 0, 'post() returns 0');
$node->safe_psql('postgres', "INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (2, 'another match', 'ref-7')");
is($node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE client_ref = 'ref-7'"),
	2, 'another match may have the same');

# The row of a match is logged, its state entry is staged: a crash in between.
$node->safe_psql('postgres', <<SQL);
SELECT commentary.pause();
SET commentary.ack = staged;
UPDATE commentary.match SET home_score = 1, away_score = 0 WHERE match_id = 2;
SQL
$node->stop('immediate');
$node->start;
my $states = "SELECT count(*) FROM commentary.entry WHERE match_id %s AND op = 'match' AND metadata ->> 'match' = '2' AND metadata ->> 'home_score' = '1'";
ok($node->poll_query_until('postgres', sprintf("SELECT (%s) = 1", sprintf($states, '= 2'))),
	'a state that a crash lost is added to the log of the match');
is($node->safe_psql('postgres', sprintf($states, '= 0')), 1, '... and of the lobby');
$node->restart;
$node->safe_psql('postgres', 'SELECT commentary.flush()');
is($node->safe_psql('postgres', sprintf($states, '= 2')), 1, '... once');
$node->stop;
done_testing();
