# A transaction that writes commentary and other tables is there as a whole, or not at
# all: after kill -9, a killed flusher, a loss of power, and on a standby that is
# promoted, synchronous or not, whether its commentary was flushed by then or not.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

use constant { WRITERS => 3, ENOUGH => 40, ROWS => 5_000 };

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', <<CONF);
shared_preload_libraries = 'commentary'
fsync = on
checkpoint_timeout = 1h
max_wal_size = 4GB
bgwriter_lru_maxpages = 0
wal_writer_delay = 10s
wal_writer_flush_after = 0
autovacuum = off
restart_after_crash = on
log_statement = none
CONF
$node->start;
install($node, 'postgres', 4);
$node->safe_psql('postgres', 'CREATE TABLE ledger (name text PRIMARY KEY)');

sub sql { return $node->safe_psql('postgres', $_[0]) }

# One transaction that writes a row here and a line there.
sub mixed
{
	my ($match, $name) = @_;
	return "BEGIN; INSERT INTO ledger VALUES ('$name'); INSERT INTO commentary.feed (match_id, message) VALUES ($match, '$name'); COMMIT;";
}

my $halves = <<SQL;
SELECT commentary.flush();
SELECT coalesce(l.name, 'no') || ' in the ledger, ' || coalesce(e.message, 'no') || ' in the log' FROM ledger l
FULL JOIN (SELECT message, count(*), min(match_id) FROM commentary.entry WHERE op = 'insert' GROUP BY 1) e ON e.message = l.name
WHERE l.name IS NULL AND e.min < 4 AND e.message NOT IN ('careless', 'alone') OR e.message IS NULL OR l.name IS NOT NULL AND e.count <> 1 LIMIT 3
SQL

# And what was acknowledged is among it.
sub is_whole
{
	my ($on, $name, @rows) = @_;
	is($on->safe_psql('postgres', $halves), '', "$name: no transaction is there by half, or twice");
	my %stored = map { $_ => 1 } split /\n/, $on->safe_psql('postgres', 'SELECT name FROM ledger');
	is(join(' ', grep { !$stored{$_} } @rows), '', "$name: all of " . @rows . ' acknowledged ones are there');
	is_sound($on, $name);
}

my $round = 0;

