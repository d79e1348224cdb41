# Several databases at once, each with its flusher, and what a DBA does to them
# while they are written to: CREATE and DROP EXTENSION, ALTER EXTENSION UPDATE,
# DROP, rename and copy of a database. Each is done in time, or says clearly why
# not; what was acknowledged is there.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;
use Time::HiRes qw(time);

use constant { WRITERS => 3, ROWS => 20_000, ENOUGH => 30, SOON_S => 60 };

my $node = new_node('main', 'max_connections = 60', 'max_worker_processes = 12',
	'commentary.max_databases = 5', 'log_min_messages = warning', 'log_statement = none');

sub create_database
{
	my ($name, @how) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name @how");
	install($node, $name, 3) unless @how;
}

# Writers of a database: each says on stderr what has returned, beside the errors.
sub start_writers
{
	my ($database) = @_;
	my @writers;
	for my $writer (1 .. WRITERS)
	{
		my $script = join '', map {
			my $match = $_ % 3 + 1;
			"INSERT INTO commentary.feed (match_id, message) VALUES ($match, 'w$writer-$_');\n\\warn returned w$writer-$_\n"
		} 1 .. ROWS;
		push @writers, psql_start($node, $database, $script);
	}
	my $total = sub { scalar map { (psql_said($_))[1] =~ /^returned/mg } @writers };
	wait_for("writers of $database", sub { $total->() >= ENOUGH * WRITERS });
	return @writers;
}

sub count_returned { return scalar map { (psql_said($_))[1] =~ /^returned/mg } @_ }

# Waits until they have written more rows.
sub go_on
{
	my (@writers) = @_;
	my $before = count_returned(@writers);
	wait_for('writing to go on', sub { count_returned(@writers) > $before + ENOUGH });
}

sub stop_writers
{
	my (@writers) = @_;
	kill 'TERM', map { $_->{pid} } grep { !psql_is_over($_) } @writers;
	return map { (psql_finish($_))[1] } @writers;
}

# The rows that were acknowledged without an error or a warning.
sub acknowledged
{
	my @rows;
	for my $said (@_)
	{
		my $has_failed = 0;
		for (split /\n/, $said)
		{
			$has_failed = 1 if /^(ERROR|WARNING|FATAL|server closed)/;
			next unless /^returned (\S+)/;
			push @rows, $1 unless $has_failed;
			$has_failed = 0;
		}
	}
	return @rows;
}

sub is_stored
{
	my ($database, $name, @said) = @_;
	my @rows = acknowledged(@said);
	my %stored = map { $_ => 1 } split /\n/, $node->safe_psql($database,
		"SELECT commentary.flush(); SELECT message FROM commentary.entry WHERE op = 'insert'");
	my @lost = grep { !$stored{$_} } @rows;
	cmp_ok(scalar @rows, '>=', ENOUGH, "$name: enough was acknowledged to tell");
	is(scalar @lost, 0, "$name: all of it is there") or diag("lost: @lost[0 .. 4]");
	is_sound($node, $name, $database);
}

# Runs a command of a DBA, and tells whether it was done in time.
sub command
{
	my ($name, $database, $sql, $is_wrong) = @_;
	my $began = time;
	my ($status, $out, $err) = $node->psql($database, $sql, timeout => 2 * SOON_S);
	ok($is_wrong ? $status : !$status, "$name: " . ($is_wrong ? 'fails' : 'succeeds')) or diag($err);
	cmp_ok(time - $began, '<', SOON_S, "$name: within " . SOON_S . ' s');
	return $err;
}

sub errors_of { return sort { $a cmp $b } keys %{ { map { $_ => 1 } map { /^(?:ERROR|FATAL|WARNING):  (.*)/mg } @_ } } }

