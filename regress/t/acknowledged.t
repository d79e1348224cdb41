# What a durable COMMIT promises, when rows do not get into the log: it returns for
# rows that are there, or with a WARNING that says what became of them. Each case is
# something that a DBA does while a commit waits.
#
# A lock on the log holds the flusher up for as long as we want.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main', 'max_connections = 40', 'max_worker_processes = 12', 'log_min_messages = warning');
install($node, 'postgres', 5);
my ($locker);

sub sql { return $node->safe_psql('postgres', $_[0]) }
sub in_log { return sql("SELECT count(*) FROM commentary.entry WHERE message = '$_[0]'") }

sub hold_flusher
{
	$locker = $node->background_psql('postgres');
	$locker->query_safe('BEGIN; LOCK TABLE commentary.entry IN SHARE MODE');
}

sub release_flusher { $locker->query_safe('COMMIT'); $locker->quit }

# A writer that waits for its commit; it says 'returned' when that has come.
sub start_waiter
{
	my ($statements, @options) = @_;
	my $before = waiters();
	my $writer = psql_start($node, 'postgres', "$statements\n\\warn returned\n", '-v', 'VERBOSITY=verbose', @options);
	wait_for('a commit to wait', sub { psql_is_over($writer) || waiters() > $before });
	return $writer;
}

sub waiters { return $node->safe_psql('template1', <<SQL) }
SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event_type = 'Extension'
SQL

sub post { return "INSERT INTO commentary.feed (match_id, message) VALUES (@{[$_[1] // 1]}, '$_[0]');" }