sub start_writers
{
	my ($settings) = @_;
	$round++;
	return map { my $w = $_; psql_start($node, 'postgres', ($settings // '') . join('', map { mixed($w, "r$round-w$w-$_") . "\n\\warn r$round-w$w-$_\n" } 1 .. ROWS), '-v', 'ON_ERROR_STOP=1') } 1 .. WRITERS;
}

sub acknowledged { return map { grep { /^r\d+-w\d+-\d+$/ } split /\n/, (psql_said($_))[1] =~ s/[^\n]+\z//r } @_ }

sub run_for_a_while
{
	my (@writers) = @_;
	wait_for('the writers to have written enough', sub { !grep { acknowledged($_) < ENOUGH } @writers });
}

# --- kill -9 of the server, and of the flusher, which restarts the server ---
for my $mode ('durable', 'staged')
{
	my @writers = start_writers("SET commentary.ack = $mode;\n");
	run_for_a_while(@writers);
	crash($node);
	psql_finish($_) for @writers;
	my @rows = acknowledged(@writers);
	$node->start;
	is_whole($node, "kill -9, $mode", @rows);
}
my @writers = start_writers();
run_for_a_while(@writers);
kill 'KILL', sql('SELECT flusher_pid FROM commentary.status()');
psql_finish($_) for @writers;
my @rows = acknowledged(@writers);
wait_for('the server to be back', sub { system('pg_isready', '-q', '-h', $node->host, '-p', $node->port) == 0 });
is_whole($node, 'the flusher killed', @rows);

# --- between the commit and the flush ---
sql('SELECT commentary.pause()');
sql('SET commentary.ack = staged; ' . mixed(1, 'waits') . " UPDATE commentary.match SET home_score = 3 WHERE match_id = 1; INSERT INTO commentary.feed (match_id, message) VALUES (2, 'careless');");
is(sql("SELECT count(*) FROM ledger WHERE name = 'waits'") . sql("SELECT count(*) FROM commentary.entry WHERE message = 'waits'"), '10', 'committed and not flushed');
crash($node);
$node->start;
is_whole($node, 'kill -9 between the commit and the flush', 'waits');
is(sql("SELECT count(*) FROM commentary.entry WHERE message = 'careless'"), 0, 'what wrote nothing else and was only staged is lost, as staged says');
is(sql("SELECT string_agg(coalesce(message, op || (metadata ->> 'home_score')), ',' ORDER BY seq) FROM (SELECT * FROM commentary.entry WHERE match_id = 1 ORDER BY seq DESC LIMIT 2) t"), 'waits,match3', 'the state of the match behind it');

# --- in the wait: the warning says what holds, and that holds ---
sub lose_what_is_not_fsynced
{
	lose_power($node, split /\|/, sql('SELECT file_name, file_offset FROM pg_current_wal_flush_lsn() AS f, pg_walfile_name_offset(f)'));
}

my $on_disk = qr/WARNING:  57014: .*\nDETAIL:  The transaction has committed and is on the disk of this server, with its commentary, which has no seq yet/;
for my $end ('timeout', 'cancel')
{
	sql('SELECT commentary.pause()');
	my $writer = psql_start($node, 'postgres', "\\set VERBOSITY verbose\nSET commentary.ack_timeout = " . ($end eq 'timeout' ? "'1s'" : "'10min'") . ";\n" . mixed(2, $end) . "\nSHOW synchronous_commit;\n");
	if ($end eq 'cancel')
	{
		wait_for('its wait', sub { sql("SELECT count(*) FROM pg_stat_activity WHERE query = 'COMMIT;' AND wait_event_type = 'Extension'") == 1 });
		sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'COMMIT;' AND wait_event_type = 'Extension'");
	}
	my ($out, $err) = psql_finish($writer);
	like($err, $on_disk, "$end in the wait: the warning says that it is on disk, and not numbered");
	is($out, "on\n", "$end in the wait: synchronous_commit is the session's own again");
	lose_what_is_not_fsynced();
	is_whole($node, "$end in the wait, then a loss of power", $end);
}
sql('SELECT commentary.pause()');
my (undef, undef, $err) = $node->psql('postgres', <<SQL);
\\set VERBOSITY verbose
SET commentary.ack = staged; SELECT commentary.post(3, 'alone'); -- what it reads first may have pages to clean up
SET commentary.ack = durable; SET commentary.ack_timeout = '1s'; SELECT commentary.post(3, 'alone');
SQL
like($err, qr/WARNING:  57014: .*\nDETAIL:  The transaction has committed to staging and will be flushed, but a crash of the server before that would lose it/, 'one that wrote nothing else: it says that a crash loses it');
sql('SELECT commentary.resume()');

# --- a loss of power under load; and with synchronous_commit = off ---
for my $settings ('', "SET commentary.ack = staged; SET synchronous_commit = off;\n")
{
	@writers = start_writers($settings);
	run_for_a_while(@writers);
	@rows = acknowledged(@writers);
	lose_what_is_not_fsynced();
	psql_finish($_) for @writers;
	is_whole($node, 'a loss of power' . ($settings ? ', synchronous_commit = off: by half is nothing' : ''), $settings ? () : @rows);
}

# --- who reads the WAL gets entries, and no staged rows ---
sql("SELECT pg_create_logical_replication_slot('all', 'test_decoding')");
sql('CREATE PUBLICATION everything FOR ALL TABLES');
sql("BEGIN; CREATE TABLE wal (); SELECT commentary.post(4, repeat(n::text, 3000)) FROM generate_series(1, 5) n; DROP TABLE wal; COMMIT;");
sql(mixed(4, 'decoded too'));
is(sql("SELECT count(*) FROM pg_logical_slot_peek_changes('all', NULL, NULL) WHERE data ~ 'staging_\\w+: INSERT'"), 0, 'logical decoding: no staged row');
is(sql("SELECT count(*) FROM pg_logical_slot_peek_changes('all', NULL, NULL) WHERE data ~ 'commentary.entry: INSERT'"), 6, 'logical decoding: the entries');
sql("SELECT pg_drop_replication_slot('all')");

my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init(allows_streaming => 'logical');
$subscriber->append_conf('postgresql.conf', "shared_preload_libraries = 'commentary'\nfsync = off\n");
$subscriber->start;
$subscriber->safe_psql('postgres', 'CREATE EXTENSION commentary; CREATE TABLE ledger (name text PRIMARY KEY)');
sql('SELECT commentary.pause()');
sql('SET commentary.ack = staged; ' . mixed(3, 'before the copy'));
my $connection = $node->connstr('postgres') =~ s/'/''/gr;
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION all_of_it CONNECTION '$connection' PUBLICATION everything WITH (copy_data = true)");
my $is_copied = "SELECT count(*) FROM pg_subscription_rel r JOIN pg_class c ON c.oid = r.srrelid WHERE c.relname IN ('staging_logged_0', 'staging_logged_1', 'staging_logged_2', 'staging_logged_3') AND r.srsubstate IN ('r', 's')";
$subscriber->poll_query_until('postgres', $is_copied, '4') or die;
is($subscriber->safe_psql('postgres', 'SELECT ' . join(' + ', map { "(SELECT count(*) FROM $_)" } @SEGMENTS)), 0, 'the initial copy of a subscription to all tables: no staged row');
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION all_of_it');
$subscriber->stop;
sql('SELECT commentary.resume()');

# --- promotion, with rows that wait in the ring ---
$node->backup('backup');

sub start_standby
{
	my ($name) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);
	$standby->init_from_backup($node, 'backup', has_streaming => 1);
	$standby->start;
	$node->wait_for_catchup($standby);
	return $standby;
}

my $sync  = start_standby('sync');
my $async = start_standby('async');
sql("ALTER SYSTEM SET synchronous_standby_names = 'sync'");
$node->reload;
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'") or die;
is($sync->safe_psql('postgres', 'SELECT state FROM commentary.status()'), 'stopped', 'somebody looks at the standby before its promotion');
@writers = start_writers();
run_for_a_while(@writers);
my $highest = sql('SELECT max(seq) FROM commentary.entry WHERE match_id = 1');
sql('SELECT commentary.pause()');
psql_start($node, 'postgres', "SET commentary.ack = staged;\n" . join "\n", map { mixed(1, "ring-$_") } 1 .. 50);
wait_for('rows in the ring', sub { sql("SELECT count(*) FROM ledger WHERE name LIKE 'ring-%'") == 50 });
$node->wait_for_catchup($_) for $sync, $async;
crash($node);
psql_finish($_) for @writers;
@rows = acknowledged(@writers);
for my $standby ($sync, $async)
{
	my $name = $standby->name . ' promoted';
	$standby->promote;
	$standby->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'commentary flusher'") or die;
	is_whole($standby, $name, ($standby == $sync ? @rows : ()), map { "ring-$_" } 1 .. 50);
	my $order = "SELECT string_agg(substring(message FROM 6), ',' ORDER BY seq) FROM commentary.entry WHERE match_id = 1 AND message LIKE 'ring-%'";
	is($standby->safe_psql('postgres', $order), join(',', 1 .. 50), "$name: what waited is in its order");
	$standby->safe_psql('postgres', mixed(1, 'after the promotion'));
	cmp_ok($standby->safe_psql('postgres', "SELECT seq FROM commentary.entry WHERE message = 'after the promotion'"), '>', $highest, "$name: it goes on behind all of that");
	is($standby->safe_psql('postgres', 'SELECT ' . join(' + ', map { "(SELECT count(*) FROM $_)" } @SEGMENTS)), 0, "$name: nothing is left in staging");
	$standby->restart;
	is_whole($standby, "$name, restarted", 'after the promotion');
	is_clean($standby, $name);
	$standby->stop;
}
unlike(slurp_file($node->logfile), qr/PANIC:|TRAP:|XX00[012]|commentary lost/, 'the primary: no PANIC or internal error in its log, and no staged row lost');
done_testing();
