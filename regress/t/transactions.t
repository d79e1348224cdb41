# Transactions of every kind: prepared, read-only, with savepoints, in parallel
# queries; tables truncated and locked under the flusher. Clear errors, nothing
# staged by what failed, and no gap.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main', 'max_prepared_transactions = 5', 'deadlock_timeout = 200ms');
install($node, 'postgres', 4);

sub answer
{
	my ($statement) = @_;
	my (undef, $out, $err) = $node->psql('postgres', $statement, extra_params => [ '-v', 'VERBOSITY=verbose', '-v', 'ON_ERROR_STOP=0' ]);
	return $err eq '' ? $out : $err;
}

sub messages { return $node->safe_psql('postgres', "SELECT string_agg(message, ',' ORDER BY seq) FROM commentary.feed WHERE match_id = $_[0]") }

# --- PREPARE TRANSACTION ---
my $post = "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'prepared');";
for my $case (
	[ 'an INSERT',            $post ],
	[ 'a post()',             "SELECT commentary.post(1, 'prepared');" ],
	[ 'a change of a match',  'UPDATE commentary.match SET home_score = 1 WHERE match_id = 1;' ],
	[ 'a replay',             "INSERT INTO commentary.rejected (sqlstate, error, stage_no) VALUES ('00000', 'x', 1); SELECT commentary.replay_rejected(max(rejected_id)) FROM commentary.rejected;" ],
	[ 'a row in a released savepoint', "SAVEPOINT s; $post RELEASE s;" ],
	[ 'one that outlives a rollback',  "$post SAVEPOINT s; $post ROLLBACK TO s;" ],
	[ 'one in a savepoint that outlives a rollback in it', "SAVEPOINT a; $post SAVEPOINT b; $post ROLLBACK TO b; RELEASE a;" ],
	[ 'one after a rollback to the same savepoint',        "SAVEPOINT a; $post ROLLBACK TO a; $post" ],
	[ 'one of a block of PL/pgSQL', "DO \$\$ BEGIN $post EXCEPTION WHEN division_by_zero THEN NULL; END \$\$;" ])
{
	my ($about, $statements) = @$case;
	like(answer("BEGIN; $statements PREPARE TRANSACTION 'p'"),
		qr/ERROR:  0A000: cannot PREPARE a transaction that has written commentary\n.*DETAIL:  .*\n.*HINT:  Use COMMIT/s, "PREPARE after $about: an error");
}
is($node->safe_psql('postgres', 'SELECT commentary.flush(); SELECT count(*) FROM pg_prepared_xacts'), "\n0", 'and nothing is prepared');
is(messages(1), '', 'and nothing was staged');

