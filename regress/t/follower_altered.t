# What a DBA may do to a logical follower and to the publications of its primary: skip transactions,
# drop and disable the subscription, alter publications, replica identities and roles, truncate the
# log. No entry is applied twice or numbered in the follower, and check() says what is missing, and
# what to do.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my @conf = ('wal_level = logical', 'wal_retrieve_retry_interval = 100ms', 'max_wal_senders = 10', 'max_replication_slots = 10', 'max_worker_processes = 20', 'max_logical_replication_workers = 10',
	'fsync = off', 'autovacuum = off');
my ($primary, $region) = map { new_node($_, @conf) } 'primary', 'region';
my $CONNECTION = "CONNECTION '" . $primary->connstr . " dbname=postgres'";
my $FORCE = 'SET commentary.allow_log_changes = on;';
my $LOG = "SELECT md5(string_agg(e::text, chr(10) ORDER BY match_id, seq)), count(*) FROM commentary.entry AS e WHERE match_id < 90";
my $MATCHES = 'SELECT md5(string_agg(m::text, chr(10) ORDER BY match_id)), count(*) FROM commentary.match AS m';
my $EPOCH = 'SELECT commentary.epoch()';

sub there { return $primary->safe_psql('postgres', $_[0]) }
sub here { return $region->safe_psql('postgres', $_[0]) }
sub post { return there("SELECT commentary.post(1, '$_[0]')") }
sub row { return $_[0]->safe_psql('postgres', "SELECT is_ok, finding, to_do FROM commentary.check() WHERE subject = '$_[1]'") }

