# Rows wait in the backend until the commit: savepoints, deferred triggers, cursors,
# errors at the commit, more rows than fit into memory. Open and nested transactions of
# others leave nothing in staging that a flush would have to look at.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main', 'deadlock_timeout = 200ms', 'max_prepared_transactions = 2', 'temp_file_limit = 200MB');
install($node, 'postgres', 40);
$node->safe_psql('postgres', 'CREATE TABLE other (n integer)');
my $match = 0;

sub sql { return $node->safe_psql('postgres', $_[0]) }
sub messages { return sql("SELECT string_agg(message, ',' ORDER BY seq) FROM commentary.feed WHERE match_id = $_[0]") }

# A row for the match that a test has.
sub post { return "INSERT INTO commentary.feed (match_id, message) VALUES ($match, '$_[0]');" }

sub answer
{
	my ($statement) = @_;
	my (undef, $out, $err) = $node->psql('postgres', $statement, extra_params => [ '-v', 'VERBOSITY=verbose', '-v', 'ON_ERROR_STOP=0' ]);
	return $err eq '' ? $out : $err;
}

sub staged { return sql('SELECT ' . join(' + ', map { "(SELECT count(*) FROM $_)" } @SEGMENTS)) }
sub in_use { return sql('SELECT ' . join(' + ', map { "pg_relation_size('$_')" } @SEGMENTS)) }

# --- the order of what a transaction writes, in memory and in a file ---
for my $work_mem ('4MB', '64kB')
{
	$match++;
	my $many = sub { "INSERT INTO commentary.feed (match_id, message) SELECT $match, '$_[0]-' || n || repeat('x', 200) FROM generate_series(1, 1000) n;" };
	is(answer(<<SQL), '', "work_mem $work_mem: savepoints");
SET work_mem = '$work_mem';
BEGIN;
@{[$many->('first')]}
SAVEPOINT a; @{[$many->('undone')]} SAVEPOINT b; @{[$many->('undone')]} RELEASE b; ROLLBACK TO a;
@{[$many->('second')]}
SAVEPOINT c; @{[$many->('undone')]} ROLLBACK TO c; @{[post('single')]} ROLLBACK TO c;
SAVEPOINT d; SAVEPOINT e; @{[$many->('third')]} RELEASE e; SAVEPOINT f; @{[$many->('undone')]} ROLLBACK TO f; RELEASE d;
@{[post('last')]}
UPDATE commentary.match SET home_score = 1 WHERE match_id = $match;
COMMIT;
SQL
	is(sql(<<SQL), "first 1000 2,second 1000 1002,third 1000 2002,last 1 3002,match 2 1", "work_mem $work_mem: what was kept, in its order");
SELECT string_agg(what || ' ' || n || ' ' || least, ',' ORDER BY position(left(what, 3) IN 'fir sec thi las mat'))
FROM (SELECT coalesce(split_part(left(message, 6), '-', 1), op) AS what, count(*) AS n, min(seq) AS least FROM commentary.entry WHERE match_id = $match GROUP BY 1) AS t
SQL
	is(sql("SELECT op || seq FROM commentary.entry WHERE match_id = $match ORDER BY seq DESC LIMIT 1"), 'match3003', "work_mem $work_mem: the state behind the lines before it");
}
$match++;
is(answer("SET work_mem = '64kB'; BEGIN;" . join('', map { "SAVEPOINT s; INSERT INTO commentary.feed (match_id, message) SELECT $match, '$_ ' || n || repeat('y', 500) FROM generate_series(1, 200) n; " . ($_ % 3 ? 'ROLLBACK TO s;' : 'RELEASE s;') } 1 .. 60) . 'COMMIT;'),
	'', 'many savepoints, two of three rolled back');
is(sql("SELECT count(*), count(DISTINCT message), min(split_part(message, ' ', 1)::int % 3), max(split_part(message, ' ', 1)::int % 3) FROM commentary.feed WHERE match_id = $match"),
	'4000|4000|0|0', 'the third of them is there');
is(sql("SELECT bool_and(seq = n) FROM (SELECT seq, row_number() OVER (ORDER BY split_part(message, ' ', 1)::int, substring(message FROM ' (\\d+)')::int) + 1 AS n FROM commentary.feed WHERE match_id = $match) t"),
	't', 'in the order in which it was written');