sub flushers { return $node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'commentary flusher'") }

# --- one after the other, all alive at once ---
create_database("db$_") for 1 .. 3;
my %writers = map { $_ => [ start_writers("db$_") ] } 1 .. 3;
is(flushers(), 3, 'each database has its flusher');
for my $n (1 .. 3)
{
	my @said = stop_writers(@{ $writers{$n} });
	is_stored("db$n", "db$n", @said);
	is(join(',', errors_of(@said)), '', "db$n: no error");
}

# --- a flusher that ends leaves no lock behind, for which DDL would wait for ever ---
# It holds the segments for a while after its second flush. A lock of nobody is met by
# DDL, or by the next flusher, in the place of the one that ended.
for (1 .. 3)
{
	$node->safe_psql('db1', "SELECT commentary.post(1, 'one'); SELECT commentary.post(1, 'and another')");
	$node->safe_psql('db1', "SELECT pg_terminate_backend(flusher_pid, 10000) FROM commentary.status()");
	wait_for('another flusher', sub { flushers() == 3 });
	$node->safe_psql('db1', 'SELECT commentary.flush()');
}
command('locking the segments after it', 'db1',
	"SET lock_timeout = '30s'; BEGIN; LOCK TABLE @{[join ', ', @SEGMENTS]}; COMMIT");
unlike(slurp_file($node->logfile), qr/is already held/, 'a flusher that ends leaves no lock to the next one');

# --- ALTER EXTENSION UPDATE under load ---
create_database('old', ' ');
$node->safe_psql('old', <<SQL);
CREATE EXTENSION commentary VERSION '1.0';
SELECT commentary.create_match('Home', 'Away') FROM generate_series(1, 3);
ALTER TABLE commentary.entry ADD CONSTRAINT no_bad CHECK (message <> 'bad');
SQL
my @writers = start_writers('old');
command('ALTER EXTENSION UPDATE', 'old', "ALTER EXTENSION commentary UPDATE TO '1.1'");
go_on(@writers);
my @said = stop_writers(@writers);
is_stored('old', 'ALTER EXTENSION UPDATE', @said);
is(join(',', errors_of(@said)), '', 'ALTER EXTENSION UPDATE: the writers notice nothing');
$node->safe_psql('old', "SELECT commentary.post(1, 'bad')");
is($node->safe_psql('old', 'SELECT message FROM commentary.rejected'), 'bad', 'its flusher knows where rejected rows go now');

# --- DROP EXTENSION under load, and CREATE EXTENSION after it ---
@writers = start_writers('old');
command('DROP EXTENSION', 'old', 'DROP EXTENSION commentary');
wait_for('the writers to be refused', sub { 3 == grep { (psql_said($_))[1] =~ /^ERROR:  relation "commentary.feed" does not exist/m } @writers });
my @errors = grep { !/^(relation "commentary.feed" does not exist|deadlock detected|extension "commentary" is not installed in this database|committed commentary was lost before it was flushed)$/ }
  errors_of(stop_writers(@writers));
is(join(',', @errors), '', 'DROP EXTENSION: the writers get a clear error');
wait_for('its flusher to end', sub { flushers() == 3 });
command('CREATE EXTENSION again', 'old', 'CREATE EXTENSION commentary');
wait_for('a flusher for it', sub { flushers() == 4 });
is($node->safe_psql('old', <<SQL), "1\n2", 'CREATE EXTENSION again: it works');
SELECT commentary.create_match('Home', 'Away');
SELECT commentary.post(1, 'after') > 0 WHERE false;
SELECT count(*) FROM commentary.entry WHERE match_id IN (0, 1);
SQL

# The old flusher may not have noticed yet that its extension is another one.
command('DROP and CREATE EXTENSION at once', 'old', 'DROP EXTENSION commentary; CREATE EXTENSION commentary');
wait_for('an epoch', sub { $node->safe_psql('old', 'SELECT commentary.epoch()') ne '' });

# Who begins afresh with the schema of the application does not lose all commentary.
$node->safe_psql('old', 'DROP SCHEMA public CASCADE; CREATE SCHEMA public');
isnt($node->safe_psql('old', 'SELECT commentary.epoch()'), '', 'DROP SCHEMA public CASCADE leaves the extension alone');
like($node->safe_psql('old', "CREATE ROLE founder SUPERUSER; SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'commentary'"),
	qr/^pg_catalog$/, 'it belongs to no schema that others drop');

# What drops it without naming it.
foreach my $way ('DROP OWNED BY founder', 'DROP EXTENSION plpgsql CASCADE; CREATE EXTENSION plpgsql')
{
	$node->safe_psql('old', <<SQL);
SET client_min_messages = warning; DROP EXTENSION commentary;
SET ROLE founder; CREATE EXTENSION commentary; RESET ROLE;
SELECT commentary.create_match('Home', 'Away') FROM generate_series(1, 3);
SQL
	@writers = start_writers('old');
	command($way, 'old', $way);
	my @refused = grep { /deadlock/ } errors_of(stop_writers(@writers));
	is(join(',', @refused), '', "$way beside writers: no deadlock");
	is($node->safe_psql('old', "SELECT count(*) FROM pg_extension WHERE extname = 'commentary'"), 0, "$way: the extension is gone");
	my (undef, undef, $err) = $node->psql('old', 'SET standard_conforming_strings = off; CREATE EXTENSION commentary');
	is($err, '', 'and made again where backslashes escape, without a warning');
}
wait_for('an epoch after that', sub { $node->safe_psql('old', 'SELECT commentary.epoch()') ne '' });
$node->safe_psql('old', "SELECT commentary.create_match('Home', 'Away')");

# What a founder leaves behind is given to somebody else: all of it goes on.
$node->safe_psql('old', 'SET client_min_messages = warning; CREATE ROLE heir SUPERUSER; DROP EXTENSION commentary; SET ROLE founder; CREATE EXTENSION commentary');
$node->safe_psql('old', "SELECT commentary.create_match('Home', 'Away') FROM generate_series(1, 3)");
@writers = start_writers('old');
command('REASSIGN OWNED', 'old', 'REASSIGN OWNED BY founder TO heir; DROP OWNED BY founder');
go_on(@writers);
@said = stop_writers(@writers);
is(join(',', errors_of(@said)), '', 'REASSIGN OWNED: the writers notice nothing');
is_stored('old', 'REASSIGN OWNED', @said);
is($node->safe_psql('old', "SELECT extowner::regrole FROM pg_extension WHERE extname = 'commentary'"), 'heir', 'and the extension has another owner');

# PostgreSQL drops an identity's sequence before its table. A session that holds the table,
# and then wants the next number, must not end in a deadlock with the DROP.
foreach my $table (qw(rejected match))
{
	my $holder = $node->background_psql('old');
	$holder->query_safe("BEGIN; LOCK TABLE commentary.$table IN ROW EXCLUSIVE MODE");
	my $dropping = psql_start($node, 'old', 'DROP EXTENSION commentary; CREATE EXTENSION commentary');
	wait_for('DROP EXTENSION to wait', sub { $node->safe_psql('postgres',
		"SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DROP EXT%' AND wait_event_type = 'Lock'") == 1 });
	my $column = $table eq 'match' ? 'match_id' : "${table}_id";
	like($holder->query_safe("SELECT nextval(pg_get_serial_sequence('commentary.$table', '$column')); COMMIT"), qr/\d/,
		"DROP EXTENSION beside a session that numbers $table: no deadlock");
	psql_finish($dropping);
	is($dropping->{status}, 0, 'and the DROP comes to its end');
	$holder->quit;
}

# A commit that waits while the extension is dropped does not wait for ever.
my $locker = $node->background_psql('db1');
$locker->query_safe('BEGIN; LOCK TABLE commentary.entry IN SHARE MODE');
my $waiter = psql_start($node, 'db1', "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'waits');");
wait_for('a commit to wait', sub { $node->safe_psql('postgres',
	"SELECT count(*) FROM pg_stat_activity WHERE datname = 'db1' AND query LIKE 'INSERT%' AND wait_event_type = 'Extension'") == 1 });
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE false");
my $dropper = psql_start($node, 'db1', 'DROP EXTENSION commentary');
wait_for('DROP EXTENSION to wait', sub { $node->safe_psql('postgres',
	"SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DROP EXT%' AND wait_event_type = 'Lock'") == 1 });
$locker->query_safe('COMMIT');
psql_finish($_) for $waiter, $dropper;
is($waiter->{status}, 0, 'DROP EXTENSION: a commit that waits comes to its end');
$locker->quit;

# --- no slot for one more ---
install($node, 'db1', 3);
$node->safe_psql('postgres', 'CREATE DATABASE ' . $_) for qw(db5 db6);
install($node, 'db5', 1);
like(command('one database too many', 'db6', 'CREATE EXTENSION commentary', 1),
	qr/ERROR:  too many databases with commentary\nDETAIL:  All 5 are in use.\nHINT:  Raise commentary.max_databases/,
	'one database too many: says what to do');
$node->safe_psql('postgres', 'DROP DATABASE db5');
command('and once there is room', 'db6', 'CREATE EXTENSION commentary');

# --- DROP DATABASE, with its flusher and with writers ---
@writers = start_writers('db2');
like(command('DROP DATABASE under load', 'postgres', 'DROP DATABASE db2', 1),
	qr/database "db2" is being accessed by other users/, "DROP DATABASE under load: PostgreSQL's own error");
go_on(@writers);
command('DROP DATABASE WITH (FORCE) under load', 'postgres', 'DROP DATABASE db2 WITH (FORCE)');
my @ended = errors_of(stop_writers(@writers));
is(join(',', grep { !/^terminat/ } @ended), '', 'DROP DATABASE WITH (FORCE): the writers are told that they are terminated');

# One that holds up the flusher does not hold up FORCE.
$locker = $node->background_psql('db1');
$locker->query_safe('BEGIN; LOCK TABLE commentary.entry IN SHARE MODE');
$waiter = psql_start($node, 'db1', "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'waits');");
wait_for('a commit to wait', sub { $node->safe_psql('postgres',
	"SELECT count(*) FROM pg_stat_activity WHERE datname = 'db1' AND query LIKE 'INSERT%' AND wait_event_type = 'Extension'") == 1 });
command('DROP DATABASE WITH (FORCE), flusher blocked', 'postgres', 'DROP DATABASE db1 WITH (FORCE)');
# Or its row was flushed: the locker may be terminated first, and then there is time; psql may still
# read the end of its connection after the success.
my (undef, $told) = psql_finish($waiter);
like($told, $waiter->{status} == 0 ? qr/^(FATAL:  terminating connection.*)?$/s : qr/terminated while waiting for the flush|terminating connection/,
	'and who waited for it was told');
eval { $locker->quit };

# --- a DBA who is terminated in the middle of it ---
my $visitor = $node->background_psql('db3');
my $sent_away = $node->safe_psql('db3', 'SELECT flusher_pid FROM commentary.status()');
$dropper = psql_start($node, 'postgres', 'DROP DATABASE db3');
# The next one may be there soon: the DROP waits 5 s for the visitor at most.
wait_for('the flusher to be sent away', sub { $node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE pid = $sent_away") == 0 });
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'DROP DATABASE db3'");
psql_finish($dropper);
is($node->safe_psql('db3', "SELECT commentary.post(1, 'after') > 0"), 't', 'DROP DATABASE terminated: the flusher is back');
$visitor->quit;

# --- rename, copy, close ---
@writers = start_writers('db3');
@said = stop_writers(@writers);
command('ALTER DATABASE RENAME', 'postgres', 'ALTER DATABASE db3 RENAME TO renamed');
@writers = start_writers('renamed');
push @said, stop_writers(@writers);
is_stored('renamed', 'ALTER DATABASE RENAME', @said);

command('CREATE DATABASE TEMPLATE', 'postgres', 'CREATE DATABASE copy TEMPLATE renamed');
is_stored('copy', 'CREATE DATABASE TEMPLATE', @said);
is($node->safe_psql('copy', "SELECT commentary.post(1, 'in the copy') > 0"), 't', 'CREATE DATABASE TEMPLATE: the copy works');
is($node->safe_psql('renamed', "SELECT commentary.post(1, 'in the original') > 0"), 't', 'CREATE DATABASE TEMPLATE: and so does the original');

isnt($node->safe_psql('copy', 'SELECT commentary.epoch()'), $node->safe_psql('renamed', 'SELECT commentary.epoch()'),
	'CREATE DATABASE TEMPLATE: the copy is a history of its own');
$node->safe_psql('postgres', 'ALTER DATABASE copy IS_TEMPLATE true; CREATE ROLE creator CREATEDB LOGIN');
command('a copy by somebody else', 'postgres', 'SET ROLE creator; CREATE DATABASE another TEMPLATE copy');
$node->safe_psql('postgres', 'ALTER DATABASE copy IS_TEMPLATE false; DROP DATABASE copy; DROP DATABASE another');
$node->safe_psql('template1', 'CREATE EXTENSION commentary');
command('CREATE DATABASE, commentary in template1', 'postgres', 'CREATE DATABASE fresh');
$node->safe_psql('template1', 'DROP EXTENSION commentary');
is($node->safe_psql('fresh', "SELECT commentary.create_match('Home', 'Away')"), 1, 'and it works there');
$node->safe_psql('postgres', 'DROP DATABASE fresh');

my $writer = $node->background_psql('renamed');
$node->safe_psql('postgres', 'ALTER DATABASE renamed ALLOW_CONNECTIONS false');
is($writer->query_safe("SELECT commentary.post(1, 'still here') > 0"), 't', 'ALLOW_CONNECTIONS false: who is connected goes on');
$writer->quit;
$node->safe_psql('postgres', 'ALTER DATABASE renamed ALLOW_CONNECTIONS true');

# --- a lock in one database does not keep the others from their flusher ---
$locker = $node->background_psql('renamed');
$locker->query_safe('BEGIN; LOCK TABLE ' . join(', ', @SEGMENTS));
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'commentary flusher'");
is($node->safe_psql('old', 'SELECT commentary.flush()'), '', 'a lock elsewhere keeps nobody from flushing');
$locker->quit;

# --- stop and start, with a launcher that is busy ---
for (1 .. 5)
{
	$node->safe_psql('postgres', 'CREATE DATABASE brief');
	$node->safe_psql('brief', 'CREATE EXTENSION commentary');
	$node->stop('fast');
	$node->start;
	wait_for('a flusher in it', sub { $node->safe_psql('postgres',
		"SELECT count(*) FROM pg_stat_activity WHERE datname = 'brief' AND backend_type = 'commentary flusher'") == 1 });
	$node->safe_psql('postgres', 'DROP DATABASE brief');
}
pass('it can be stopped whatever the launcher does');

# --- a flusher is started as soon as the one before is in office, and not a second later ---
my $all = flushers();
cmp_ok($all, '>', 2, 'there are some');
$node->restart;
wait_for('all flushers', sub { flushers() == $all });
cmp_ok($node->safe_psql('postgres', <<'SQL'), '<', 0.9, 'flushers start without a wait between them');
SELECT min(gap) FROM (SELECT extract(epoch FROM backend_start - lag(backend_start) OVER (ORDER BY backend_start)) AS gap
FROM pg_stat_activity WHERE backend_type = 'commentary flusher') AS starts
SQL
is_clean($node, 'to the end', 'what was staged was dropped');
$node->stop;
done_testing();
