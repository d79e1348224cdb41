# A logical follower: it numbers nothing, begins no epoch and refuses writes, so that what its
# subscription applies never meets entries of its own. With commentary.role = follower, and
# when the DBA forgot it; of all tables, and of some; until it is promoted.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my @conf = ('wal_level = logical', 'max_wal_senders = 10', 'max_replication_slots = 10', 'wal_retrieve_retry_interval = 100ms',
	'max_worker_processes = 20', 'max_logical_replication_workers = 10', 'max_sync_workers_per_subscription = 4', 'max_prepared_transactions = 5', 'fsync = off', 'autovacuum = off');
my $primary = new_node('primary', @conf);
install($primary, 'postgres', 2);
sub sql { return $primary->safe_psql('postgres', $_[0]) }
sql('CREATE TABLE ledger (name text PRIMARY KEY)');

my $LOG = 'SELECT md5(string_agg(e::text, chr(10) ORDER BY match_id, seq)), count(*) FROM commentary.entry AS e';
my $EPOCH = 'SELECT commentary.epoch()';

sub subscribe
{
	my ($node, $name, $publication, $options) = @_;
	$node->safe_psql('postgres', "CREATE SUBSCRIPTION $name CONNECTION '" . $primary->connstr
		. " dbname=postgres' PUBLICATION $publication" . ($options ? " WITH ($options)" : ''));
	wait_for("the initial copy of $name", sub {
		$node->safe_psql('postgres', "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel") eq 't' });
}

# All that was committed on the primary until now is applied.
sub caught_up
{
	my ($node) = @_;
	sql('SELECT commentary.flush()');
	my $wanted = sql($LOG);
	wait_for($node->name . ' to catch up', sub { $node->safe_psql('postgres', $LOG) eq $wanted });
}

sub errors_of
{
	return $_[0]->safe_psql('postgres', 'SELECT coalesce(sum(apply_error_count + sync_error_count), 0) FROM pg_stat_subscription_stats');
}

# --- forgotten: a state that is applied before its entry ---
sql('CREATE PUBLICATION everything FOR ALL TABLES');
my $forgetful = new_node('forgetful', @conf);
$forgetful->safe_psql('postgres', 'CREATE EXTENSION commentary; CREATE TABLE ledger (name text PRIMARY KEY)');
subscribe($forgetful, 'forgetful', 'everything');
caught_up($forgetful);
sql('SELECT commentary.pause()');
sql("SET commentary.ack = staged; UPDATE commentary.match SET status = 'live' WHERE match_id = 1");
wait_for('the match to be applied', sub { $forgetful->safe_psql('postgres', "SELECT status FROM commentary.match WHERE match_id = 1") eq 'live' });
$forgetful->safe_psql('postgres', 'SELECT commentary.worker_restart()');
$forgetful->restart;
wait_for('the flusher', sub { $forgetful->safe_psql('postgres', "SELECT state FROM commentary.status()") eq 'idle' });
sql('SELECT commentary.resume()');
sql("SELECT commentary.post(1, 'goes on')");
caught_up($forgetful);
is(errors_of($forgetful), 0, 'without the setting: apply goes on');
is($forgetful->safe_psql('postgres', $EPOCH), sql($EPOCH), '... in the epoch of the primary')
	or diag($forgetful->safe_psql('postgres', 'SELECT * FROM commentary.epoch') . "\n" . join '', grep { /commentary/ } split /^/, slurp_file($forgetful->logfile));