# What a writer heard, without the places in our source.
sub heard { return (psql_finish($_[0]))[1] =~ s/^LOCATION:.*\n//mgr =~ s/^psql:\S+ //mgr }

sub server_said { my ($pattern) = @_; return sub { slurp_file($node->logfile) =~ $pattern } }

# --- the schema renamed: what cannot be found is not taken for dropped ---
hold_flusher();
my $waiter = start_waiter(post('renamed'));
my $hasty  = start_waiter("SET commentary.ack_timeout = '1s';" . post('renamed, and hasty'));
sql('ALTER SCHEMA commentary RENAME TO elsewhere; ALTER TABLE elsewhere.match SET (fillfactor = 90)'); # the latter makes it look
wait_for('the flusher to miss the schema', server_said(qr/schema "commentary" is missing/));
release_flusher();
like(heard($hasty), qr/\AWARNING:  57014: the flush of committed commentary takes longer than commentary.ack_timeout\nDETAIL:  The transaction has committed(?: to staging| and is on the disk of this server).*The flusher waits for its next attempt, after the error: schema "commentary" is missing.*\nHINT:  .*\nreturned\n\z/,
	'schema renamed: a writer whose ack_timeout is over is warned, and told why');
ok(!psql_is_over($waiter), 'schema renamed: nothing is acknowledged');
sql('ALTER SCHEMA elsewhere RENAME TO commentary');
is(heard($waiter), "returned\n", 'schema named as before: acknowledged');
is(in_log('renamed') . in_log('renamed, and hasty'), '11', 'and in the log');

# --- rows removed from staging ---
for my $statement ('TRUNCATE commentary.staging_0', 'DELETE FROM commentary.staging_logged_0', 'DELETE FROM commentary.staging_0', "UPDATE commentary.staging_1 SET message = 'x'",
	"INSERT INTO commentary.staging_2 (match_id, stage_no, op, created_at) VALUES (1, 1, 'insert', now())")
{
	my (undef, undef, $err) = $node->psql('postgres', "SET session_replication_role = replica; $statement");
	like($err, qr/ERROR:  cannot change rows of commentary.staging_\w+\nDETAIL:  .*\nHINT:  /, "$statement: refused, and says what to do instead");
}
my $segments = join '; ', map { "ALTER TABLE $_ DISABLE TRIGGER refuse_change" } @SEGMENTS;
sql($segments);
my $lost = qr/\AWARNING:  40003: committed commentary was lost before it was flushed\nDETAIL:  \d+ staged rows were removed by somebody else than the flusher, or with the extension; those of this transaction may be among them.\nHINT:  .*\nreturned\n\z/;
for my $statement ('TRUNCATE ' . join(', ', @SEGMENTS), join('; ', map { "DELETE FROM $_ WHERE message = 'removed'" } @SEGMENTS))
{
	hold_flusher();
	$waiter = start_waiter(post('removed') . "\n");
	my $flusher = start_waiter('SELECT commentary.flush();');
	sql($statement);
	release_flusher();
	like(heard($waiter), $lost, (split ' ', $statement)[0] . ' of staging by force: who waits is told');
	like(heard($flusher), qr/ERROR:  40003: committed commentary was lost/, 'and flush() fails');
	is(in_log('removed'), 0, 'it is not in the log');
	is(heard(start_waiter(post('after it'))), "returned\n", 'the next commit hears nothing of it');
}
sql($segments =~ s/DISABLE/ENABLE ALWAYS/gr);

# --- rows set aside ---
sql("ALTER TABLE commentary.entry ADD CONSTRAINT no_bad CHECK (message NOT LIKE 'bad%')");
hold_flusher();
my %waiters = (
	one       => start_waiter(post('bad one')),
	good      => start_waiter(post('good')),
	several   => start_waiter("INSERT INTO commentary.feed (match_id, message) SELECT 1, CASE WHEN n % 5 = 0 THEN 'bad ' ELSE 'good ' END || n FROM generate_series(1, 20) n;"),
	savepoint => start_waiter("BEGIN; SAVEPOINT a; @{[post('bad in a savepoint')]} RELEASE a; SAVEPOINT b; @{[post('bad and undone')]} ROLLBACK TO b; COMMIT;"),
	undone    => start_waiter("BEGIN; SAVEPOINT b; @{[post('bad and undone')]} ROLLBACK TO b; @{[post('good, after it')]} COMMIT;"),
	block     => start_waiter("DO \$\$ BEGIN @{[post('bad in a block')]} COMMIT; END \$\$;"),
	copied    => start_waiter("COPY commentary.feed (match_id, message) FROM stdin;\n2\tbad copy\n2\tgood copy\n\\.\n"),
	carefree  => start_waiter("SET commentary.ack = staged; @{[post('bad but staged')]}"));
release_flusher();
my %said = map { $_ => heard($waiters{$_}) } keys %waiters;
my $warning = qr/WARNING:  23514: commentary could not be flushed and was set aside: new row for relation "entry" violates check constraint "no_bad"\nDETAIL:  Not in the log, but in commentary.rejected, rejected_id/;

sub rejected { return sql("SELECT string_agg(rejected_id::text, ', ' ORDER BY rejected_id) FROM commentary.rejected WHERE message LIKE '$_[0]'") }
for my $case ([ one => 'bad one' ], [ several => 'bad __', 'bad _' ], [ savepoint => 'bad in a savepoint' ], [ block => 'bad in a block' ], [ copied => 'bad copy' ])
{
	my ($name, $pattern) = @$case;
	my $numbers = $name eq 'several' ? sql("SELECT string_agg(rejected_id::text, ', ' ORDER BY rejected_id) FROM commentary.rejected WHERE message ~ '^bad \\d+\$'") : rejected($pattern);
	my ($first) = split /,/, $numbers;
	like($said{$name}, qr/\A$warning $numbers\.\nHINT:  Correct the cause of the error, then SELECT commentary.replay_rejected\($first\)\.\nreturned\n\z/,
		"a row that was set aside, $name: its writer is told, with its number");
}
is($said{$_}, "returned\n", "$_: hears nothing of the others' rows") for qw(good undone carefree);
is(in_log('good'), 1, 'and its row is in the log');

like(heard(start_waiter("INSERT INTO commentary.feed (match_id, message) SELECT 1, 'bad ' || n FROM generate_series(1, 40) n;")),
	qr/\A$warning (\d+, ){7}\d+ and more\.\nHINT:  .*\nreturned\n\z/, 'more than can be kept: it says so');
hold_flusher();
my $forgotten = start_waiter(post('bad, before many'));
my $many = start_waiter("INSERT INTO commentary.feed (match_id, message) SELECT 1, 'bad ' || n FROM generate_series(1, 40) n;");
release_flusher();
like(heard($forgotten), qr/\AWARNING:  40003: commentary set aside many rows: those of this transaction may be among them\n/,
	'one that is forgotten behind many of others: its writer is told that it may be so');
heard($many);
my $number = rejected('bad one');
like(heard(start_waiter("SELECT commentary.replay_rejected($number);")),
	qr/^WARNING:  23514: commentary cannot flush a rejected row yet: new row.*\nDETAIL:  .* rejected_id $number\.\nHINT:  .*\nreturned\n\z/m, 'a replay in vain: told');
sql('ALTER TABLE commentary.entry DROP CONSTRAINT no_bad');
my $holder = psql_open($node, 'postgres');
psql_ask($holder, "BEGIN; SELECT FROM commentary.rejected WHERE rejected_id = $number FOR KEY SHARE;");
like(heard(start_waiter("SELECT commentary.replay_rejected($number);")),
	qr/^WARNING:  55P03: commentary cannot flush a rejected row yet: another transaction has locked the row\nDETAIL:  .* rejected_id $number\.\nHINT:  .*\nreturned\n\z/m, 'a replay of a locked row: told');
is(in_log('bad one'), 0, 'and it is not in the log yet');
psql_ask($holder, 'COMMIT;');
psql_close($holder);
unlike(heard(start_waiter("SELECT commentary.replay_rejected($number);")), qr/WARNING/, 'one that succeeds: nothing to tell');
is(in_log('bad one'), 1, 'and it is in the log');
sql('DELETE FROM commentary.rejected');

# --- the same client_ref at the same time ---
hold_flusher();
my @twins = map { start_waiter("INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (1, 'twin', 'twin');") } 1 .. 2;
release_flusher();
is(join('', map { heard($_) } @twins), "returned\n" x 2, 'the same client_ref twice: both are acknowledged');
is(in_log('twin'), 1, 'since it is in the log, once');

# --- the flusher ends, and another takes over ---
hold_flusher();
$waiter = start_waiter(post('outlives a flusher'));
my $flusher = sql('SELECT flusher_pid FROM commentary.status()');
$node->safe_psql('template1', "SELECT pg_terminate_backend($flusher)");
wait_for('another flusher', sub { $node->safe_psql('template1', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'commentary flusher' AND pid <> $flusher") == 1 });
ok(!psql_is_over($waiter), 'a flusher that ends without a flush: nothing is acknowledged');
release_flusher();
is(heard($waiter), "returned\n", 'but by the next one');
is(in_log('outlives a flusher'), 1, 'and it is in the log');

# --- a client that waits does not keep others waiting ---
hold_flusher();
$waiter = start_waiter(post('waits long'));
$node->safe_psql('template1', 'CREATE DATABASE other');
my ($status) = $node->psql('template1', 'DROP DATABASE other', timeout => 60, timed_out => \my $timed_out);
ok(!$timed_out && $status == 0, 'DROP DATABASE is done while a commit waits');
ok(!psql_is_over($waiter), 'and that still waits');

# --- its client goes away ---
my $gone = start_waiter(post('nobody hears of it'));
my $pid = $node->safe_psql('template1', "SELECT pid FROM pg_stat_activity WHERE query LIKE '%nobody hears of it%' AND wait_event_type = 'Extension'");
kill 'KILL', $gone->{pid};
wait_for('the backend of a client that is gone', sub { $node->safe_psql('template1', "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid") == 0 });
pass('a client that is gone frees its backend, while the flusher is held up');
release_flusher();
is(heard($waiter), "returned\n", 'and the other one is acknowledged');
is(in_log('nobody hears of it'), 1, 'what it committed is in the log');

# --- the extension dropped; and made anew before the flusher has looked ---
my $again = 'SELECT commentary.create_match(\'Home\', \'Away\') FROM generate_series(1, 5)';
for my $case ([ 'DROP EXTENSION', 'DROP EXTENSION commentary', "CREATE EXTENSION commentary; $again" ],
	[ 'DROP and CREATE EXTENSION', 'BEGIN; DROP EXTENSION commentary; CREATE EXTENSION commentary; COMMIT', $again ],
	[ 'DROP OWNED', 'DROP OWNED BY owner', "CREATE EXTENSION commentary; $again" ])
{
	my ($name, $statements, $after) = @$case;
	if ($name eq 'DROP OWNED')
	{
		sql("DROP EXTENSION commentary; CREATE ROLE owner SUPERUSER; SET ROLE owner; CREATE EXTENSION commentary; $again");
	}
	sql('SELECT commentary.pause()');
	$waiter = start_waiter(post('dropped'));
	sql($statements);
	# One that is paused is not told of a DROP OWNED; its writer would wait for ack_timeout.
	sql("CREATE EXTENSION commentary; SELECT commentary.resume()") if $name eq 'DROP OWNED';
	like(heard($waiter), $lost, "$name while a commit waits: told that it is lost, though the flusher was paused");
	sql($name eq 'DROP OWNED' ? $again : $after);
	is(heard(start_waiter(post("after $name"))), "returned\n", "$name: the next extension is not paused, and acknowledges");
	is(in_log("after $name"), 1, "$name: and its row is in the log");
}

# --- what a clean stop leaves in staging is no loss ---
sql("SET commentary.ack = staged; SELECT commentary.pause(); " . post('left over') x 3);
$node->stop('fast');
$node->start;
is(heard(start_waiter(post('after the start'))), "returned\n", 'after a clean restart: acknowledged, and nothing is missed');
is(in_log('left over'), 3, 'and what was staged is in the log');
is_sound($node, 'in the end');

is_clean($node, 'in the end', 'rows were lost');
$node->stop;
done_testing();
