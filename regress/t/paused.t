# A pause holds, whoever ends the flusher: a DBA who restarts it, somebody who ends its
# process, a command that needs the database empty. Only a shutdown of the server
# flushes what is staged, since a standby that takes over would not have it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Scene;
use Test::More;

my $node = new_node('main', 'autovacuum = off', "commentary.ack = 'staged'");
install($node, 'postgres', 1);
$node->safe_psql('postgres', "SELECT commentary.flush(), commentary.pause()");

sub value { return $node->safe_psql('postgres', $_[0]) }
sub flusher { return value("SELECT coalesce(flusher_pid, 0) FROM commentary.status() WHERE state = 'paused'") }
sub stage { value("SELECT commentary.post(1, '$_[0]')") }
sub stored { return value("SELECT string_agg(message, ',' ORDER BY seq) FROM commentary.entry WHERE op = 'insert'") }

# The flusher is another process, and the pause goes on.
sub is_paused_anew
{
	my ($name, $before) = @_;
	my $now;
	wait_for("$name: another flusher", sub { $now = flusher(); $now && $now != $before });
	isnt($now, $before, "$name: another flusher");
	is(stored(), '', "$name: nothing is flushed");
}

stage('restarted');
my $before = flusher();
isnt(value('SELECT commentary.worker_restart()'), $before, 'worker_restart() returns the pid of a new flusher');
is_paused_anew('worker_restart()', $before);

stage('ended');
$before = flusher();
is(value("SELECT pg_terminate_backend($before)"), 't', 'somebody ends the flusher');
is_paused_anew('pg_terminate_backend()', $before);

stage('copied');
$before = flusher();
$node->safe_psql('template1', 'CREATE DATABASE copy TEMPLATE postgres');
is_paused_anew('CREATE DATABASE', $before);

$node->safe_psql('postgres', 'SELECT commentary.resume(), commentary.flush()');
is(stored(), 'restarted,ended,copied', 'resume(): all is flushed');

$node->safe_psql('postgres', 'SELECT commentary.pause()');
stage('kept');
$node->restart;
is(value("SELECT message FROM commentary.entry WHERE flushed_at < pg_postmaster_start_time() ORDER BY match_id DESC, seq DESC LIMIT 1"),
	'kept', 'a shutdown of the server flushes during a pause');
is_sound($node, 'at the end');
is_clean($node, 'at the end');
$node->stop;
done_testing();