# --- 200,000 rows in one COPY: memory does not grow with them ---
$match++;
my $copy = "COPY commentary.feed (match_id, message) FROM PROGRAM 'seq -f \"$match\tline %.0f of the copy, which is as long as an ordinary line of commentary is\" 200000'";
my $memory = answer("SET work_mem = '2MB'; BEGIN; $copy; SELECT (sum(total_bytes) / 1024 / 1024)::int FROM pg_backend_memory_contexts; SELECT size > 10000000 FROM pg_ls_tmpdir(); COMMIT;");
my ($mb, @files) = split /\n/, $memory;
like($mb, qr/^\d+$/, 'COPY of 200,000 rows') or diag($memory);
cmp_ok($mb, '<', 24, 'a session with 200,000 rows has no more than that many MB of memory');
is("@files", 't', 'the rest is in a temporary file');
sql('SELECT commentary.flush()');
is(sql("SELECT count(*), max(seq), count(DISTINCT message) FROM commentary.feed WHERE match_id = $match"), '200000|200001|200000', 'and all of it in the log');
is(sql('SELECT count(*) FROM pg_ls_tmpdir()'), 0, 'no temporary file is left');
like(answer("SET temp_file_limit = '1MB'; SET work_mem = '64kB'; BEGIN; INSERT INTO other VALUES (1); $copy; COMMIT;"), qr/ERROR:  53400: temporary file size exceeds/, 'temp_file_limit: the INSERT fails');
is(sql('SELECT count(*) FROM other'), 0, '... and the transaction with it');

