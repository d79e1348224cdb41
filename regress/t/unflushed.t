# Nothing can be acknowledged: writers are warned in bounded time, and told what the
# flusher waits for; check(), status() and ack_status() say so, with who is in the way.
# When it is over, all is well again, and every row is in the log.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'commentary'
autovacuum = off
max_prepared_transactions = 2
max_connections = 40
CONF
$node->start;
install($node, 'postgres', 1);
my ($dba, $reader) = map { $node->background_psql('postgres') } 1 .. 2;
my $rows = 0;

sub sql { return $node->safe_psql('postgres', $_[0]) }

# Makes no new connection, because there may be none left.
sub ask { return $reader->query_safe($_[0]) }
sub commits { return ask("SELECT is_ok, finding, to_do FROM commentary.check() WHERE subject = 'commits'") }

# Where the row is. With checksums (PostgreSQL 18 has them) the hint bits of a page that it read are
# WAL too, and then a row goes into the ring that is logged.
my $held = qr/(?: to staging| and is on the disk of this server)/;

# What a writer hears whose ack_timeout is over.
sub write_row
{
	my ($timeout) = @_;
	my (undef, undef, $err) = $node->psql('postgres', "SET commentary.ack_timeout = '$timeout'; INSERT INTO commentary.feed (match_id, message) VALUES (1, 'row " . ++$rows . "')");
	return $err;
}

# A case: name; how it comes about; what the flusher waits for then; how it ends. More:
# blockers, who is named; late, is_working is looked at, which takes 5 s; silent, nobody
# knows what it waits for.
sub is_told
{
	my ($name, $begin, $waits_for, $end, %more) = @_;
	$begin->();
	like(write_row('1s'), qr/^\S*\s*WARNING:  the flush of committed commentary takes longer than commentary.ack_timeout\nDETAIL:  The transaction has committed$held.* The flusher waits for $waits_for\.\nHINT:  /, "$name: the writer is warned, and told why")
	  unless $more{silent};
	write_row('1s') if $more{silent};
	wait_for("$name: check() to say so", sub { commits() =~ /^f\|1 wait to be flushed, the oldest for \d+ ms/ });
	like(commits(), qr/the flusher waits for $waits_for.*\|(?!ok)\S/s, "$name: check() says what it is, and what to do") unless $more{silent};
	like(commits(), $more{blockers}, "$name: and who is in the way") if $more{blockers};
	wait_for("$name: ack_status() to say so", sub { ask('SELECT is_working FROM commentary.ack_status()') eq 'f' }) if $more{late};
	like(ask('SELECT waits_for, oldest_ms > 0 FROM commentary.ack_status()'), qr/^$waits_for\|t$/, "$name: so does ack_status()") unless $more{silent};
	like(ask('SELECT waits_for, waits_since < now(), oldest_ms > 0 FROM commentary.status()'), qr/^$waits_for\|t\|t$/, "$name: and status()") unless $more{silent};
	is(ask('SELECT commentary.acks_work()'), 'f', "$name: after some seconds it is not ready, and stat_relay shows it") if $more{late};
	$end->();
	wait_for("$name: all to be well again", sub { commits() =~ /^t\|none waits to be flushed\|ok$/ });
	is(ask('SELECT is_working, oldest_ms, waits_for FROM commentary.ack_status()'), 't|0|', "$name: over, and all is well");
	is(ask("SELECT count(*) FROM commentary.entry WHERE op = 'insert'"), $rows, "$name: every row is in the log");
}

is(commits(), 't|none waits to be flushed|ok', 'at first all is well');

is_told('paused', sub { sql('SELECT commentary.pause()') }, qr/commentary\.resume\(\)/, sub { sql('SELECT commentary.resume()') }, late => 1);

my $pid = $dba->query_safe('SELECT pg_backend_pid()');
is_told('the log is locked', sub { $dba->query_safe('BEGIN; LOCK TABLE commentary.entry IN SHARE MODE') },
	qr/a lock on commentary\.entry/, sub { $dba->query_safe('COMMIT') },
	blockers => qr/in the way: pid $pid \([^)]*idle in transaction\)/, late => 1);
# A writer of a new session looks at the log once, and must not wait for it there.
$dba->query_safe('BEGIN; LOCK TABLE commentary.entry');
like(write_row('1s'), qr/WARNING:  the flush of committed commentary takes longer than commentary.ack_timeout/, 'the whole log is locked: a new session is warned in time');
$dba->query_safe('COMMIT');
wait_for('its row to be flushed', sub { commits() =~ /^t\|none waits/ });
is_told('a staging segment is locked', sub { $dba->query_safe('BEGIN; LOCK TABLE ' . join(', ', grep { ask("SELECT pg_relation_size('$_')") > 0 } @SEGMENTS)) },
	qr/a lock on commentary\.staging_\w+/, sub { $dba->query_safe('COMMIT') }, blockers => qr/in the way: pid $pid /);

