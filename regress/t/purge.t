# purge(): a match is removed by its transaction, and its log after that. Whatever
# others do to the log meanwhile (VACUUM, REINDEX CONCURRENTLY, locks, foreign keys),
# durable commits go on, and what is left of a log has no gap.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main', 'fsync = on', 'autovacuum = off', 'max_prepared_transactions = 2', 'max_connections = 40',
	'commentary.max_staged = 5000');
install($node, 'postgres', 1);
my $writer = $node->background_psql('postgres');

sub sql { return $node->safe_psql('postgres', $_[0]) }

# A match that is over, with so many lines.
sub old_match
{
	my ($lines, $status) = @_;
	my $match = sql("SELECT commentary.create_match('Old', 'Older')");
	while ($lines > 0)
	{
		my $count = $lines > 4000 ? 4000 : $lines;
		sql("INSERT INTO commentary.feed (match_id, message) SELECT $match, 'line ' || n FROM generate_series(1, $count) n");
		$lines -= $count;
	}
	sql("UPDATE commentary.match SET status = '@{[$status // 'finished']}' WHERE match_id = $match");
	return $match;
}

sub entries_of { return sql("SELECT count(*) FROM commentary.entry WHERE match_id = $_[0]") }
sub is_gone { my ($match, $name) = @_; is(entries_of($match) . sql("SELECT count(*) FROM commentary.match WHERE match_id = $match"), '00', $name) }

# A durable commit, within statement_timeout: its wait would be cut short with a warning.
my $posts = 0;
sub is_acknowledged
{
	my ($name) = @_;
	my ($status, undef, $err) = $node->psql('postgres', 'SET commentary.ack_timeout = \'60s\'; INSERT INTO commentary.feed (match_id, message) VALUES (1, \'post ' . ++$posts . '\')');
	is("$status$err", '0', "$name: durable commits are acknowledged");
}