# --- what runs at the commit ---
$match++;
sql(<<SQL);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM commentary.post(NEW.n, ''deferred''); RETURN NULL; END';
CREATE TABLE told (n bigint);
CREATE CONSTRAINT TRIGGER tell AFTER INSERT ON told DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell();
CREATE TABLE parent (n integer PRIMARY KEY);
CREATE TABLE child (n integer REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
SQL
is(answer("BEGIN; INSERT INTO told VALUES ($match); @{[post('immediate')]} COMMIT;"), '', 'a deferred trigger that posts');
is(messages($match), 'immediate,deferred', '... comes last');
is(answer("BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT commentary.post($match, 'held ' || n) > 0 FROM generate_series(1, 3) n; COMMIT; CLOSE c;"), '', 'a cursor WITH HOLD that posts, run by the commit');
like(messages($match), qr/,deferred,held 1,held 2,held 3$/, '... is in the log');
like(answer("BEGIN; @{[post('refused')]} INSERT INTO child VALUES (1); COMMIT;"), qr/ERROR:  23503:/, 'a deferred constraint that fails at the commit');
like(answer("BEGIN; INSERT INTO other VALUES (2); INSERT INTO told VALUES (4711); COMMIT;"), qr/ERROR:  23503: there is no match 4711/, 'a deferred trigger whose row is refused');
is(answer("BEGIN; @{[post('with returning')]} SELECT commentary.post($match, 'by post') FROM generate_series(1, 3); COMMIT;"), "2\n3\n4", 'post() counts the rows of its transaction');
is(answer("INSERT INTO commentary.feed (match_id, message) VALUES ($match, 'returned') RETURNING match_id = $match, seq IS NULL, message;"), 't|t|returned', 'RETURNING');
is(answer("BEGIN; @{[post('flushed by itself')]} SELECT commentary.flush(); COMMIT;"), '', 'flush() in the same transaction does not wait for it');
is(answer("BEGIN; @{[post('chained')]} COMMIT AND CHAIN; @{[post('second of the chain')]} COMMIT;"), '', 'COMMIT AND CHAIN');
is(answer("DO \$\$ BEGIN FOR i IN 1 .. 3 LOOP PERFORM commentary.post($match, 'loop ' || i); COMMIT; END LOOP; END \$\$;"), '', 'COMMIT in a procedure');
like(messages($match), qr/,chained,second of the chain,loop 1,loop 2,loop 3$/, 'all in their order');
unlike(messages($match), qr/refused/, 'and nothing that was refused');

# --- an error at the commit undoes all of it ---
$match++;
my $writer = psql_open($node, 'postgres');
for my $case (
	[ 'a column of the segments renamed', join(';', map { "ALTER TABLE $_ RENAME message TO msg" } @SEGMENTS), join(';', map { "ALTER TABLE $_ RENAME msg TO message" } @SEGMENTS) ],
	[ 'a column that the segments must have', join(';', map { "ALTER TABLE $_ ADD COLUMN mine integer NOT NULL DEFAULT 1" } @SEGMENTS), join(';', map { "ALTER TABLE $_ DROP COLUMN mine" } @SEGMENTS) ])
{
	my ($name, $ddl, $undo) = @$case;
	psql_ask($writer, "BEGIN; INSERT INTO other VALUES (3); @{[post('in vain')]};");
	sql($ddl);
	like((psql_ask($writer, 'COMMIT;'))[1], qr/^ERROR:  .*commentary/, "$name meanwhile: the COMMIT says so");
	sql($undo);
	is(sql('SELECT count(*) FROM other WHERE n = 3'), 0, "$name meanwhile: the COMMIT fails, and the other tables have nothing");
	is((psql_ask($writer, 'SHOW synchronous_commit;'))[0], "on\n", "$name: the session is as before");
}
psql_ask($writer, "BEGIN; INSERT INTO other VALUES (4); @{[post('after it')]} COMMIT;");
is(messages($match) . sql('SELECT count(*) FROM other WHERE n = 4'), 'after it1', 'and the next one goes through');
psql_ask($writer, "BEGIN; INSERT INTO other VALUES (5); SELECT commentary.post($match, 'dropped');");
sql('CREATE DATABASE apart');
$node->safe_psql('apart', 'CREATE EXTENSION commentary; SELECT commentary.create_match(\'a\', \'b\')');
my $apart = psql_open($node, 'apart');
psql_ask($apart, "CREATE TABLE other (n integer); BEGIN; INSERT INTO other VALUES (6); SELECT commentary.post(1, 'x');");
$node->safe_psql('apart', 'DROP EXTENSION commentary');
like((psql_ask($apart, 'COMMIT;'))[1], qr/^ERROR:  extension "commentary" (is not installed|was dropped)/, 'the extension dropped meanwhile: the COMMIT says so');
is($node->safe_psql('apart', 'SELECT count(*) FROM other'), 0, 'the extension dropped meanwhile: the COMMIT fails');
psql_close($apart);
psql_ask($writer, 'COMMIT;');
is(sql('SELECT count(*) FROM other WHERE n = 5'), 1, 'another database hears nothing of it');

# --- long and nested transactions: nothing of them is in staging ---
$match++;
sql('SELECT commentary.flush()');
my $before = in_use();
my $long = $node->background_psql('postgres');
$long->query_safe("BEGIN; INSERT INTO commentary.feed (match_id, message) SELECT $match, 'long ' || n FROM generate_series(1, 300000) n");
my $nested = $node->background_psql('postgres');
$nested->query_safe("BEGIN; DO \$\$ BEGIN FOR i IN 1 .. 200 LOOP BEGIN PERFORM commentary.post($match, 'block ' || i); EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END \$\$;");
$nested->query_safe(join '', map { "SAVEPOINT s$_; SELECT commentary.post($match, 'nested $_');\n" } 1 .. 2000);
my @idle = map { my $psql = $node->background_psql('postgres'); $psql->query_safe("BEGIN; INSERT INTO commentary.feed (match_id, message) VALUES ($match, 'idle $_')"); $psql } 1 .. 6;
cmp_ok(in_use(), '<=', $before, '300,000 open rows, 2,000 nested savepoints, six idle writers: staging does not grow');
is(sql('SELECT staged_rows FROM commentary.stat_flush'), 0, 'and no row waits');
is(sql("SELECT count(*) FROM pg_locks WHERE relation IN (@{[join ', ', map { qq('$_'::regclass) } @SEGMENTS]}) AND mode = 'RowExclusiveLock' AND pid <> (SELECT flusher_pid FROM commentary.status())"), 0, 'nor is a segment locked');
is($nested->query_safe('SELECT pg_current_xact_id_if_assigned() IS NULL'), 't', 'savepoints with commentary need no transaction id');
sql("INSERT INTO commentary.feed (match_id, message) SELECT $match, 'through ' || n || repeat('x', 1000) FROM generate_series(1, 500) n") for 1 .. 60;
cmp_ok(sql('SELECT staging_bytes FROM commentary.status()'), '<', 8 * 1024 * 1024, '30 MB go through staging beside them');
$_->quit for @idle;
$nested->query_safe('COMMIT');
is(sql("SELECT count(*) FROM commentary.entry WHERE match_id = $match AND message ~ '^(block|nested)'"), 2200, 'what they commit is there');
$long->query_safe('COMMIT');
is(sql("SELECT count(*) FROM commentary.entry WHERE match_id = $match AND message LIKE 'long %'"), 300000, 'all of it');
is(sql("SELECT count(*) FROM commentary.entry WHERE message LIKE 'idle %'"), 0, 'and nothing of those that were not committed');
$long->quit;
$nested->quit;
psql_close($writer);

is(staged(), 0, 'staging is empty in the end');
is_sound($node, 'in the end');
is_clean($node, 'in the end');
$node->stop;
done_testing();
