# The lineage: each entry has the number of its epoch, so that the log itself tells up to
# which seq the history of an earlier epoch is that of the current one. It holds through
# promotions, pg_rewind, dumps, updates of the extension, and a log that was changed by hand.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $first = PostgreSQL::Test::Cluster->new('first');
$first->init(allows_streaming => 1);
$first->append_conf('postgresql.conf', "shared_preload_libraries = 'commentary'\nwal_log_hints = on\nfsync = off\nwal_keep_size = '256MB'\n");
$first->start;
install($first, 'postgres', 3);

sub ask { my ($node, $sql, $database) = @_; return $node->safe_psql($database // 'postgres', $sql) }
sub epoch { my ($node, $database) = @_; return ask($node, 'SELECT commentary.epoch()', $database) }
sub post { my ($node, $match, $message, $database) = @_; ask($node, "SELECT commentary.post($match, '$message')", $database) }
sub head { my ($node, $match) = @_; return ask($node, "SELECT max(seq) FROM commentary.entry WHERE match_id = $match") }
sub branch
{
	my ($node, $match, $epoch, $database) = @_;
	return ask($node, "SELECT seq FROM commentary.branches($match) WHERE epoch = '$epoch'", $database);
}

# What branches() must say of each match and each epoch, found by looking at every entry.
sub is_true
{
	my ($node, $name, $database) = @_;
	is(ask($node, <<'SQL', $database), '', "$name: the branches are those of the entries");
WITH heads AS (SELECT match_id, max(seq) AS head FROM commentary.entry GROUP BY match_id)
SELECT h.match_id, b.epoch, b.seq, p.epoch_no FROM heads AS h, commentary.branches(h.match_id) AS b
JOIN commentary.epoch AS p USING (epoch)
WHERE EXISTS (SELECT FROM commentary.entry AS e WHERE e.match_id = h.match_id
	AND (coalesce(e.epoch_no, 0) <= p.epoch_no) <> (e.seq <= b.seq))
SQL
	is(ask($node, <<'SQL', $database), '', "$name: the number of the epoch rises with seq");
SELECT match_id, seq FROM (SELECT match_id, seq, coalesce(epoch_no, 0) AS no, lag(coalesce(epoch_no, 0)) OVER (PARTITION BY match_id ORDER BY seq) AS before FROM commentary.entry) AS e
WHERE no < before
SQL
	is(ask($node, <<'SQL', $database), 't', "$name: the newest entry is of the current epoch");
SELECT (SELECT epoch_no FROM commentary.entry ORDER BY flushed_at DESC, epoch_no DESC LIMIT 1) = (SELECT epoch_no FROM commentary.epoch WHERE epoch = commentary.epoch())
SQL
}

# --- a promotion that loses entries ---
my $e1 = epoch($first);
post($first, $_, 'kept') for 1 .. 3;
is(ask($first, 'SELECT count(*) FROM commentary.branches(1)'), 0, 'an only epoch has no branch');
is_true($first, 'first');
$first->backup('backup');
my $second = PostgreSQL::Test::Cluster->new('second');
$second->init_from_backup($first, 'backup', has_streaming => 1);
$second->start;
$first->wait_for_catchup($second);
my %kept = map { $_ => head($first, $_) } 0 .. 3;
ask($second, "ALTER SYSTEM SET primary_conninfo = ''");
$second->reload;
$first->poll_query_until('postgres', 'SELECT count(*) = 0 FROM pg_stat_replication') or die;
post($first, 1, 'lost') for 1 .. 3;
$second->promote;
wait_for('another epoch', sub { epoch($second) ne $e1 });
my $e2 = epoch($second);
is(branch($second, $_, $e1), $kept{$_}, "promoted: match $_ branches where the standby was") for 0 .. 3;
cmp_ok(head($first, 1), '>', branch($second, 1, $e1), 'promoted: who has seen what was lost is beyond it');
post($second, 1, 'of the second') for 1 .. 5;
post($second, 2, 'of the second');
is(branch($second, 1, $e1), $kept{1}, 'promoted: what comes after it changes nothing');
is_true($second, 'promoted');
is(ask($first, "SELECT count(*) FROM commentary.branches(1)"), 0, 'the old primary knows nothing of it');

# --- the old one comes back, and takes over again ---
my %second_heads = map { $_ => head($second, $_) } 1 .. 3;
$first->stop;
ask($second, 'CHECKPOINT');
command_ok([ 'pg_rewind', '--target-pgdata', $first->data_dir, '--source-server', $second->connstr('postgres'), '--no-sync' ], 'pg_rewind');
$first->append_conf('postgresql.conf', 'port = ' . $first->port);
$first->append_conf('postgresql.auto.conf', "primary_conninfo = '" . $second->connstr . "'");
$first->set_standby_mode;
$first->start;
$second->wait_for_catchup($first, 'replay', $second->lsn('insert'));
is(epoch($first), $e2, 'rewound: it is in the epoch of its new primary');
is(branch($first, 1, $e1), $kept{1}, 'rewound: and knows where its own was left');
$second->stop;
$first->promote;
wait_for('a third epoch', sub { epoch($first) ne $e2 });
my $e3 = epoch($first);
post($first, 1, 'of the third');
is(branch($first, 1, $e1), $kept{1}, 'promoted again: the first epoch ends where it did');
is(branch($first, $_, $e2), $second_heads{$_}, "promoted again: match $_ has all of the second") for 1 .. 3;
is_true($first, 'promoted again');

# --- by hand ---
my $head = head($first, 1);
my $begun = ask($first, 'SELECT commentary.begin_epoch()');
post($first, 1, 'begun');
is(branch($first, 1, $e3), $head, 'begin_epoch(): the lineage goes on');
is_true($first, 'begun');

# --- many epochs: the newest fifteen are told ---
ask($first, 'SELECT commentary.begin_epoch() FROM generate_series(1, 20)');
post($first, 1, 'of the last');
is(ask($first, 'SELECT count(*) FROM commentary.branches(1)'), 15, 'fifteen branches are told');
is(branch($first, 1, $e3), '', 'of an older epoch there is none');
is_true($first, 'many');

# --- a log with holes and purges, changed by force ---
ask($first, <<'SQL');
SET commentary.allow_log_changes = on;
INSERT INTO commentary.entry (match_id, seq, op, kind, message, created_at, flushed_at, epoch_no)
SELECT m, s + (m - 1000) * 3, 'insert', 'comment', 'x', now(), now() - interval '1 hour', nullif(greatest((SELECT max(epoch_no) FROM commentary.epoch) * s / 41 - 3, 0), 0)
FROM generate_series(1001, 1040) AS m, generate_series(1, m - 1000) AS s WHERE (m * s) % 7 <> 3;
SQL
is(ask($first, <<'SQL'), '', 'a log with holes: no branch is too far, and none too short');
SELECT m, b.epoch, b.seq, p.epoch_no FROM generate_series(1001, 1040) AS m, commentary.branches(m) AS b JOIN commentary.epoch AS p USING (epoch)
WHERE EXISTS (SELECT FROM commentary.entry AS e WHERE e.match_id = m AND (coalesce(e.epoch_no, 0) <= p.epoch_no) <> (e.seq <= b.seq))
SQL
my $last = epoch($first);
my $afresh = ask($first, 'SELECT commentary.begin_epoch(afresh => true)');
is(ask($first, 'SELECT count(*) FROM commentary.branches(1)'), 0, 'begin_epoch(afresh => true): everybody begins afresh');
isnt(ask($first, "SELECT epoch_no FROM commentary.epoch WHERE epoch = '$afresh'"), 1, '... and numbers go on');
post($first, 1, 'afresh');
is(ask($first, "SELECT commentary.begin_epoch() <> '$afresh'; SELECT count(*) FROM commentary.branches(1)"), "t\n1", '... from there a lineage begins again');
post($first, 1, 'and on');

# --- dumps: the copy knows the epochs of the original, and is in none of them ---
sub dump_and_load
{
	my ($from, $to, @options) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . "/$from-$to.sql";
	$first->command_ok([ 'pg_dump', '-f', $file, @options, $from ], "pg_dump of $from");
	return sub { $first->command_ok([ 'psql', '-Xqd', $to, '-v', 'ON_ERROR_STOP=1', '-f', $file ], "restored to $to") };
}
ask($first, "CREATE DATABASE source; CREATE DATABASE copy");
install($first, 'source', 1);
post($first, 1, 'dumped', 'source');
my $source = epoch($first, 'source');
my $dumped = ask($first, 'SELECT max(seq) FROM commentary.entry WHERE match_id = 1', 'source');
my $again = dump_and_load('source', 'source', '--clean', '--if-exists');
dump_and_load('source', 'copy')->();
post($first, 1, 'of the copy', 'copy');
isnt(epoch($first, 'copy'), $source, 'a restored copy has an epoch of its own');
is(branch($first, 1, $source, 'copy'), $dumped, '... and the original branches where it was dumped');
is_true($first, 'copy', 'copy');
post($first, 1, 'lost by the restore', 'source');
$again->();
post($first, 1, 'after the restore', 'source');
isnt(epoch($first, 'source'), $source, 'restored over itself: another epoch, for what came after the dump is gone');
is(branch($first, 1, $source, 'source'), $dumped, '... which branches where it was dumped');
is_true($first, 'restored over itself', 'source');

# --- an update from 1.1: what is there counts as of the epoch of then ---
ask($first, "CREATE DATABASE older");
ask($first, "CREATE EXTENSION commentary VERSION '1.1'; SELECT commentary.create_match('a', 'b')", 'older');
post($first, 1, 'of 1.1', 'older');
my $older = epoch($first, 'older');
ask($first, 'ALTER EXTENSION commentary UPDATE', 'older');
is(epoch($first, 'older'), $older, 'an update keeps the epoch');
post($first, 1, 'of 1.2', 'older');
is(epoch($first, 'older'), $older, '... also for the flusher');
$head = ask($first, 'SELECT max(seq) FROM commentary.entry WHERE match_id = 1', 'older');
ask($first, 'SELECT commentary.worker_restart()', 'older');
is(epoch($first, 'older'), $older, '... and for the next one');
ask($first, 'SELECT commentary.begin_epoch()', 'older');
post($first, 1, 'of another', 'older');
is(branch($first, 1, $older, 'older'), $head, '... which has entries with and without a number');
is_true($first, 'updated', 'older');
is(ask($first, "SELECT count(*) FROM commentary.check() WHERE subject IN ('triggers', 'structure', 'epoch') AND NOT is_ok"), 0, 'check() finds nothing');

is_sound($first, 'copy', $_) for qw(source copy older);
is_clean($_, $_->name) for $first, $second;
$first->stop;
done_testing();