sub refused
{
	my ($node, $sql) = @_;
	my (undef, undef, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	return $error;
}

# Waits until the follower has all that was committed on the primary before.
sub is_level
{
	my ($name) = @_;
	there('SELECT commentary.flush()');
	my $wanted = there($LOG) . there($MATCHES) . there($EPOCH);
	wait_for("$name: the region", sub { here($LOG) . here($MATCHES) . here($EPOCH) eq $wanted });
	pass("$name: the same log, matches and epoch");
}

# Waits until a row of check() at a node matches the pattern.
sub becomes
{
	my ($node, $subject, $pattern, $name) = @_;
	my $row = '';
	eval { wait_for("$subject in check()", sub { ($row = row($node, $subject)) =~ $pattern }, 60) };
	like($row, $pattern, $name);
}

install($primary, 'postgres', 3);
there("UPDATE commentary.match SET status = 'live'");
there('CREATE PUBLICATION region FOR TABLE commentary.match, commentary.entry, commentary.epoch');
here('ALTER DATABASE postgres SET commentary.role = follower');
here('CREATE EXTENSION commentary');

# --- before there is a subscription ---
becomes($region, 'publications', qr/^f\|no subscription has commentary.match, commentary.entry, commentary.epoch\|Nothing comes from a primary: CREATE SUBSCRIPTION.*RESET commentary.role/, 'a follower without a subscription: check() says so');
is(here($EPOCH), '', '... and it has no epoch');
here("CREATE SUBSCRIPTION region $CONNECTION PUBLICATION region WITH (disable_on_error = true)");
is_level('the initial copy');
for my $node ($primary, $region)
{
	like(row($node, 'publications'), qr/^t\|/, $node->name . ': check() is content with what is published') or diag(row($node, 'publications'));
}

# --- SKIP: somebody has written into the log by force ---
my $seq = there('SELECT max(seq) FROM commentary.entry WHERE match_id = 1') + 1;
here("$FORCE INSERT INTO commentary.entry (match_id, seq, op, message, created_at, flushed_at) VALUES (1, $seq, 'insert', 'forced', now(), now())");
post('meets the other');
post('behind it');
becomes($region, 'subscriptions', qr/^f\|region does not run, [1-9]\d* errors\|See the server's log.*ENABLE, or SKIP/, 'a row of another in the way: apply stops, and check() says so');
my ($lsn) = slurp_file($region->logfile) =~ m{for replication target relation "commentary.entry" in transaction \d+, finished at ([0-9A-F]+/[0-9A-F]+)};
here("$FORCE DELETE FROM commentary.entry WHERE message = 'forced'");
here("ALTER SUBSCRIPTION region SKIP (lsn = '$lsn')");
here('ALTER SUBSCRIPTION region ENABLE');
wait_for('what comes behind it', sub { here("SELECT count(*) FROM commentary.entry WHERE message = 'behind it'") eq '1' });
is(here('SELECT match_id, after_seq, missing FROM commentary.verify()'), '1|' . ($seq - 1) . '|1', 'skipped: a hole, which verify() finds');
like(row($region, 'log'), qr/^f\|a hole in match 1\|.*a transaction was skipped.*copy what is missing from the primary: see REGIONS\.md/, '... and check(), with what to do in a follower');
my $file = PostgreSQL::Test::Utils::tempdir() . '/missing';
there("\\copy (SELECT * FROM commentary.entry WHERE match_id = 1 AND seq = $seq) TO '$file'");
here("$FORCE\n\\copy commentary.entry FROM '$file'");
is_level('what was skipped is copied');
like(row($region, 'log'), qr/^t\|/, '... and check() is content');

# --- DISABLE and ENABLE, and options that are changed in use ---
here('ALTER SUBSCRIPTION region DISABLE');
becomes($region, 'subscriptions', qr/^f\|region does not run/, 'disabled: check() says so');
like(refused($region, "SELECT commentary.post(1, 'x');"), qr/25006/, '... and a write is refused');
post('while it was disabled');
here('ALTER SUBSCRIPTION region ENABLE');
here('ALTER SUBSCRIPTION region SET (binary = true, streaming = on, synchronous_commit = off)');
is_level('enabled again, with other options');

SKIP:
{
	skip 'origin = none is of PostgreSQL 16', 2 if $region->pg_version < 16;
	here('ALTER SUBSCRIPTION region SET (origin = none)');
	post('of no other origin');
	is_level('origin = none');
	here('ALTER SUBSCRIPTION region SET (origin = any)');
	like(row($region, 'publications'), qr/^t\|/, '... check() is content');
}

# --- replica identities ---
# Makes all kinds of changes: of a match, of the log by a purge, of the epochs.
sub change_all
{
	my ($name) = @_;
	my $match = there("SELECT commentary.create_match('For', '$name', status => 'live')");
	there("SELECT commentary.post($match, '$name'); UPDATE commentary.match SET home_score = 1, status = 'finished' WHERE match_id = $match");
	there("SELECT commentary.purge($match)");
	there('SELECT commentary.begin_epoch(afresh => true)');
	post($name);
	is_level($name);
	is(here("SELECT count(*) FROM commentary.entry WHERE match_id = $match"), 0, "$name: what is purged is gone there");
}
my @tables = map { "commentary.$_" } qw(match entry epoch);
there("ALTER TABLE $_ REPLICA IDENTITY FULL") for @tables;
change_all('REPLICA IDENTITY FULL');
there('CREATE UNIQUE INDEX other_key ON commentary.entry (seq, op, match_id); ALTER TABLE commentary.entry REPLICA IDENTITY USING INDEX other_key');
there('CREATE UNIQUE INDEX match_other ON commentary.match (match_id, status); ALTER TABLE commentary.match REPLICA IDENTITY USING INDEX match_other');
change_all('REPLICA IDENTITY USING INDEX');
like(row($primary, 'publications'), qr/^t\|/, '... check() is content') or diag(row($primary, 'publications'));
there('DROP INDEX commentary.other_key, commentary.match_other');
becomes($primary, 'publications', qr/^f\|commentary\.entry is published without a replica identity.*\|ALTER TABLE commentary\.entry REPLICA IDENTITY DEFAULT;/m, 'the index of an identity is dropped: check() says so');
there("ALTER TABLE $_ REPLICA IDENTITY DEFAULT") for @tables;
like(row($primary, 'publications'), qr/^t\|/, '... and is content with the default again');

there("ALTER TABLE $_ REPLICA IDENTITY NOTHING") for @tables;
like(row($primary, 'publications'), qr/^f\|commentary\.$_ is published without a replica identity/m, "NOTHING: check() says so of $_") for qw(match entry epoch);
like(refused($primary, "UPDATE commentary.match SET status = 'paused' WHERE match_id = 1;"), qr/ERROR:  55000: cannot update table "match".*\nHINT:  .*REPLICA IDENTITY/, '... a change of a match is refused');
like(refused($primary, "SELECT commentary.post(1, 'a goal', home_score => 1);"), qr/ERROR:  55000: cannot update table "match"/, '... and an entry that would change it');
post('a plain line is not');
there('ALTER TABLE commentary.match REPLICA IDENTITY DEFAULT');
there("SELECT commentary.create_match('To be', 'purged', status => 'finished')");
my $purged = there("SELECT max(match_id) FROM commentary.match");
my $flusher = there('SELECT flusher_pid FROM commentary.status()');
there("SET commentary.ack = staged; SELECT commentary.purge($purged)");
becomes($primary, 'purges', qr/^f\|.*cannot delete from table "entry"/, '... entries of a purge cannot be removed, and check() says why');
post('and the feed goes on');
is(there('SELECT flusher_pid FROM commentary.status()'), $flusher, '... with the same flusher');
there('ALTER TABLE commentary.entry REPLICA IDENTITY DEFAULT');
there("SELECT commentary.purge($purged)");
is_level('an identity again');

# A flusher that starts without its place in commentary.epoch has to update that row.
there('ALTER TABLE commentary.epoch REPLICA IDENTITY DEFAULT; UPDATE commentary.epoch SET place = NULL; ALTER TABLE commentary.epoch REPLICA IDENTITY NOTHING');
there('SELECT commentary.worker_restart()');
my $waiting = psql_start($primary, 'postgres', "SELECT commentary.post(1, 'waits for an identity');");
becomes($primary, 'commits', qr/^f\|.*cannot update table "epoch".*\|Correct the cause of the error/, 'a flusher that cannot change commentary.epoch waits, and check() says why');
there('ALTER TABLE commentary.epoch REPLICA IDENTITY DEFAULT');
psql_finish($waiting);
is_level('... and goes on by itself');

# --- TRUNCATE, and an epoch in which all begin afresh ---
my $listener = psql_open($region, 'postgres');
psql_ask($listener, 'SELECT commentary.listen();');
there("$FORCE TRUNCATE commentary.entry; SELECT commentary.begin_epoch(afresh => true)");
post('after a TRUNCATE');
is_level('a TRUNCATE of the log');
my $epoch = here($EPOCH);
my $heard = '';
wait_for('the epoch to be announced', sub { $heard .= join '', psql_ask($listener, 'SELECT 1;'); $heard =~ /payload "1 $epoch / });
pass('... and its epoch is announced');
psql_close($listener);
is(here("SELECT min(seq), max(seq) FROM commentary.entry WHERE match_id = 1"), '1|1', '... with numbers from 1');

# --- a publication that lacks a table ---
there('ALTER PUBLICATION region DROP TABLE commentary.match');
like(row($primary, 'publications'), qr/^f\|commentary\.match is not published.*ADD TABLE commentary\.match/, 'a publication without matches: check() says so on the primary');
here('ALTER SUBSCRIPTION region REFRESH PUBLICATION');
like(row($region, 'publications'), qr/^f\|no subscription has commentary\.match\|.*ADD TABLE.*REFRESH PUBLICATION.*its matches cannot be found/, '... and in the follower');
there("SELECT commentary.create_match('Not', 'published', status => 'live')");
there('SELECT commentary.post(max(match_id), \'of a match that is not there\') FROM commentary.match');
wait_for('its entry', sub { here("SELECT count(*) FROM commentary.entry WHERE message = 'of a match that is not there'") eq '1' });
is(here("SELECT finding FROM commentary.verify()"), 'its match is missing', '... verify() finds the match that is missing');
there('ALTER PUBLICATION region ADD TABLE commentary.match');
here('ALTER SUBSCRIPTION region SET (disable_on_error = false)');
here('ALTER SUBSCRIPTION region REFRESH PUBLICATION');
becomes($region, 'subscriptions', qr/^f\|region runs, [1-9]\d* errors, has still to copy commentary\.match\|.*TRUNCATE that table/, 'matches of before are in the way of the copy: check() says so');
is(here('SELECT is_copied, is_late FROM commentary.stat_region'), 'f|t', '... stat_region calls it not copied');
is(here($EPOCH), '', '... and relays wait for it');
here("$FORCE TRUNCATE commentary.match");
is_level('the table is added again');

# --- filters and columns ---
my %published = (
	'a filter by another column' => ['commentary.entry WHERE (seq > 100)', qr/^f\|publication odd of commentary\.entry filters by seq: followers get a log with holes\|Filter by match_id only/m],
	'a filter by the match' => ['commentary.entry WHERE (match_id IN (1, 2)), commentary.match WHERE (match_id IN (1, 2)), commentary.epoch', qr/^t\|/],
	'a filter with a column in a text' => ["commentary.entry WHERE (message <> 'seq')", qr/^f\|.* filters by message: /],
	'few columns' => ['commentary.entry (match_id, seq, message)', qr/^f\|publication odd of commentary\.entry leaves out op, .*epoch_no.*: followers cannot apply it.*\|Publish at least/m],
	'enough columns' => ['commentary.entry (match_id, seq, op, ref_seq, message, metadata, created_at, flushed_at, epoch_no)', qr/^t\|/]);
there('DROP PUBLICATION region');
for my $name (sort keys %published)
{
	there("CREATE PUBLICATION odd FOR TABLE $published{$name}[0]");
	like(row($primary, 'publications'), $published{$name}[1], "$name: check() on the primary") or diag(row($primary, 'publications'));
	there('DROP PUBLICATION odd');
}
there("CREATE PUBLICATION odd FOR ALL TABLES WITH (publish = 'insert, update')");
like(row($primary, 'publications'), qr/^f\|publication odd of commentary\.\w+ publishes no deletes/m, 'no deletes: check() on the primary');
there('DROP PUBLICATION odd');
is(row($primary, 'publications'), '', 'nothing is published: no row');

# --- DROP SUBSCRIPTION while it follows, and after it ---
there('CREATE PUBLICATION region FOR TABLE commentary.match, commentary.entry, commentary.epoch');
here("$FORCE TRUNCATE commentary.match, commentary.entry, commentary.epoch") if is_dropped();
here("CREATE SUBSCRIPTION region $CONNECTION PUBLICATION region");
is_level('copied anew');

sub is_dropped
{
	here('ALTER SUBSCRIPTION region DISABLE');
	here('DROP SUBSCRIPTION region');
	return 1;
}
is_dropped();
like(refused($region, "SELECT commentary.post(1, 'x');"), qr/25006: .*\nDETAIL:  commentary\.role is "follower"/, 'by its role it is a follower without its subscription');
becomes($region, 'publications', qr/^f\|no subscription has/, '... and check() says that nothing comes');
here("CREATE SUBSCRIPTION region $CONNECTION PUBLICATION region WITH (copy_data = false)");
post('subscribed again');
is_level('subscribed again without a copy');

here('ALTER DATABASE postgres RESET commentary.role');
becomes($region, 'role', qr/^f\|a follower: commentary\.entry belongs to subscription "region"/, 'the role alone does not promote it');
like(refused($region, "SELECT commentary.post(1, 'x');"), qr/25006/, '... a write is refused');
is_dropped();
wait_for('an epoch of its own', sub { here($EPOCH) ne $epoch });
here("SELECT commentary.post(1, 'of its own')");
is(here("SELECT count(*) FROM commentary.entry WHERE message = 'of its own'"), 1, 'without a role it is a primary by the end of its subscription');
like(row($region, 'role'), qr/^t\|a primary/, '... and check() says so');
here('ALTER DATABASE postgres SET commentary.role = follower');
wait_for('the role', sub { row($region, 'role') =~ /^t\|a follower/ });
here("$FORCE TRUNCATE commentary.match, commentary.entry, commentary.epoch");
here("CREATE SUBSCRIPTION region $CONNECTION PUBLICATION region");
post('a follower again');
is_level('a follower again, copied anew');
is(here('SELECT count(*) FROM commentary.verify()'), 0, '... without a hole');
like(row($region, 'log'), qr/^t\|/, '... by check() too');
is(here('SELECT count(*) FROM commentary.rejected'), 0, '... and nothing was set aside');

is_clean($_, $_->name) for $primary, $region;
done_testing();
