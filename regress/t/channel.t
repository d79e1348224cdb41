# The channel on which entries are announced has a secret name. Who may not call
# commentary.listen() neither hears an entry nor learns the name, and so cannot forge
# one. A relay of before 1.2, which listens to the public channel, gets hints only.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

use constant NAME => qr/commentary_[0-9a-f]{32}/;

# Whatever may be logged is logged.
my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', <<CONF);
shared_preload_libraries = 'commentary,auto_explain'
commentary.max_databases = 2
fsync = off
log_statement = all
log_min_messages = debug5
log_min_error_statement = debug5
trace_notify = on
auto_explain.log_min_duration = 0
auto_explain.log_verbose = on
auto_explain.log_analyze = on
CONF
$node->start;
install($node, 'postgres', 2);
$node->safe_psql('postgres', 'SELECT commentary.flush(); CREATE ROLE stranger LOGIN; CREATE ROLE relay LOGIN;'
	. ' GRANT USAGE ON SCHEMA commentary TO relay, stranger; GRANT EXECUTE ON FUNCTION commentary.listen TO relay');

# Asks until it comes: a notification comes soon, but not at a given moment.
sub hear
{
	my ($psql, $pattern) = @_;
	my $heard = '';
	wait_for("a notification like $pattern", sub { $heard .= (psql_ask($psql, 'SELECT 1;'))[0]; $heard =~ $pattern });
	return $heard;
}

sub notified { $node->safe_psql('postgres', 'SELECT notifications FROM commentary.stat_flush') }

my $names = 'SELECT pg_listening_channels();';
my $relay = psql_open($node, 'postgres', '-U', 'relay');
my $stranger = psql_open($node, 'postgres', '-U', 'stranger');

# Who hears.
is((psql_ask($relay, 'SELECT commentary.listen();'))[1], '', 'a relay may listen');
my ($name) = (psql_ask($relay, $names))[0] =~ /^(${\NAME})$/m;
ok(defined $name, 'the name holds 128 random bits');
my (undef, $refused) = psql_ask($stranger, "\\set VERBOSITY verbose\nSELECT commentary.listen();");
like($refused, qr/ERROR:  42501: permission denied for function listen/, 'a stranger may not');

my $before = notified();
$node->safe_psql('postgres', "SELECT commentary.post(1, 'told to relays')");
like(hear($relay, qr/told to relays/),
	qr/notification "$name" with payload "1 [0-9a-f]{16} 1 2 1 \d+\n\{"type":"commentary","match":1,"seq":2,.*"told to relays".*\}"/,
	'the relay hears the entry');
is(notified(), $before + 1, 'while nobody listens to the public channel, nothing is sent there');

# What a stranger hears on the channel that everybody knows: what a relay of before needs.
psql_ask($stranger, 'LISTEN commentary;');
$node->safe_psql('postgres', <<SQL);
BEGIN;
SELECT commentary.post(1, 'not for strangers');
SELECT commentary.post(1, 'nor this: ' || repeat('x', 9000));
SELECT commentary.post(1, 'nor that');
COMMIT;
SQL
my $heard = hear($stranger, qr/"commentary"/);
like($heard, qr/^1\nAsynchronous notification "commentary" with payload "1 [0-9a-f]{16} 1 5 1" received[^\n]*\n$/m,
	'the public channel tells where to look');
unlike($heard, qr/stranger|nor th/, '... and no more');
like(hear($relay, qr/nor that/), qr/not for strangers/, 'the relay hears all of it');

# Where the name could be seen.
my $places = join ' UNION ALL ', map { "SELECT ($_)::text" }
  "SELECT string_agg(a::text, ' ') FROM pg_stat_activity AS a",
  'SELECT string_agg(l::text, \' \') FROM pg_locks AS l',
  "SELECT string_agg(x::text, ' ') FROM commentary.check() AS x",
  "SELECT string_agg(s::text, ' ') FROM pg_settings AS s",
  "SELECT commentary.status()", 'SELECT string_agg(c::text, \' \') FROM pg_listening_channels() AS c';
unlike($node->safe_psql('postgres', $places), NAME, 'no view shows it');
unlike(slurp_file($node->logfile), NAME, 'it is not in the log, with everything logged');
is($node->safe_psql('postgres', "SELECT pg_notify('commentary', 'x'); SELECT pg_notify('commentary_', 'x')"), "\n",
	'others may notify on names of their own');
unlike((psql_ask($relay, 'SELECT 1;'))[0], qr/payload "x"/, '... and a relay does not hear it');

# As LISTEN does it.
$relay = do { psql_close($relay); psql_open($node, 'postgres', '-U', 'relay') };
psql_ask($relay, 'BEGIN; SELECT commentary.listen(); ROLLBACK;');
is((psql_ask($relay, $names))[0], '', 'a transaction that rolls back does not listen');
psql_ask($relay, 'BEGIN; SELECT commentary.listen(); SELECT commentary.listen(); COMMIT;');
is((psql_ask($relay, $names))[0], "$name\n", 'one that commits does, once, and the name has not changed');
like((psql_ask($relay, 'SHOW trace_notify;'))[0], qr/^on$/m, 'the session keeps its settings');
psql_ask($relay, 'UNLISTEN *;');
is((psql_ask($relay, $names))[0], '', 'UNLISTEN ends it');
$node->safe_psql('postgres', <<SQL);
GRANT CREATE ON SCHEMA public TO relay;
SET ROLE relay;
CREATE MATERIALIZED VIEW public.trap AS SELECT 1 AS x WHERE commentary.listen() IS NULL WITH NO DATA;
SQL
my (undef, undef, $trapped) = $node->psql('postgres', 'REFRESH MATERIALIZED VIEW public.trap');
like($trapped, qr/cannot listen to commentary within a security-restricted operation/,
	'nobody is made to listen by an object of another');

# Another database, and one that gets the slot of a dropped one.
sub name_in
{
	my ($database) = @_;
	return (split /\n/, $node->safe_psql($database, "SELECT commentary.listen(); $names"))[-1];
}
my @seen = ($name);
for my $turn (1 .. 2)
{
	$node->safe_psql('postgres', 'CREATE DATABASE other');
	install($node, 'other', 1);
	push @seen, name_in('other');
	$node->safe_psql('postgres', 'DROP DATABASE other');
}
is(name_in('postgres'), $name, 'a database keeps its name while the server runs');

# After a restart, and after one backend's crash has restarted all.
psql_close($_) for $relay, $stranger;
$node->restart;
push @seen, name_in('postgres');
my $flusher = $node->safe_psql('postgres', 'SELECT flusher_pid FROM commentary.status()');
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->reload;
kill 'KILL', $flusher;
wait_for('the restart', sub {
	my ($status, $out) = $node->psql('postgres', 'SELECT flusher_pid FROM commentary.status()');
	return $status == 0 && $out =~ /^\d+$/ && $out != $flusher;
});
push @seen, name_in('postgres');
my %different = map { $_ => 1 } @seen;
is(scalar keys %different, 5, 'each database and each start has a name of its own') or diag("@seen");
is(scalar(grep { $_ =~ /^${\NAME}$/ } @seen), 5, '... in the same form');

# A standby.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
my ($status, undef, $error) = $standby->psql('postgres', "\\set VERBOSITY verbose\nSELECT commentary.listen()");
like($error, qr/25006: cannot listen to commentary during recovery.*HINT:.*primary/s, 'a standby says that it cannot');
$standby->stop;
unlike(slurp_file($node->logfile), NAME, 'nothing of all this wrote a name to the log');
$node->stop;
done_testing();
