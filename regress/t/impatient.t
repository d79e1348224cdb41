# Clients that do not wait for the flush: a cancel request, a pipeline, a statement after
# it, SET LOCAL in a transaction, settings of a role. While the flusher is paused each gets
# its answer in bounded time, with a warning that says what holds.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;
use Time::HiRes qw(time);

my $node = new_node('main', "commentary.ack_timeout = '2s'");
install($node, 'postgres', 1);
$node->safe_psql('postgres', "CREATE TABLE other (n integer); CREATE ROLE fast LOGIN SUPERUSER; ALTER ROLE fast SET commentary.ack = staged; CREATE ROLE hasty LOGIN SUPERUSER; ALTER ROLE hasty SET commentary.ack_timeout = '10ms'");
sub sql { return $node->safe_psql('postgres', $_[0]) }
sub is_waiting { return sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event_type = 'Extension'") == 1 }

my $post = "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'impatient')";
my $rows = 0;
sql('SELECT commentary.pause()');

# --- a CancelRequest, as psycopg, JDBC's query timeout and Ctrl-C send it ---
for my $case ([ 'staged', "$post;", qr/has committed to staging/ ], [ 'on disk', "BEGIN; INSERT INTO other VALUES (1); $post; COMMIT;", qr/is on the disk of this server/ ])
{
	my ($name, $statements, $holds) = @$case;
	# What a new session reads first may write WAL by itself: then it is on disk as well.
	my $psql = psql_start($node, 'postgres', "SET commentary.ack = staged; SELECT commentary.post(1, 'first');\nSET commentary.ack = durable; SET commentary.ack_timeout = 0;\n$statements\n");
	wait_for('its wait', \&is_waiting);
	kill 'INT', $psql->{pid};
	my (undef, $err) = psql_finish($psql);
	like($err, qr/\A(Cancel request sent\n)?WARNING:  canceled the wait for the flush of committed commentary\nDETAIL:  [^\n]*$holds[^\n]*\nHINT:  [^\n]*\n\z/, "a cancel request, $name: a warning, and no error");
	$rows += 2;
}

# --- a pipeline: the wait of the first does not keep the others for longer than it may ---
my $script = PostgreSQL::Test::Utils::tempdir() . '/pipeline.sql';
open(my $file, '>', $script) or die "cannot write $script: $!";
print {$file} "\\startpipeline\n", map({ "$post;\n" } 1 .. 3), "SELECT 1;\n\\endpipeline\n";
close($file);
my $began = time;
my ($out, $err) = run_command([ 'pgbench', '-n', '-M', 'extended', '-t', 1, '-f', $script, '-d', $node->connstr('postgres') ]);
cmp_ok(time - $began, '<', 60, 'a pipeline of libpq comes to its end');
like($err, qr/WARNING:  the flush of committed commentary takes longer than commentary.ack_timeout/, '... and is warned');
like($out, qr/number of transactions actually processed: 1\/1/, '... and not failed');
$rows += 3;

# --- SET LOCAL, as behind a pooler in transaction mode ---
my $session = psql_open($node, 'postgres');
is((psql_ask($session, "BEGIN; SET LOCAL commentary.ack = staged; $post; COMMIT;"))[1], '', 'SET LOCAL commentary.ack = staged: no wait');
like((psql_ask($session, "$post;"))[1], qr/WARNING:  the flush of committed commentary takes longer/, '... and the next transaction waits as ever');
like((psql_ask($session, "BEGIN; SET LOCAL commentary.ack_timeout = '5ms'; $post; COMMIT;"))[1], qr/WARNING:  the flush/, 'SET LOCAL commentary.ack_timeout');
like((psql_ask($session, "SET commentary.ack_timeout = 0; SET statement_timeout = '2s'; DO \$\$ BEGIN $post; COMMIT; END \$\$; RESET statement_timeout; RESET commentary.ack_timeout;"))[1], qr/WARNING:  canceled the wait/, 'statement_timeout in a procedure that commits');
like((psql_ask($session, "BEGIN; SAVEPOINT a; $post; ROLLBACK TO a; $post; COMMIT; SELECT 1/0;"))[1], qr/WARNING:  the flush.*ERROR:  division by zero/s, 'an error behind it is the error of its own statement');
$rows += 5;

# --- ALTER ROLE ---
is(($node->psql('postgres', $post, extra_params => [ '-U', 'fast' ]))[2], '', 'ALTER ROLE ... SET commentary.ack = staged');
like(($node->psql('postgres', $post, extra_params => [ '-U', 'hasty' ]))[2], qr/WARNING:  the flush/, 'ALTER ROLE ... SET commentary.ack_timeout');
$rows += 2;

is(sql('SELECT staged_rows FROM commentary.stat_flush'), $rows, 'all of it waits');
sql('SELECT commentary.resume(); SELECT commentary.flush()');
is(sql("SELECT count(*) FROM commentary.entry WHERE op = 'insert'"), $rows, 'and is in the log in the end, once');
is((psql_ask($session, "$post;"))[1], '', 'then nobody is warned any more');
psql_close($session);
is_sound($node, 'in the end');
is_clean($node, 'in the end');
$node->stop;
done_testing();
