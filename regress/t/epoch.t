# A copy of a server that goes on by itself has an epoch of its own, also when it has the
# same system identifier and timeline: one number never stands for two entries of one
# epoch. A server that is stopped, crashes or is moved keeps its epoch. begin_epoch() is
# for what cannot be noticed.
use strict;
use warnings;
use File::Copy 'move';
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::RecursiveCopy;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('original');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'commentary'\nfsync = off\n");
$node->start;
install($node, 'postgres', 1);
$node->safe_psql('postgres', "SELECT commentary.post(1, 'before')");

sub epoch { return $_[0]->safe_psql('postgres', 'SELECT commentary.epoch()') }
sub log_since { return substr(slurp_file($_[0]->logfile), $_[1]) }

# As the flusher has it: it is there, and has numbered something.
sub epoch_of_entries
{
	my ($server) = @_;
	my $psql = psql_open($server, 'postgres');
	psql_ask($psql, 'SELECT commentary.listen();');
	$server->safe_psql('postgres', "SELECT commentary.post(1, 'after')");
	my $heard = '';
	wait_for('a notification', sub { $heard .= (psql_ask($psql, 'SELECT 1;'))[0]; $heard =~ /payload "1 ([0-9a-f]{16}) 1 / });
	$heard =~ /payload "1 ([0-9a-f]{16}) 1 /;
	my $epoch = $1;
	psql_close($psql);
	is($epoch, epoch($server), $server->name . ': the flusher announces by the epoch that the table has');
	return $epoch;
}

# What stays the same server.
my $epoch = epoch_of_entries($node);
like($epoch, qr/^[0-9a-f]{16}$/, 'there is an epoch');
$node->restart;
is(epoch_of_entries($node), $epoch, 'a restart keeps it');
$node->stop('immediate');
$node->start;
is(epoch_of_entries($node), $epoch, 'a crash keeps it');
$node->stop;
my $elsewhere = $node->data_dir . '_moved';
move($node->data_dir, $elsewhere) or die "cannot move: $!";
symlink $elsewhere, $node->data_dir or die "cannot link: $!";
$node->start;
is(epoch_of_entries($node), $epoch, 'a data directory that is moved keeps it');
$node->stop;
unlink $node->data_dir;
move($elsewhere, $node->data_dir) or die "cannot move back: $!";
$node->start;
is(epoch_of_entries($node), $epoch, '... and one that is moved back');

# Copies that PostgreSQL itself takes for the original.
my %log_of;
sub rows_of { return $_[0]->safe_psql('postgres', 'SELECT match_id, seq, op, message, created_at FROM commentary.entry ORDER BY 1, 2') }
sub is_apart
{
	my ($name, $copy) = @_;
	is($copy->safe_psql('postgres', 'SELECT system_identifier FROM pg_control_system()'),
		$node->safe_psql('postgres', 'SELECT system_identifier FROM pg_control_system()'), "$name: the same system");
	is($copy->safe_psql('postgres', 'SELECT timeline_id FROM pg_control_checkpoint()'),
		$node->safe_psql('postgres', 'SELECT timeline_id FROM pg_control_checkpoint()'), "$name: the same timeline");
	$copy->safe_psql('postgres', "SELECT commentary.post(1, 'written by $name')");
	isnt(epoch_of_entries($copy), $epoch, "$name: another epoch");
	like(slurp_file($copy->logfile), qr/commentary begins epoch.*\n.*DETAIL:.*is a copy/, "$name: the log says why");
	my $own = epoch($copy);
	$copy->restart;
	is(epoch_of_entries($copy), $own, "$name: which stays");
	is_sound($copy, $name);
	$copy->stop;
}
$node->backup('hot');
my $hot = PostgreSQL::Test::Cluster->new('hot');
$hot->init_from_backup($node, 'hot');
$hot->start;
is_apart('a base backup without a signal file', $hot);

$node->stop;
PostgreSQL::Test::RecursiveCopy::copypath($node->data_dir, $node->backup_dir . '/cold');
$node->start;
my $cold = PostgreSQL::Test::Cluster->new('cold');
$cold->init_from_backup($node, 'cold');
$cold->start;
is_apart('a copy of the files', $cold);
is(epoch_of_entries($node), $epoch, 'the original keeps its epoch');

# A copy that is put back in place of what it was copied from: history is rewritten.
$node->safe_psql('postgres', "SELECT commentary.post(1, 'lost')");
$node->stop;
move($node->data_dir, "$elsewhere.new") or die "cannot move: $!";
PostgreSQL::Test::RecursiveCopy::copypath($node->backup_dir . '/cold', $node->data_dir);
chmod 0700, $node->data_dir;
$node->start;
my $restored = epoch_of_entries($node);
isnt($restored, $epoch, 'a copy that replaces the original has another epoch');
is($node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message = 'lost'"), 0, '... and what came after it is gone');

# What cannot be had here: another host, another device. The place is host, path, device, inode, time of birth.
sub start_with
{
	my ($change) = @_;
	my $before = epoch($node);
	$node->safe_psql('postgres', "UPDATE commentary.epoch SET place = $change WHERE epoch = '$before'");
	my $place = $node->safe_psql('postgres', "SELECT coalesce(place, 'none') FROM commentary.epoch WHERE epoch = '$before'");
	my $end = -s $node->logfile;
	$node->restart;
	my $after = epoch_of_entries($node);
	my $now = $node->safe_psql('postgres', "SELECT place FROM commentary.epoch WHERE epoch = '$after'");
	isnt($now, $place, "$change: the place is noted anew");
	return $before eq $after ? 'same' : log_since($node, $end) =~ /commentary begins epoch.*\n.*DETAIL:.*timeline \d+\. (.*)/ ? $1 : 'another, for no reason';
}
my $part = sub { my ($number) = @_; return join " || ' ' || ", map { my $p = "split_part(place, ' ', $_)"; $number->{$_} ? "($p\::numeric + 1)::text" : $p } 1 .. 5 };
is(start_with($part->({ 3 => 1 })), 'same', 'devices that are numbered anew');
is(start_with($part->({ 2 => 1 })), 'same', 'another path');
like(start_with($part->({ 2 => 1, 3 => 1 })), qr/another one, on another device/, 'another path on another device is a copy');
like(start_with($part->({ 1 => 1 })), qr/The host has another name/, 'another host is a copy');
like(start_with($part->({ 4 => 1 })), qr/is a copy/, 'another inode is a copy');
like(start_with("split_part(place, ' ', 1) || ' ' || split_part(place, ' ', 2) || ' ' || split_part(place, ' ', 3) || ' ' || split_part(place, ' ', 4) || ' 77'"),
	qr/is a copy|^same$/, 'another time of birth is a copy, where the file system tells it');
is(start_with('NULL'), 'same', 'an epoch of before 1.2, without a place');
is(start_with("'nonsense'"), 'same', 'a place that cannot be read');

# By hand.
my $before = epoch($node);
# A name that cannot stand in a notification is refused, and one that is there all the same is left.
for my $name ('season 24/25', 'a"b', 'x' x 17, '')
{
	my ($status, $out, $err) = $node->psql('postgres', "UPDATE commentary.epoch SET epoch = '$name' WHERE epoch = '$before'");
	like($err, qr/ERROR:  "\Q$name\E" cannot be the name of an epoch\n.*HINT:.*begin_epoch/s, "the name '$name' is refused");
}
is(epoch_of_entries($node), $before, 'the epoch is as it was');
$node->safe_psql('postgres', "ALTER TABLE commentary.epoch DISABLE TRIGGER note_epoch; UPDATE commentary.epoch SET epoch = 'season 24/25' WHERE epoch = '$before'; ALTER TABLE commentary.epoch ENABLE ALWAYS TRIGGER note_epoch");
$node->safe_psql('postgres', 'SELECT commentary.worker_restart()');
like(epoch_of_entries($node), qr/^[0-9a-f]{16}$/, 'past the trigger: another epoch begins');
$before = epoch($node);
sub begun { return $node->safe_psql('postgres', $_[0]) }
is(begun("BEGIN; SELECT commentary.begin_epoch() <> '$before'; ROLLBACK; SELECT commentary.epoch()"), "t\n$before", 'begin_epoch() that is rolled back is none');
is(epoch_of_entries($node), $before, '... for the flusher neither');
my $relay = psql_open($node, 'postgres');
psql_ask($relay, 'SELECT commentary.listen();');
my $begun = (split /\n/, begun("BEGIN; SELECT commentary.begin_epoch(); SELECT commentary.post(1, 'in the same transaction') > 0; COMMIT;"))[0];
my $heard = '';
wait_for('the entry', sub { $heard .= (psql_ask($relay, 'SELECT 1;'))[0]; $heard =~ /in the same transaction/ });
like($heard, qr/payload "1 $begun 1 \d+ 1 \d+\n.*in the same transaction/, 'what its transaction wrote is in the new epoch');
psql_close($relay);
is(epoch_of_entries($node), $begun, '... and what follows');
$node->restart;
is(epoch_of_entries($node), $begun, '... also after a restart');
begun('SELECT commentary.pause()');
my $paused = begun('SELECT commentary.begin_epoch()');
begun('SELECT commentary.resume()');
is(epoch_of_entries($node), $paused, 'while the flusher is paused');
is(begun('SELECT commentary.begin_epoch() <> commentary.begin_epoch()'), 't', 'twice at a time');
epoch_of_entries($node);
$node->safe_psql('postgres', 'CREATE DATABASE other; CREATE ROLE stranger');
install($node, 'other', 1);
my $other = $node->safe_psql('other', 'SELECT commentary.flush(); SELECT commentary.epoch()');
begun('SELECT commentary.begin_epoch()');
is($node->safe_psql('other', "SELECT commentary.post(1, 'x') > 0; SELECT commentary.epoch()"), $other =~ s/^\n*/t\n/r, 'in one database, and in no other');
my (undef, undef, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\nGRANT USAGE ON SCHEMA commentary TO stranger; SET ROLE stranger; SELECT commentary.begin_epoch()");
like($error, qr/42501: permission denied for function begin_epoch/, 'a stranger may not');
$node->backup('standby');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'standby', has_streaming => 1);
$standby->start;
(undef, undef, $error) = $standby->psql('postgres', "\\set VERBOSITY verbose\nSELECT commentary.begin_epoch()");
like($error, qr/25006: cannot begin an epoch during recovery.*HINT:.*primary/s, 'a standby cannot');
$standby->stop;
is_sound($node, 'original');
is_clean($_, $_->name) for $node, $hot, $cold;
$node->stop;
done_testing();