# A command of a DBA that waits behind a VACUUM, or what else takes its lock.
my $alter;
is_told('ALTER TABLE behind a VACUUM',
	sub {
		$dba->query_safe('BEGIN; LOCK TABLE commentary.entry IN SHARE UPDATE EXCLUSIVE MODE');
		$alter = psql_start($node, 'postgres', 'ALTER TABLE commentary.entry SET (fillfactor = 90);');
		wait_for('it to wait', sub { ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE%' AND wait_event_type = 'Lock'") == 1 });
		$alter = psql_start($node, 'postgres', 'CREATE INDEX another ON commentary.entry (minute);');
		wait_for('another one to wait', sub { ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock'") == 1 });
	},
	qr/a lock on commentary\.entry/, sub { $dba->query_safe('COMMIT'); psql_finish($alter) },
	blockers => qr/in the way: pid \d+ \([^)]*active\) behind $pid/);
sql('DROP INDEX commentary.another');

is_told('a prepared transaction', sub { sql("BEGIN; LOCK TABLE commentary.entry IN EXCLUSIVE MODE; PREPARE TRANSACTION 'forgotten'") },
	qr/a lock on commentary\.entry/, sub { sql("COMMIT PREPARED 'forgotten'") }, blockers => qr/in the way: a prepared transaction/);

is_told('a column that no row can fill', sub { sql('ALTER TABLE commentary.entry ADD COLUMN owed integer CHECK (owed > 0)'); sql('ALTER TABLE commentary.entry ALTER owed SET DEFAULT -1') },
	qr/its next (?:attempt|start), after the error: .*/, sub { sql('ALTER TABLE commentary.entry DROP COLUMN owed') });

is_told('a synchronous standby that is away', sub { want_a_standby($node, 'away') },
	qr/a synchronous standby(?:, of which too few are connected)?/, sub { $node->append_conf('postgresql.auto.conf', "synchronous_standby_names = ''"); $node->reload }, late => 1);

# It hangs, and nobody knows why.
my $flusher = ask('SELECT flusher_pid FROM commentary.status()');
is_told('a flusher that is stopped', sub { kill 'STOP', $flusher }, qr//, sub { kill 'CONT', $flusher }, silent => 1, late => 1);

# --- the standby is away, and nobody writes: the next commit would wait ---
$node->append_conf('postgresql.auto.conf', "synchronous_standby_names = 'FIRST 2 (a, b)'");
$node->reload;
wait_for('ack_status() to say so', sub { ask('SELECT is_working, oldest_ms FROM commentary.ack_status()') eq 'f|0' });
my $standbys = "SELECT is_ok, finding FROM commentary.check() WHERE subject = 'standbys'";
my $asked_for = qr/^f\|0 of 2 that synchronous_standby_names asks for are connected/;
like(ask($standbys), $asked_for, 'nobody writes, and no standby is there: check() says so all the same');
my ($status, $out, $err) = $node->psql('postgres', "SET standard_conforming_strings = off; $standbys");
like($out, $asked_for, 'also where backslashes escape');
is($err, '', 'without a warning');
$node->append_conf('postgresql.auto.conf', "synchronous_standby_names = ''");
$node->reload;
wait_for('all to be well again', sub { ask('SELECT is_working FROM commentary.ack_status()') eq 't' });

# --- staged where durable was meant ---
sub acknowledgement { return sql("SELECT is_ok, finding FROM commentary.check() WHERE subject = 'acknowledgement'") }
sql('CREATE ROLE hasty; CREATE FUNCTION hasty() RETURNS void LANGUAGE sql AS $$ SELECT $$');
for my $case (
	[ 'ALTER ROLE hasty SET commentary.ack = staged', 'ALTER ROLE hasty RESET ALL', qr/role hasty/ ],
	[ 'ALTER ROLE hasty IN DATABASE postgres SET commentary.ack = staged', 'ALTER ROLE hasty IN DATABASE postgres RESET ALL', qr/role hasty in database postgres/ ],
	[ 'ALTER DATABASE postgres SET commentary.ack = staged', 'ALTER DATABASE postgres RESET ALL', qr/this session, database postgres/ ],
	[ 'ALTER FUNCTION hasty() SET commentary.ack = staged', 'ALTER FUNCTION hasty() RESET ALL', qr/function public\.hasty\(\)/ ])
{
	my ($set, $reset, $whom) = @$case;
	sql($set);
	like(acknowledgement(), qr/^f\|commentary.ack = staged for $whom$/, "$set: check() says it");
	sql($reset);
	is(acknowledgement(), 't|commentary.ack = durable for all', 'and not when it is undone');
}

# --- pause() that ends in an error has paused nothing ---
sql(<<'SQL');
CREATE FUNCTION lasts(message text) RETURNS boolean LANGUAGE sql AS $$ SELECT message <> 'lasts' OR pg_catalog.pg_advisory_xact_lock(1) IS NOT NULL $$;
ALTER TABLE commentary.entry ADD CONSTRAINT lasts CHECK (lasts(message)) NOT VALID;
SQL
$dba->query_safe('SELECT pg_advisory_lock(1)');
my $writer = psql_start($node, 'postgres', "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'lasts');");
wait_for('the flusher to be busy', sub { ask("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'commentary flusher' AND wait_event = 'advisory'") == 1 });
my (undef, undef, $err) = $node->psql('postgres', "SET statement_timeout = '200ms'; SELECT commentary.pause()");
like($err, qr/ERROR:  canceling statement due to statement timeout/, 'pause() that is cancelled');
$dba->query_safe('SELECT pg_advisory_unlock(1)');
psql_finish($writer);
sql('ALTER TABLE commentary.entry DROP CONSTRAINT lasts');
is(write_row('20s'), '', 'has paused nothing');

# A pause outlives its flusher.
sql('SELECT commentary.pause(); SELECT commentary.worker_restart()');
wait_for('the new flusher to rest', sub { ask('SELECT state FROM commentary.status()') ne 'starting' });
sql("SET commentary.ack = staged; INSERT INTO commentary.feed (match_id, message) VALUES (1, 'held')");
is(ask('SELECT state FROM commentary.status()'), 'paused', 'a new flusher is paused as the old one was');
is(ask("SELECT count(*) FROM commentary.entry WHERE message = 'held'"), 0, 'and has flushed nothing');
sql('SELECT commentary.resume(); SELECT commentary.flush()');
is(ask("SELECT count(*) FROM commentary.entry WHERE message = 'held'"), 1, 'until it is resumed');
is_sound($node, 'in the end');
is_clean($node, 'in the end');
eval { $_->quit } for $dba, $reader;

# --- stopping a server whose flusher waits for what does not go away ---
$node->safe_psql('postgres', "BEGIN; LOCK TABLE commentary.entry IN EXCLUSIVE MODE; PREPARE TRANSACTION 'forgotten'");
$node->safe_psql('postgres', "SET commentary.ack = staged; INSERT INTO commentary.feed (match_id, message) VALUES (1, 'left')");
$node->stop('fast');
$node->start;
$node->safe_psql('postgres', "ROLLBACK PREPARED 'forgotten'");
is($node->safe_psql('postgres', "SELECT commentary.flush(); SELECT count(*) FROM commentary.entry WHERE message = 'left'"), "\n1", 'a server can be stopped while the flusher waits, and nothing is lost');
$node->stop;

# --- no worker process for a flusher, or for the launcher ---
for my $case ([ 1, qr/a free worker process: all max_worker_processes are in use/ ], [ 0, qr/the launcher, which does not run/ ])
{
	my ($workers, $waits_for) = @$case;
	$node->append_conf('postgresql.conf', "max_worker_processes = $workers\nmax_logical_replication_workers = 0\nmax_parallel_workers = 0");
	$node->start;
	my ($warned, $heard) = (qr/WARNING:  .*\nDETAIL:  .* The flusher waits for $waits_for\.\n/);
	wait_for("max_worker_processes = $workers: the launcher to find out", sub { ($heard = write_row('1s')) =~ $warned });
	like($heard, $warned, "max_worker_processes = $workers: the writer is warned, and told why");
	like($node->safe_psql('postgres', "SELECT is_ok, finding, to_do FROM commentary.check() WHERE subject = 'commits'"), qr/^f\|.*the flusher waits for $waits_for\|.*max_worker_processes/, 'check() says what to do');
	$node->stop;
}
$node->append_conf('postgresql.conf', 'max_worker_processes = 8');
$node->start;
wait_for('what was left in staging', sub { $node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message LIKE 'row %'") == $rows });
pass('with enough of them again, what was staged is flushed');
$node->stop;
done_testing();