# What was rolled back is not in the way, in whatever manner it was.
for my $case (
	[ 'a rollback to a savepoint',     "SAVEPOINT s; $post ROLLBACK TO s;" ],
	[ 'release, then rollback',        "SAVEPOINT a; SAVEPOINT b; $post RELEASE b; ROLLBACK TO a;" ],
	[ 'nested, row in each, rollback of the outer', "SAVEPOINT a; $post SAVEPOINT b; $post SAVEPOINT c; $post RELEASE c; ROLLBACK TO a;" ],
	[ 'rollback of the inner, then of the outer',   "SAVEPOINT a; $post SAVEPOINT b; $post ROLLBACK TO b; ROLLBACK TO a;" ],
	[ 'the same savepoint twice',      "SAVEPOINT a; $post ROLLBACK TO a; $post ROLLBACK TO a; RELEASE a;" ],
	[ 'levels without rows between',   "SAVEPOINT a; SAVEPOINT b; SAVEPOINT c; SAVEPOINT d; $post RELEASE d; RELEASE c; ROLLBACK TO a;" ],
	[ 'an exception in PL/pgSQL',      "DO \$\$ BEGIN $post PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END \$\$;" ],
	[ 'a nested exception in PL/pgSQL', "DO \$\$ BEGIN BEGIN $post EXCEPTION WHEN no_data_found THEN NULL; END; PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END \$\$;" ],
	[ 'a replay that was rolled back', 'SAVEPOINT s; SELECT commentary.replay_rejected(rejected_id) FROM commentary.rejected; ROLLBACK TO s;' ],
	[ 'a match that was rolled back',  "SAVEPOINT s; SELECT commentary.create_match('a', 'b'); ROLLBACK TO s;" ])
{
	my ($about, $statements) = @$case;
	is(answer("BEGIN; $statements PREPARE TRANSACTION 'p'") =~ s/^\d*\n?$//r, '', "PREPARE after $about");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_prepared_xacts'), 1, "PREPARE after $about: it is prepared");
	$node->safe_psql('postgres', "COMMIT PREPARED 'p'");
}
is(messages(1), '', 'and none of it is in the log');
is(answer("BEGIN; SAVEPOINT s; $post ROLLBACK TO s; PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'; INSERT INTO commentary.feed (match_id, message) VALUES (4, 'after it'); SELECT count(*) FROM commentary.feed WHERE message = 'after it'"),
	1, 'the next transaction of the session waits for its flush as ever');
my $deep = join '', map { "SAVEPOINT s$_; INSERT INTO commentary.feed (match_id, message) VALUES (3, 'deep $_'); " } 1 .. 500;
like(answer("BEGIN; $deep ROLLBACK TO s2; PREPARE TRANSACTION 'p'"), qr/ERROR:  0A000: cannot PREPARE/, '500 nested savepoints with one row left: refused');
is(answer("BEGIN; $deep ROLLBACK TO s1; PREPARE TRANSACTION 'p'; ROLLBACK PREPARED 'p'"), '', '500 nested savepoints with none left: prepared');
is(answer(<<SQL), "7\n", 'PREPARE without commentary, after a transaction with some: fine');
INSERT INTO commentary.feed (match_id, message) VALUES (1, 'before');
BEGIN; CREATE TABLE mine AS SELECT 7 AS n; PREPARE TRANSACTION 'p';
COMMIT PREPARED 'p'; SELECT n FROM mine; SELECT commentary.flush();
SQL
is(messages(1), 'before', 'and the one with some is in the log');

# --- read-only ---
for my $case (
	[ $post,                             'cannot execute INSERT in a read-only transaction' ],
	[ "SELECT commentary.post(1, 'x')",  'cannot execute INSERT INTO commentary.feed in a read-only transaction' ],
	[ "SELECT commentary.amend(1, 2, 'x')", 'cannot execute INSERT INTO commentary.feed in a read-only transaction' ],
	[ "SELECT commentary.create_match('a', 'b')", 'cannot execute INSERT in a read-only transaction' ])
{
	like(answer("BEGIN READ ONLY; $case->[0]; COMMIT"), qr/ERROR:  25006: \Q$case->[1]\E/, "read-only: $case->[0]");
}
like(answer('BEGIN READ ONLY; SELECT body FROM commentary.tail(1, 1); SELECT commentary.flush(); COMMIT'), qr/before/,
	'read-only: reading and flush() are allowed');

# --- savepoints ---
is(answer(<<SQL), "outer,third", 'savepoints: what was rolled back is not there, in the order of the rest');
BEGIN;
INSERT INTO commentary.feed (match_id, message) VALUES (2, 'outer');
SAVEPOINT one; INSERT INTO commentary.feed (match_id, message) VALUES (2, 'first');
SAVEPOINT two; INSERT INTO commentary.feed (match_id, message) VALUES (2, 'second');
RELEASE two; ROLLBACK TO one;
INSERT INTO commentary.feed (match_id, message) VALUES (2, 'third');
COMMIT;
SELECT string_agg(message, ',' ORDER BY seq) FROM commentary.feed WHERE match_id = 2;
SQL
is(answer(<<SQL), "outer,third,kept", 'exceptions in PL/pgSQL: the same');
DO \$\$ BEGIN
	INSERT INTO commentary.feed (match_id, message) VALUES (2, 'kept');
	BEGIN
		INSERT INTO commentary.feed (match_id, message) VALUES (2, 'undone');
		INSERT INTO commentary.feed (match_id, message) VALUES (2, '');
	EXCEPTION WHEN check_violation THEN NULL;
	END;
END \$\$;
SELECT string_agg(message, ',' ORDER BY seq) FROM commentary.feed WHERE match_id = 2;
SQL
is(answer("BEGIN; INSERT INTO commentary.feed (match_id, message) VALUES (2, 'aborted'); SELECT 1/0; COMMIT; SELECT commentary.flush()") =~ /22012/, 1,
	'an error: the transaction is undone');
is(messages(2), 'outer,third,kept', 'and with it what it staged');

# --- parallel queries ---
my $parallel = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;";
$node->safe_psql('postgres', 'CREATE TABLE many AS SELECT generate_series(1, 20000) AS n; ALTER TABLE many SET (parallel_workers = 2); ANALYZE many');
is($node->safe_psql('postgres', "SELECT string_agg(DISTINCT proparallel::text, '') FROM pg_proc WHERE pronamespace = 'commentary'::regnamespace AND proname IN ('post', 'amend', 'retract', 'create_match', 'flush')"),
	'u', 'what writes is parallel unsafe');
is(answer("$parallel SELECT count(commentary.post(3, 'not parallel')) FROM many WHERE n <= 3"), 3, 'a query that could be parallel is not, with post() in it');
is(messages(3), join(',', ('not parallel') x 3), 'and each row is there once');
$node->safe_psql('postgres', 'ALTER FUNCTION commentary.post PARALLEL SAFE');
like(answer("$parallel SET parallel_leader_participation = off; SELECT count(commentary.post(3, 'parallel')) FROM many WHERE n <= 3"),
	qr/ERROR:  25000: cannot execute INSERT INTO commentary.feed during a parallel operation/, 'who says that it is parallel safe gets an error');
$node->safe_psql('postgres', 'ALTER FUNCTION commentary.post PARALLEL UNSAFE; SELECT commentary.flush()');
is(messages(3), join(',', ('not parallel') x 3), 'and stages nothing');
like(answer("$parallel SET parallel_leader_participation = off; SELECT max(length(commentary.entry_body(e))) > 0 FROM commentary.entry e"), qr/^t$/,
	'reading may be parallel');

# --- TRUNCATE, UPDATE, DELETE ---
for my $statement ('TRUNCATE commentary.entry', 'TRUNCATE commentary.match', 'DELETE FROM commentary.entry',
	"UPDATE commentary.entry SET message = 'x'", 'DELETE FROM commentary.match WHERE match_id = 1')
{
	like(answer($statement), qr/ERROR:  55000: cannot change or remove rows of commentary\.\w+\n.*DETAIL:  .*\n.*HINT:  /s, "$statement: refused, and says what to do instead");
}

# --- a lock on each of our tables, and a writer that comes meanwhile ---
my $locker = $node->background_psql('postgres');
for my $table (qw(match entry epoch), map { s/commentary.//r } @SEGMENTS)
{
	$locker->query_safe("BEGIN; LOCK TABLE commentary.$table IN ACCESS EXCLUSIVE MODE");
	my $writer = psql_start($node, 'postgres', "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'lock on $table'); UPDATE commentary.match SET home_score = coalesce(home_score, 0) + 1 WHERE match_id = 1;");
	wait_for('the writer to wait, or to be through', sub { psql_is_over($writer) || $node->safe_psql('postgres', <<SQL) == 1 });
SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'INSERT%' AND wait_event IS NOT NULL
SQL
	$locker->query_safe('COMMIT');
	is((psql_finish($writer))[1], '', "a lock on $table: the writer goes on when it is gone");
}
is($node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message LIKE 'lock on %'"), 3 + @SEGMENTS, 'and all rows are there');

# --- locks that would be a deadlock, if the flusher held one while it waits for another ---
$locker->query_safe('BEGIN; LOCK TABLE commentary.entry IN SHARE MODE');
my $writer = psql_start($node, 'postgres', "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'deadlock');");
wait_for('the flusher to wait', sub { $node->safe_psql('postgres', 'SELECT state FROM commentary.status()') eq 'waiting' });
$locker->query_safe('LOCK TABLE ' . join(', ', @SEGMENTS) . ' IN EXCLUSIVE MODE; COMMIT');
is((psql_finish($writer))[1], '', 'locks taken in the other order than by the flusher: the writer hears nothing of it');
is($node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message = 'deadlock'"), 1, 'and its row is there once');
unlike(slurp_file($node->logfile), qr/deadlock detected/, 'and it was no deadlock');
$locker->quit;

is_sound($node, 'in the end');
is_clean($node, 'in the end');
$node->stop;
done_testing();