sub is_running { return sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '$_[0]%' AND pid <> pg_backend_pid()") }

# --- beside what DBAs run for hours ---
my $ballast = old_match(4000);
sql('CREATE TABLE snapshot_holder ()');
my $holder = $node->background_psql('postgres');
for my $case (
	[ VACUUM  => "SET vacuum_cost_delay = '100ms'; SET vacuum_cost_limit = 1; SET vacuum_cost_page_hit = 50; VACUUM commentary.entry;" ],
	[ REINDEX => 'REINDEX TABLE CONCURRENTLY commentary.entry;' ])
{
	my ($command, $script) = @$case;
	$holder->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM snapshot_holder'); # REINDEX waits for it
	my $match = old_match(300);
	my $dba = psql_start($node, 'postgres', $script);
	wait_for("$command to run", sub { is_running($command) });
	is(sql("SELECT commentary.purge($match)"), 302, "beside a $command: purge() says how many entries there were");
	is_gone($match, "beside a $command: and they are gone");
	is_acknowledged("beside a $command");
	is(is_running($command), 1, "while the $command still runs");
	sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '$command%' AND pid <> pg_backend_pid()");
	$holder->query_safe('COMMIT');
	psql_finish($dba);
}
sql("SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index WHERE NOT indisvalid \\gexec");

# --- transactions ---
my $match = old_match(10);
sql("BEGIN; SELECT commentary.purge($match); ROLLBACK; SELECT commentary.flush()");
is(entries_of($match), 12, 'rolled back: nothing is removed');
sql("BEGIN; SAVEPOINT s; SELECT commentary.purge($match); ROLLBACK TO s; COMMIT; SELECT commentary.flush()");
is(entries_of($match), 12, 'rolled back to a savepoint: nothing is removed');
is(sql("BEGIN; SELECT commentary.purge($match); SELECT commentary.flush(); COMMIT"), "12\n", 'purge() and flush() in one transaction: it does not wait for itself');
is_gone($match, 'and the entries are gone behind its COMMIT');
$match = old_match(3);
my (undef, undef, $err) = $node->psql('postgres', "BEGIN; SELECT commentary.purge($match); PREPARE TRANSACTION 'p'");
like($err, qr/ERROR:  cannot PREPARE a transaction that has written commentary/, 'PREPARE: refused');

# Entries that come after the snapshot of the transaction that purges.
$match = sql("SELECT commentary.create_match('Old', 'Older')");
sql("SET commentary.ack = staged; SELECT commentary.pause(), commentary.post($match, 'late'); UPDATE commentary.match SET status = 'finished' WHERE match_id = $match");
$holder->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM commentary.match');
sql('SELECT commentary.resume(); SELECT commentary.flush()');
is(entries_of($match), 3, 'REPEATABLE READ: entries that its snapshot does not see');
$holder->query_safe("SELECT commentary.purge($match); COMMIT");
is_gone($match, 'are removed as well');
my $other = old_match(3);

# The status is looked at when the match can no longer change.
my $editor = $node->background_psql('postgres');
$editor->query_safe("BEGIN; UPDATE commentary.match SET status = 'live' WHERE match_id = $other");
my $purge = psql_start($node, 'postgres', "SELECT commentary.purge($other);");
wait_for('purge() to wait', sub { sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT commentary.purge%' AND wait_event_type = 'Lock'") == 1 });
$editor->query_safe('COMMIT');
like((psql_finish($purge))[1], qr/ERROR:  match $other is not over/, 'a match that begins again meanwhile: not purged');
is(entries_of($other), 6, 'and its log is whole'); # with its new state
sql("UPDATE commentary.match SET status = 'abandoned' WHERE match_id = $other");

# --- one that waits for itself, in other ways ---
for my $statement ('LOCK TABLE commentary.entry IN SHARE MODE', 'LOCK TABLE ' . join(', ', @SEGMENTS), 'CREATE INDEX mine ON commentary.entry (minute)',
	'ALTER TABLE commentary.entry ADD COLUMN note text', 'LOCK TABLE commentary.entry')
{
	(undef, undef, $err) = $node->psql('postgres', "BEGIN; $statement; SET LOCAL statement_timeout = '30s'; SELECT commentary.flush()");
	like($err, qr/ERROR:  this transaction waits for itself\nDETAIL:  The flusher waits for a lock on commentary\.\w+, which this transaction has locked.\nHINT:  /, "$statement; flush(): an error, not a wait for ever");
}
is_acknowledged('after those');

# --- what is in the way of the removal, and of nothing else ---
$editor->query_safe("BEGIN; SELECT FROM commentary.entry WHERE match_id = $other AND seq = 3 FOR KEY SHARE");
$purge = psql_start($node, 'postgres', "SELECT commentary.purge($other);");
wait_for('purge() to wait for its entries', sub { sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT commentary.purge%' AND wait_event_type = 'Extension'") == 1 });
is_acknowledged('a row locked by somebody');
(undef, undef, $err) = $node->psql('postgres', "INSERT INTO commentary.match (match_id, home, away) VALUES ($other, 'a', 'b')");
like($err, qr/ERROR:  match $other is being purged\nDETAIL:  .*\nHINT:  /, 'a match of the same number: refused meanwhile');
$editor->query_safe('COMMIT');
is((psql_finish($purge))[0], "7\n", 'and when it is unlocked, the purge comes to its end');
is_gone($other, 'with all of it');
sql("INSERT INTO commentary.match (match_id, home, away, status) VALUES ($other, 'a', 'b', 'finished')");
is(sql("SELECT string_agg(seq || op, ',' ORDER BY seq) FROM commentary.entry WHERE match_id = $other"), '1match', 'then the number can be used again, from 1 on');

$match = old_match(5);
sql("CREATE TABLE quotes (match_id bigint, seq bigint, FOREIGN KEY (match_id, seq) REFERENCES commentary.entry); INSERT INTO quotes VALUES ($match, 3)");
(undef, my $out, $err) = $node->psql('postgres', "SELECT commentary.purge($match)");
is($out, 7, 'a foreign key of somebody: purge() commits');
like($err, qr/WARNING:  the entries of match $match cannot be removed: update or delete on table "entry" violates foreign key constraint.*\nDETAIL:  .*\nHINT:  Correct the cause of the error, then SELECT commentary.purge\($match\) again./,
	'but says that the entries cannot be removed, and why');
is_acknowledged('a foreign key of somebody');
is(sql("SELECT error LIKE 'update or delete%' FROM commentary.purging WHERE match_id = $match"), 't', 'it is noted');
sql('DROP TABLE quotes');
is(sql("SELECT commentary.purge($match)"), 7, 'mended, and called again');
is_gone($match, 'the entries are gone');
is(sql('SELECT count(*) FROM commentary.purging'), 0, 'and nothing is left to do');

# A purge that is called again and rolled back goes on, and others do not wait for that one.
$match = old_match(5);
sql("CREATE TABLE quotes (match_id bigint, seq bigint, FOREIGN KEY (match_id, seq) REFERENCES commentary.entry); INSERT INTO quotes VALUES ($match, 3)");
$node->psql('postgres', "SELECT commentary.purge($match)", on_error_stop => 0);
sql('DROP TABLE quotes; UPDATE commentary.purging SET error = NULL');
$editor->query_safe("BEGIN; SELECT commentary.purge($match)");
$other = old_match(3);
is(sql("SET commentary.ack_timeout = '60s'; SELECT commentary.purge($other)"), 5, 'beside one that has been called again and is not committed: another purge');
is_gone($other, 'which comes to its end');
is(entries_of($match), 7, 'the first waits');
$editor->query_safe('ROLLBACK');
wait_for('the first to go on', sub { entries_of($match) == 0 });
is_gone($match, 'and goes on, although the call is rolled back');

# --- in pieces: what is left has no gap, and others are not kept waiting ---
$match = old_match(20_000);
sql("SELECT commentary.pause(); SET commentary.ack = staged; SELECT commentary.purge($match)");
my @heads;
my $reader = $node->background_psql('postgres');
$reader->query_safe("SELECT commentary.resume()");
do
{
	push @heads, $reader->query_safe("SELECT max(seq) || ' ' || count(*) || ' ' || min(seq) FROM commentary.entry WHERE match_id = $match");
} while ($heads[-1] ne '');
pop @heads;
is(join(',', grep { !/^(\d+) \1 1$/ } @heads), '', 'in pieces: what is left has no gap, ' . @heads . ' looks');
is_acknowledged('afterwards');

# --- a crash between the COMMIT and the removal ---
$match = old_match(500);
sql("SELECT commentary.pause(); SET commentary.ack = staged; SELECT commentary.purge($match)");
is(entries_of($match), 502, 'paused: the entries are still there');
crash($node);
$node->start;
wait_for('the entries to go', sub { entries_of($match) == 0 });
is_gone($match, 'a crash between the COMMIT and the removal: it goes on afterwards');

# --- more lost states than may be staged ---
{
	local $ENV{PGAPPNAME} = 'pg_restore'; # for which matches without their log are no change
	sql("INSERT INTO commentary.match (home, away) SELECT 'Home', 'Away ' || n FROM generate_series(1, 7000) n");
}
my $before = sql('SELECT count(*) FROM commentary.entry WHERE match_id > 0');
sql('SELECT commentary.worker_restart(); SELECT commentary.flush()');
wait_for('the states', sub { sql('SELECT count(*) FROM commentary.entry WHERE match_id > 0') == $before + 7000 });
pass('more lost states than commentary.max_staged: all are found and written');
is_acknowledged('after them');

# --- when there is nothing to do, nothing wakes the flusher ---
sub sleeps_of { return (slurp_file("/proc/$_[0]/status") =~ /^voluntary_ctxt_switches:\s*(\d+)/m)[0] }
my $flusher = sql('SELECT flusher_pid FROM commentary.status()');
wait_for('an idle flusher that sleeps for 3 s', sub { my $before = sleeps_of($flusher); sleep 3; sleeps_of($flusher) == $before });
pass('the idle flusher sleeps');

is_sound($node, 'in the end');
is_clean($node, 'in the end');
eval { $_->quit } for $holder, $editor, $reader, $writer;
$node->stop;
done_testing();
