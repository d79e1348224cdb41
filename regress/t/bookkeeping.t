# A DBA alters the tables of our bookkeeping: commentary.epoch, purging, rejected, relay. What
# needs the altered column says which one it is and how to mend it, all else goes on, and after
# the mending nothing is lost. And what somebody writes by force into the log keeps nobody from
# reading the rest.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main', 'autovacuum = off', "commentary.ack = 'staged'");
install($node, 'postgres', 5);

sub sql { return $node->safe_psql('postgres', $_[0]) }
sub error_of { my (undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$_[0]"); return $err }
sub faults { return sql('SELECT relation, column_name, effect, finding, to_do FROM commentary.structure_faults()') }
sub lines { return sql("SELECT string_agg(message, ',' ORDER BY seq) FROM commentary.entry WHERE match_id = 1 AND op = 'insert'") }
sub post { sql("SELECT commentary.post(1, '$_[0]')") }
sub flushed { wait_for("the flush of $_[0]", sub { (lines() // '') =~ /\b$_[0]\b/ }) }

# --- the doctor knows every column that we name ---
my %named = (
	epoch    => [qw(epoch system_identifier timeline started_at epoch_no place)],
	purging  => [qw(match_id error below_seq)],
	rejected => [qw(rejected_id rejected_at sqlstate error detail wants_replay after_seq stage_no message)],
);
for my $table (sort keys %named)
{
	for my $column (@{ $named{$table} })
	{
		my $effect = $table eq 'epoch' ? 'the flusher waits' : 'warning';
		my $found = $node->safe_psql('postgres', <<SQL);
BEGIN;
ALTER TABLE commentary.$table RENAME COLUMN $column TO its_new_name;
SELECT relation, column_name, effect, finding, to_do FROM commentary.structure_faults() WHERE column_name IS NOT NULL;
ROLLBACK;
SQL
		like($found, qr/^$table\|$column\|$effect\|column "$column" of commentary.$table is missing.*RENAME COLUMN its_new_name TO $column\.$/m, "$table.$column is missed");
	}
}
for my $case (
	[ 'ALTER TABLE commentary.relay SET LOGGED', qr/^relay\|\|warning\|commentary.relay is logged\|ALTER TABLE commentary.relay SET UNLOGGED/m ],
	[ 'ALTER TABLE commentary.epoch SET UNLOGGED', qr/^epoch\|\|warning\|commentary.epoch is unlogged. A crash of the server empties it.\|ALTER/m ],
	[ 'CREATE TABLE public.child () INHERITS (commentary.epoch)', qr/^epoch\|\|warning\|commentary.epoch has tables that inherit/m ],
	[ 'CREATE TABLE public.child () INHERITS (commentary.relay)', qr/^relay\|\|warning\|commentary.relay has tables that inherit/m ],
	[ 'ALTER TABLE commentary.purging RENAME TO p', qr/^purging\|\|warning\|commentary.purging is missing/m ],
	[ 'ALTER TABLE commentary.relay_pass RENAME TO p', qr/^relay_pass\|\|warning\|commentary.relay_pass is missing/m ],
	[ 'ALTER TABLE commentary.relay DROP CONSTRAINT relay_pkey', qr/^relay\|\|warning\|commentary.relay has lost its primary key\|ALTER TABLE commentary.relay ADD PRIMARY KEY \(relay_id\)/m ],
	[ 'ALTER TABLE commentary.purging DROP CONSTRAINT purging_pkey', qr/^purging\|\|warning\|commentary.purging has lost its primary key\|ALTER/m ],
	[ 'ALTER TABLE commentary.epoch ADD COLUMN note text', qr/^epoch\|\|note\|commentary.epoch has columns of others: note/m ],
	[ 'ALTER TABLE commentary.rejected ADD COLUMN must text NOT NULL', qr/^rejected\|must\|warning\|column "must" of commentary.rejected is NOT NULL/m ],
	[ 'ALTER TABLE commentary.epoch ALTER place TYPE varchar(4000)', qr/^epoch\|place\|the flusher waits\|column "place" of commentary.epoch has type/m ])
{
	my ($ddl, $wanted) = @$case;
	like(sql("BEGIN; $ddl; SELECT relation, column_name, effect, finding, to_do FROM commentary.structure_faults(); ROLLBACK"), $wanted, $ddl);
}
is(faults(), '', 'nothing is altered');

# --- the epoch ---
sql('ALTER TABLE commentary.epoch RENAME epoch_no TO nr');
sql("SELECT pg_terminate_backend(flusher_pid) FROM commentary.status()");
post('waits');
my $waits = '';
wait_for('the flusher to say what it misses', sub { $waits = sql("SELECT finding FROM commentary.check() WHERE subject = 'commits'"); $waits =~ /epoch_no/ });
like($waits, qr/column "epoch_no" of commentary.epoch is missing/, 'the flusher says which column is missing');
like(sql("SELECT to_do FROM commentary.check() WHERE subject = 'structure'"), qr/RENAME COLUMN its_new_name TO epoch_no/, 'and the doctor how to bring it back');
like(slurp_file($node->logfile), qr/HINT:  If it was renamed: ALTER TABLE commentary.epoch RENAME COLUMN its_new_name TO epoch_no/, 'so does the log');
like(error_of('SELECT commentary.begin_epoch()'), qr/42703: column "epoch_no".*HINT:  If it was renamed/s, 'and begin_epoch()');
sql('ALTER TABLE commentary.epoch RENAME nr TO epoch_no');
flushed('waits');
for my $number ('9223372036854775807', '-5', '0')
{
	like(error_of("UPDATE commentary.epoch SET epoch_no = $number"), qr/23514: $number cannot be the number of an epoch.*HINT:  Leave the numbers/s, "an epoch has no number $number");
}

# --- what is to be purged ---
sql("UPDATE commentary.match SET status = 'abandoned' WHERE match_id = 5");
sql('ALTER TABLE commentary.purging RENAME error TO why');
like(error_of('SELECT commentary.purge(5)'), qr/42703: column "error" of commentary.purging is missing.*HINT:  If it was renamed/s, 'purge() says which column is missing');
sql('SELECT commentary.worker_restart()');
post('goes on');
flushed('goes on');
wait_for('the warning', sub { slurp_file($node->logfile) =~ /WARNING:  commentary cannot purge anything: column "error" of commentary.purging is missing/ });
pass('the flusher goes on with all else, and tells');
sql('ALTER TABLE commentary.purging RENAME why TO error');
sql('ALTER TABLE commentary.purging RENAME TO p');
like(error_of('SELECT commentary.purge(5)'), qr/42P01: relation "commentary.purging" is missing.*HINT:  Bring it back under this name/s, 'it says that the table is missing');
sql('ALTER TABLE commentary.p RENAME TO purging');
is(sql('SELECT commentary.purge(5) > 0'), 't', 'purge() works again');
wait_for('the purge', sub { sql('SELECT count(*) FROM commentary.purging') eq '0' });

# --- rows that are set aside ---
sql("ALTER TABLE commentary.entry ADD CONSTRAINT no_bad CHECK (message <> 'bad') NOT VALID");
sql('ALTER TABLE commentary.rejected RENAME error TO why');
sql("SELECT commentary.post(1, 'bad', metadata => '{\"k\": 1}', minute => 7, tags => '{a}', occurred_at => '2026-01-01Z')");
wait_for('the flusher to say what it misses', sub { sql('SELECT waits_for FROM commentary.status()') =~ /column "error" of commentary.rejected is missing/ });
pass('the flusher says what keeps it from setting a row aside');
sql('ALTER TABLE commentary.rejected RENAME why TO error');
wait_for('the row', sub { sql('SELECT count(*) FROM commentary.rejected') eq '1' });
sql('ALTER TABLE commentary.rejected RENAME rejected_id TO id');
like(error_of('SELECT commentary.replay_rejected(1)'), qr/42703: column "rejected_id" of commentary.rejected is missing.*HINT:  If it was renamed/s, 'replay_rejected() says which column is missing');
sql('ALTER TABLE commentary.rejected RENAME id TO rejected_id');
# Other types hold the same values: each is read as what it is for us.
sql(<<'SQL');
ALTER TABLE commentary.rejected ALTER metadata TYPE json, ALTER minute TYPE numeric, ALTER message TYPE varchar(3000),
	ALTER occurred_at TYPE timestamp, ALTER rejected_id TYPE integer,
	ALTER after_seq TYPE numeric;
ALTER TABLE commentary.entry DROP CONSTRAINT no_bad;
SELECT commentary.replay_rejected(1);
SQL
is(sql("SELECT message, minute, metadata, tags FROM commentary.entry WHERE message = 'bad'"), 'bad|7|{"k": 1}|{a}', 'a row comes back through columns of other types');
is(sql('SELECT count(*) FROM commentary.rejected'), 0, 'and is set aside no more');

# --- what is written into the log by force ---
my $after = sql('SELECT (extract(epoch FROM now()) * 1000000)::bigint - 60000000');
sql(<<'SQL');
SELECT commentary.post(2, 'line ' || n) FROM generate_series(1, 3) n;
SELECT commentary.post(3, 'untouched');
SELECT commentary.flush();
SQL
my %forced = (
	flushed_at  => [ "'infinity'", "'-infinity'", "'294276-12-31Z'", "'4713-01-01Z BC'", "'2999-01-01Z'" ],
	created_at  => [ "'infinity'", "'-infinity'", "'294276-12-31Z'", "'4713-01-01Z BC'" ],
	occurred_at => [ "'infinity'", "'-infinity'" ],
	tags        => [ "'{a,NULL}'", "'{{a,b},{c,d}}'", "'{}'", "'[5:6]={a,b}'" ],
	clear       => [ "'{actor,NULL,nothing}'", "'{{actor,team},{clock,phase}}'" ],
	metadata    => [ "'5'", "'null'", "'[]'", "'{\"n\": 1e400}'" ],
	op          => [ "'nothing'", "''" ],
	kind        => [ 'NULL', "''" ],
	message     => [ 'NULL', "repeat('x', 3000000)" ],
	period      => [ '-32768' ],
	home_score  => [ '-2147483648' ],
	ref_seq     => [ '-1', '9223372036854775807' ],
	epoch_no    => [ 'NULL', '-1', '9223372036854775807' ],
	client_ref  => [ "''" ],
);

for my $column (sort keys %forced)
{
	for my $value (@{ $forced{$column} })
	{
		my $out = sql(<<SQL);
BEGIN;
SET LOCAL commentary.allow_log_changes = on;
UPDATE commentary.entry SET $column = $value WHERE match_id = 2 AND seq = (SELECT max(seq) - 1 FROM commentary.entry WHERE match_id = 2);
SELECT count(body::json) > 3 FROM commentary.read(2, 0);
SELECT count(body::json) > 3 FROM commentary.tail(2);
SELECT bool_or(body LIKE '%untouched%') AND bool_and(flushed_us < extract(epoch FROM now()) * 1000000 + 1) FROM commentary.flushed_after($after);
SELECT count(*) > 0 FROM commentary.branches(2) AS b RIGHT JOIN (SELECT) AS one ON true;
SELECT count(*) > 2 FROM commentary.stat_match;
SELECT count(*) >= 0 FROM commentary.purgeable(now());
SELECT count(*) >= 0 FROM commentary.feed WHERE match_id = 2;
SELECT head > 3 FROM commentary.heads('{2}');
ROLLBACK;
SQL
		is($out, join("\n", ('t') x 8), "$column = " . substr($value, 0, 30) . ' by force: all is read');
	}
}
for my $state ('NULL', "'5'", "'[1]'")
{
	is(sql(<<SQL), "{}\nt\nt", "a state that is $state: all is read");
BEGIN;
SET LOCAL commentary.allow_log_changes = on;
UPDATE commentary.entry SET metadata = $state WHERE match_id IN (0, 2) AND op = 'match';
SELECT DISTINCT body::json ->> 'state' FROM commentary.read(2, 0) WHERE body::json ->> 'type' = 'match';
SELECT json_typeof(commentary.lobby()::json) = 'array';
SELECT count(*) > 3 FROM commentary.matches();
ROLLBACK;
SQL
}
is_sound($node, 'at the end');
is_clean($node, 'at the end');
$node->stop;
done_testing();