# What a statement says that is refused, with its SQLSTATE.
sub refused
{
	my ($node, $sql) = @_;
	my (undef, undef, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	return $error;
}
sub role_row { return $_[0]->safe_psql('postgres', "SELECT is_ok, finding FROM commentary.check() WHERE subject = 'role'") }

like(slurp_file($forgetful->logfile), qr/WARNING:  commentary follows another server.*\n.*subscription "forgetful"\.\n.*HINT:/, '... the log says it');
like(role_row($forgetful), qr/^f\|.*subscription "forgetful"/, '... and check()');
like(refused($forgetful, "SELECT commentary.post(1, 'x');"), qr/25006: cannot write commentary in a follower\nDETAIL:  .*subscription "forgetful"\.\nHINT:  Write in the primary/, '... and a write is refused');
is($forgetful->safe_psql('postgres', 'SELECT count(*) FROM commentary.relay_pass'), 1, 'the pass of the primary does not come with all tables');

# --- set up by the book, with all options, while writers write ---
sql('CREATE PUBLICATION region FOR TABLE commentary.match, commentary.entry, commentary.epoch, ledger');
my $writer = psql_start($primary, 'postgres', "SELECT commentary.post(2, 'while it is copied ' || n) FROM generate_series(1, 3) AS n;\n" x 300);
my $region = new_node('region', @conf, 'commentary.region_lag_limit = 2s');
$region->safe_psql('postgres', 'ALTER DATABASE postgres SET commentary.role = follower');
$region->safe_psql('postgres', 'CREATE EXTENSION commentary; CREATE TABLE ledger (name text PRIMARY KEY)');
wait_for('its flusher', sub { $region->safe_psql('postgres', 'SELECT state FROM commentary.status()') eq 'idle' });
is($region->safe_psql('postgres', 'SELECT count(*) FROM commentary.epoch'), 0, 'in the role follower it begins no epoch');
$region->safe_psql('postgres', 'ALTER TABLE commentary.entry ADD COLUMN region text DEFAULT \'here\'');
subscribe($region, 'region', 'region', 'binary = true, streaming = on, two_phase = true, disable_on_error = true');
psql_finish($writer);
my $columns = join ', ', map { "e.$_" } split /\n/, sql("SELECT attname FROM pg_attribute WHERE attrelid = 'commentary.entry'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum");
$LOG = "SELECT md5(string_agg(ROW($columns)::text, chr(10) ORDER BY match_id, seq)), count(*) FROM commentary.entry AS e";
caught_up($region);
is($region->safe_psql('postgres', $EPOCH), sql($EPOCH), 'the initial copy and what came meanwhile: the same log, in the same epoch');
is(errors_of($region), 0, '... without an error');
is_sound($region, 'the follower');
like(role_row($region), qr/^t\|/, 'check() is content');

my %writes = (
	'an insert' => "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'x')",
	'a correction' => 'SELECT commentary.retract(1, 3)',
	'a new match' => "SELECT commentary.create_match('C', 'D')",
	'a change of a match' => "UPDATE commentary.match SET status = 'paused' WHERE match_id = 1",
	'a purge' => 'SELECT commentary.purge(1)',
	'a purge of the lobby' => 'SELECT commentary.purge_lobby(now())',
	'an epoch' => 'SELECT commentary.begin_epoch()',
	'a replay' => 'SELECT commentary.replay_rejected(1)');
like(refused($region, "$writes{$_};"), qr/25006: .*\nDETAIL:  commentary\.role is "follower"\.\nHINT:  Write in the primary/, "$_ is refused") for sort keys %writes;
is($region->safe_psql('postgres', 'SELECT commentary.flush()'), '', 'flush() has nothing to wait for');

# --- what listeners hear ---
my ($there, $here) = map { psql_open($_, 'postgres') } $primary, $region;
psql_ask($_, 'SELECT commentary.listen();') for $there, $here;
sub heard
{
	my ($psql) = @_;
	my $said = '';
	wait_for('a notification', sub { $said .= join '', psql_ask($psql, 'SELECT 1;'); $said =~ /with payload "/ });
	return $said =~ /with payload "(.*)" received/s ? $1 : '';
}
sql("SELECT commentary.post(1, 'heard in both')");
my ($original, $copy) = (heard($there), heard($here));
is($copy =~ s/^(\S+ \S+ \S+ \S+ \S+) \d+\n/$1\n/r, $original =~ s/^(\S+ \S+ \S+ \S+ \S+) \d+\n/$1\n/r, 'a follower notifies what the primary notifies');
is($copy =~ /^\S+ \S+ 1 \d+ 1 (\d+)\n/ ? $1 : '', $region->safe_psql('postgres', "SELECT (extract(epoch FROM flushed_at) * 1000000)::bigint FROM commentary.entry WHERE message = 'heard in both'"),
	'... with the time of the flush on the primary');
sql("SELECT count(commentary.post(1, 'many ' || n)) FROM generate_series(1, 2000) AS n");
my $head = sql('SELECT max(seq) FROM commentary.entry WHERE match_id = 1');
caught_up($region);
my $all = '';
wait_for('the newest to be announced', sub { $all .= join '', psql_ask($here, 'SELECT 1;'); $all =~ /payload "1 \w+ 1 $head 1"/ || $all =~ /"seq":$head,/ });
pass('of very many entries at once the newest is announced');

# A prepared transaction of others is applied, and the entries beside it are announced.
psql_close($there);
sql("BEGIN; INSERT INTO ledger VALUES ('prepared'); PREPARE TRANSACTION 'p'; SELECT commentary.post(1, 'beside it'); COMMIT PREPARED 'p'");
caught_up($region);
is($region->safe_psql('postgres', 'SELECT name FROM ledger'), 'prepared', 'two_phase: a prepared transaction is applied');
is($region->safe_psql('postgres', 'SELECT subenabled FROM pg_subscription'), 't', '... and nothing has disabled the subscription');

# --- corrections, translations, a purge ---
sql(<<'SQL');
SELECT commentary.amend(1, 3, 'mended');
SELECT commentary.retract(1, 4, 'wrong');
SELECT commentary.create_match(lang => 'fr', translation_of => 1);
UPDATE commentary.match SET status = 'finished' WHERE match_id = 2;
SQL
sql('SELECT commentary.purge(2)');
caught_up($region);
wait_for('the match to go', sub { $region->safe_psql('postgres', 'SELECT count(*) FROM commentary.match WHERE match_id = 2') eq '0' });
is($region->safe_psql('postgres', 'SELECT count(*) FROM commentary.entry WHERE match_id = 2'), 0, 'a purge comes through');
my $feed = 'SELECT md5(string_agg(f::text, chr(10) ORDER BY match_id, seq)) FROM commentary.feed AS f';
is($region->safe_psql('postgres', $feed), sql($feed), 'corrections and translations read the same');
is(errors_of($region), 0, '... without an error');

# --- how late it is ---
my $region_is = sub { $region->safe_psql('postgres', 'SELECT subscription, is_running, is_copied, is_late, lag < interval \'2 s\' FROM commentary.stat_region') };
wait_for('the region to be in time', sub { $region_is->() eq 'region|t|t|f|t' });
$region->safe_psql('postgres', 'ALTER SUBSCRIPTION region DISABLE');
wait_for('the region to be late', sub { $region_is->() eq 'region|f|t|t|f' });
like($region->safe_psql('postgres', "SELECT is_ok, finding FROM commentary.check() WHERE subject = 'region'"), qr/^f\|late, \d{4,} ms$/, 'a subscription that does not run is late: check() says it');
$region->safe_psql('postgres', 'ALTER SUBSCRIPTION region ENABLE');
wait_for('the region to be in time again', sub { $region_is->() eq 'region|t|t|f|t' });
is(sql('SELECT count(*) FROM commentary.stat_region'), 0, 'a primary is no region');

# --- a part: some matches, some columns ---
sql(<<'SQL');
CREATE PUBLICATION part FOR TABLE commentary.match WHERE (match_id = 1), commentary.epoch,
	commentary.entry (match_id, seq, op, ref_seq, message, metadata, created_at, flushed_at, epoch_no) WHERE (match_id = 1);
SQL
my $part = new_node('part', @conf);
$part->safe_psql('postgres', 'ALTER DATABASE postgres SET commentary.role = follower; CREATE EXTENSION commentary');
subscribe($part, 'part', 'part');
sql("SELECT commentary.post(1, 'for the part', actor => 'left out'), commentary.post(3, 'not for the part')");
my $said = "SELECT count(*), max(seq) FROM commentary.read(1, 0, 10000)";
wait_for('the part', sub { $part->safe_psql('postgres', $said) eq sql($said) });
is($part->safe_psql('postgres', "SELECT string_agg(DISTINCT match_id::text, ' '), count(actor) FROM commentary.entry"), '1|0', 'some matches, and some columns, of which relays can read');
is(errors_of($part), 0, '... without an error');
$part->stop;

# --- promotion ---
# The primary dies between a change of a match and its entry.
sql('SELECT commentary.pause()');
sql("SET commentary.ack = staged; UPDATE commentary.match SET status = 'paused' WHERE match_id = 1");
wait_for('the match to be applied', sub { $region->safe_psql('postgres', "SELECT status FROM commentary.match WHERE match_id = 1") eq 'paused' });
my ($epoch, $newest) = (sql($EPOCH), sql('SELECT max(seq) FROM commentary.entry WHERE match_id = 1'));
my $matches = sql('SELECT max(match_id) FROM commentary.match');
$primary->stop('immediate');
my $pooled = psql_open($region, 'postgres');
psql_ask($pooled, 'SELECT 1;');
$region->safe_psql('postgres', $_) for 'ALTER SUBSCRIPTION region DISABLE', 'ALTER SUBSCRIPTION region SET (slot_name = NONE)', 'DROP SUBSCRIPTION region';
like(refused($region, "SELECT commentary.post(1, 'x');"), qr/25006/, 'without a subscription it is a follower still, by its role');
$region->safe_psql('postgres', 'ALTER DATABASE postgres RESET commentary.role');
wait_for('an epoch of its own', sub { $region->safe_psql('postgres', $EPOCH) ne $epoch });
wait_for('the state that was lost', sub { $region->safe_psql('postgres', "SELECT metadata ->> 'status' FROM commentary.entry WHERE match_id = 1 ORDER BY seq DESC LIMIT 1") eq 'paused' });
is($region->safe_psql('postgres', "SELECT seq FROM commentary.branches(1) WHERE epoch = '$epoch'"), $newest, 'promoted: the lineage goes on from the newest entry');
my (undef, $err) = psql_ask($pooled, "SELECT commentary.post(1, 'from a session of before');");
is($err, '', '... a session from before may write');
psql_close($pooled);
is($region->safe_psql('postgres', "SELECT commentary.create_match('Next', 'One')"), $matches + 1, '... matches are numbered on');
is($region->safe_psql('postgres', "SELECT max(seq) FROM commentary.entry WHERE match_id = 1"), $newest + 2, '... and entries');
is_sound($region, 'the promoted one');
is($region->safe_psql('postgres', 'SELECT count(*) FROM commentary.rejected'), 0, '... and nothing was set aside');
psql_close($here);

# The one without the setting is promoted by the end of its subscription.
$forgetful->safe_psql('postgres', $_) for 'ALTER SUBSCRIPTION forgetful DISABLE', 'ALTER SUBSCRIPTION forgetful SET (slot_name = NONE)', 'DROP SUBSCRIPTION forgetful';
wait_for('its own epoch', sub { $forgetful->safe_psql('postgres', $EPOCH) ne $epoch });
is($forgetful->safe_psql('postgres', "SELECT commentary.create_match('Next', 'One')"), $matches + 1, 'without the setting it is promoted too');
is_sound($forgetful, 'the forgetful one');
is_clean($_, $_->name) for $forgetful, $region, $part;
$_->stop for $forgetful, $region;

done_testing();
