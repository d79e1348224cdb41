# check() answers wherever it is asked, and whatever was done to the extension: on a
# standby, for a role with no other right, in every kind of transaction, with tables
# locked, renamed or missing, with the library not loaded or the extension older than
# it. What is wrong has a row that says so and what to do; it never just fails.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'commentary'\n");
$node->start;
install($node, 'postgres', 3);
$node->safe_psql('postgres', <<'SQL');
UPDATE commentary.match SET status = 'live' WHERE match_id = 1;
INSERT INTO commentary.feed (match_id, message) SELECT 1, 'line ' || n FROM generate_series(1, 50) n;
CREATE ROLE watcher LOGIN;
GRANT USAGE ON SCHEMA commentary TO watcher;
GRANT EXECUTE ON FUNCTION commentary.check() TO watcher;
SQL

sub sql { return $node->safe_psql('postgres', $_[0]) }

# Its rows: subject, is_ok, finding, to_do. Dies when it fails.
sub check
{
	my ($in, $before, $after, @options) = @_;
	my $out = $in->safe_psql('postgres', ($before // '') . "SELECT subject, is_ok, finding, to_do FROM commentary.check();" . ($after // ''), @options);
	return { map { my ($subject, @rest) = split /\|/; ($subject => \@rest) } grep { /\|/ } split /\n/, $out };
}

sub wrong { my ($rows) = @_; return join ',', sort grep { $rows->{$_}[0] ne 't' } keys %$rows }
sub is_complete
{
	my ($rows, $name, @wrong) = @_;
	is(wrong($rows), join(',', sort @wrong), $name);
	is(join(',', grep { $rows->{$_}[1] =~ /^cannot tell/ } sort keys %$rows), '', "$name: every question has an answer");
	is(join(',', grep { ($rows->{$_}[2] // '') eq '' } @wrong), '', "$name: and what to do where it is not ok");
}

# Nobody listens here, and the test's cluster has no fsync.
my @always = qw(durability listeners);
my $subjects = check($node);
is_complete($subjects, 'at first', @always);

# --- who asks, and how ---
is_complete(check($node, 'SET SESSION AUTHORIZATION watcher; '), 'a role with no other right', @always);
for my $level ('READ UNCOMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE', 'SERIALIZABLE READ ONLY DEFERRABLE', 'READ COMMITTED READ ONLY', 'REPEATABLE READ READ ONLY')
{
	is_complete(check($node, "BEGIN ISOLATION LEVEL $level; SELECT 1; ", ' COMMIT'), "in $level", @always);
}
is_complete(check($node, "SET search_path = ''; SET default_transaction_read_only = on; SET row_security = off; SET client_encoding = 'LATIN1'; SET DateStyle = 'German'; SET lc_messages = 'C'; "), 'with settings of its own', @always);
is_complete(check($node, 'SET commentary.ack = staged; '), 'staged', @always, 'acknowledgement');

# --- on a standby, and after its promotion ---
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
my $rows = check($standby);
is_complete($rows, 'on a standby', 'durability');
like($rows->{server}[1], qr/^a standby/, 'it says that it is one');
is($standby->safe_psql('postgres', 'SELECT is_working, oldest_ms, waits_for FROM commentary.ack_status()'), '||', 'ack_status() has no answer there');
is($standby->safe_psql('postgres', 'SELECT state, oldest_ms, waits_for, blocked_by FROM commentary.status()'), 'stopped|||', 'nor has status()');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM commentary.verify()'), 0, 'verify() works there');
for my $function (qw(pause resume worker_restart flush))
{
	my (undef, undef, $err) = $standby->psql('postgres', "SELECT commentary.$function()");
	like($err, qr/ERROR:  cannot execute commentary\.$function\(\) during recovery/, "$function() is refused there");
}
$standby->promote;
wait_for('a flusher', sub { $standby->safe_psql('postgres', 'SELECT flusher_pid IS NOT NULL FROM commentary.status()') eq 't' });
$standby->safe_psql('postgres', 'SELECT commentary.flush()');
is_complete(check($standby), 'promoted: not paused, whatever was tried before', @always);
$standby->stop;

# --- a lock on each of our tables: it answers in time ---
my $locker = $node->background_psql('postgres');
for my $table (qw(match entry epoch rejected purging relay relay_pass staging_0 staging_1 staging_2 staging_3 staging_logged_0 staging_logged_3))
{
	$locker->query_safe("BEGIN; LOCK TABLE commentary.$table IN ACCESS EXCLUSIVE MODE");
	my $began = time;
	my $while = check($node, 'SET statement_timeout = \'60s\'; ');
	cmp_ok(time - $began, '<', 50, "$table locked: it answers");
	is(join(',', grep { !$while->{$_} } sort keys %$subjects), '', "$table locked: every question");
	unlike(join(' ', map { $while->{$_}[2] // '' } keys %$while), qr/An object of the extension/, "$table locked: and takes it for a lock");
	$locker->query_safe('COMMIT');
}
$locker->quit;

# --- each object of ours renamed, as if it were missing ---
my @objects = split /\n/, sql(<<'SQL');
SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END || ' commentary.' || c.relname FROM pg_class c
WHERE c.relnamespace = 'commentary'::regnamespace AND c.relkind IN ('r', 'v')
UNION ALL
SELECT CASE p.prokind WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END || ' ' || p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace = 'commentary'::regnamespace AND p.proname <> 'check'
SQL
cmp_ok(scalar @objects, '>', 40, 'there is much that can be missing');
my %failed;
for my $object (@objects)
{
	my ($kind, $name) = $object =~ /^(\w+) (?:commentary\.)?(\w+)/;
	sql("ALTER $object RENAME TO missing");
	my ($status, $out, $err) = $node->psql('postgres', 'SELECT subject, is_ok, coalesce(to_do, \'\') = \'\' FROM commentary.check()');
	$failed{$object} = $err if $status != 0;
	$failed{$object} = "no to_do: $out" if $out =~ /\|f\|t$/m;
	$failed{$object} = "is not said: $out" if $kind ne 'FUNCTION' && $kind ne 'AGGREGATE' && $out !~ /^objects\|f\|f$/m;
	sql("ALTER $kind " . ($object =~ s/^\w+ commentary\.\w+/commentary.missing/r =~ s/^\w+ //r) . " RENAME TO $name");
}
is(join("\n", map { "$_: $failed{$_}" } sort keys %failed), '', 'each renamed: check() answers, with something to do, and names tables and views');
sql('SELECT commentary.worker_restart(); SELECT commentary.flush()');
is_complete(check($node), 'named as before: all is well', @always);

sql('ALTER SCHEMA commentary RENAME TO elsewhere');
my $elsewhere = sql('SELECT count(*), count(*) FILTER (WHERE NOT is_ok AND to_do <> \'\') FROM elsewhere.check()');
like($elsewhere, qr/^(\d\d)\|\d+$/, 'the schema renamed: it answers');
sql('ALTER SCHEMA elsewhere RENAME TO commentary');

# --- holes and lies in the log ---
sub log_row { return sql("SELECT is_ok, finding FROM commentary.check() WHERE subject = 'log'") }
like(log_row(), qr/^t\|no hole/, 'no hole in the log');
for my $case (
	[ 'entries deleted by force', 'DELETE FROM commentary.entry WHERE match_id = 1 AND seq BETWEEN 10 AND 12', '1|9|3|entries 10 to 12 are missing' ],
	[ 'the first ones deleted',   'DELETE FROM commentary.entry WHERE match_id = 1 AND seq < 3', '1|0|2|entries 1 to 2 are missing' ],
	[ 'the newest ones deleted',  'DELETE FROM commentary.entry WHERE match_id = 1 AND seq > (SELECT max(seq) - 2 FROM commentary.entry WHERE match_id = 1)', qr/^1\|\d+\|2\|entries \d+ to \d+ are missing$/ ],
	[ 'all deleted',              'DELETE FROM commentary.entry WHERE match_id = 1', qr/^1\|0\|\d+\|entries 1 to \d+ are missing$/ ],
	[ 'a seq skipped', "INSERT INTO commentary.entry (match_id, seq, op, created_at, flushed_at) SELECT 1, max(seq) + 5, 'insert', now(), now() FROM commentary.entry WHERE match_id = 1", qr/^1\|\d+\|4\|entries \d+ to \d+ are missing$/ ])
{
	my ($name, $statement, $found) = @$case;
	sql("CREATE TABLE saved AS SELECT * FROM commentary.entry; ALTER TABLE commentary.entry DISABLE TRIGGER ALL; $statement; ALTER TABLE commentary.entry ENABLE ALWAYS TRIGGER refuse_change, ENABLE REPLICA TRIGGER note_applied");
	is(log_row(), 'f|a hole in match 1', "$name: check() says it");
	my $verified = sql('SELECT * FROM commentary.verify(1)');
	ref $found ? like($verified, $found, "$name: verify() says where") : is($verified, $found, "$name: verify() says where");
	is(sql('SELECT * FROM commentary.verify()'), $verified, "$name: and finds it among all");
	sql('ALTER TABLE commentary.entry DISABLE TRIGGER ALL; DELETE FROM commentary.entry; INSERT INTO commentary.entry SELECT * FROM saved; ALTER TABLE commentary.entry ENABLE ALWAYS TRIGGER refuse_change; DROP TABLE saved');
	like(log_row(), qr/^t\|/, "$name: brought back");
}
sql('ALTER TABLE commentary.entry DISABLE TRIGGER ALL; INSERT INTO commentary.entry (match_id, seq, op, created_at, flushed_at) VALUES (77, 1, \'insert\', now(), now()); ALTER TABLE commentary.entry ENABLE ALWAYS TRIGGER refuse_change, ENABLE REPLICA TRIGGER note_applied');
is(sql('SELECT match_id, finding FROM commentary.verify()'), '77|its match is missing', 'a log without its match: verify() says it');

# --- a trigger that is off ---
sql('ALTER TABLE commentary.match DISABLE TRIGGER check_match');
like(sql("SELECT is_ok, finding FROM commentary.check() WHERE subject = 'triggers'"), qr/^f\|trigger check_match of commentary\.match is disabled$/, 'a trigger that is off: check() says it');
sql('ALTER TABLE commentary.match ENABLE ALWAYS TRIGGER check_match');

# --- a table altered ---
sql('ALTER TABLE commentary.entry ADD COLUMN owed integer NOT NULL DEFAULT 1; ALTER TABLE commentary.entry ALTER owed DROP DEFAULT');
like(sql("SELECT is_ok, finding, to_do FROM commentary.check() WHERE subject = 'structure' AND NOT is_ok"), qr/^f\|.*owed.*NOT NULL.*\|\S/, 'a column that no row can fill: check() says it');
sql('ALTER TABLE commentary.entry DROP COLUMN owed');
for my $table (qw(relay rejected epoch purging))
{
	sql("ALTER TABLE commentary.$table ADD COLUMN owed integer NOT NULL DEFAULT 1; ALTER TABLE commentary.$table ALTER owed DROP DEFAULT");
	like(sql("SELECT finding, to_do FROM commentary.check() WHERE subject = 'structure' AND NOT is_ok"), qr/^column "owed" of commentary\.$table is NOT NULL.*\|ALTER TABLE commentary\.$table ALTER COLUMN owed DROP NOT NULL/, "the same of $table: check() says it");
	sql("ALTER TABLE commentary.$table DROP COLUMN owed");
}

# --- a subscription that cannot apply ---
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->append_conf('postgresql.conf', "shared_preload_libraries = 'commentary'\nwal_retrieve_retry_interval = 100ms\n");
$subscriber->start;
$subscriber->safe_psql('postgres', 'CREATE EXTENSION commentary');
sql('CREATE PUBLICATION p FOR TABLE commentary.entry');
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION s CONNECTION '" . $node->connstr . " dbname=postgres' PUBLICATION p");
$subscriber->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_subscription_rel WHERE srsubstate = 'r'") or die;
is(join(',', check($subscriber)->{subscriptions}[0]), 't', 'a subscription that runs: ok');
$subscriber->safe_psql('postgres', "ALTER TABLE commentary.entry ADD CHECK (message <> 'refused there') NOT VALID");
sql("SELECT commentary.post(1, 'refused there')");
# It does not run before its error is counted, and each time it is tried again it runs for a moment.
my $subscription;
wait_for('check() to say so', sub { $subscription = join '|', @{ check($subscriber)->{subscriptions} }; $subscription =~ /^f\|.*[1-9]\d* errors/ });
like($subscription, qr/^f\|s does not run, [1-9]\d* errors/, 'one that cannot apply: check() says it');
$subscriber->safe_psql('postgres', 'ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s');
$subscriber->stop;

# --- the extension older than the library ---
$node->safe_psql('template1', 'CREATE DATABASE old');
$node->safe_psql('old', "CREATE EXTENSION commentary VERSION '1.1'");
$node->safe_psql('old', "SELECT commentary.create_match('a', 'b'); SELECT commentary.flush()");
like($node->safe_psql('old', "SELECT is_ok, finding, to_do FROM commentary.check() WHERE subject = 'version'"), qr/^f\|1\.1 is installed, 1\.\d is available\|ALTER EXTENSION commentary UPDATE;/, 'version 1.1: its own check() says what to do');
is($node->safe_psql('old', 'SELECT state FROM commentary.status()'), 'idle', 'and its status() works');
my (undef, undef, $purge) = $node->psql('old', "UPDATE commentary.match SET status = 'finished'; SELECT commentary.purge(1)");
like($purge, qr/ERROR:  cannot purge a match before the extension is updated\nDETAIL:  .*\nHINT:  Run ALTER EXTENSION commentary UPDATE/, 'purge() says so as well');

# What depends on status() and who may call it outlive the update, and a dump of it.
$node->safe_psql('old', 'CREATE ROLE monitor; GRANT USAGE ON SCHEMA commentary TO monitor; GRANT EXECUTE ON FUNCTION commentary.status() TO monitor WITH GRANT OPTION; CREATE VIEW mine AS SELECT state FROM commentary.status()');
$node->safe_psql('old', 'ALTER EXTENSION commentary UPDATE');
is($node->safe_psql('old', 'SELECT state FROM mine'), 'idle', 'after the update: a view on the old status() works');
is($node->safe_psql('old', 'SET ROLE monitor; SELECT has_function_privilege(\'commentary.status()\', \'EXECUTE WITH GRANT OPTION\')'), 't', 'and its grants are there');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/old.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('old') ], 'it can be dumped');
like(slurp_file($dump), qr/^GRANT ALL ON FUNCTION commentary\.status\(.*TO monitor/m, 'and the grants are in the dump');
is(wrong(check($node)), join(',', @always), 'the database beside it is well');

# --- the library not loaded ---
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->restart;
$rows = check($node);
is_complete($rows, 'the library not loaded', @always, 'library');
is(sql('SELECT is_working, waits_for FROM commentary.ack_status()'), 'f|commentary in shared_preload_libraries', 'ack_status() says it too');
$node->stop;
done_testing();
