# What the TAP tests share: a cluster with the extension, writers that note what
# was acknowledged, a crash, and what must hold of the log after it.
package Scene;

use strict;
use warnings;
use ClusterCopy;
use Deadline;
use Exporter 'import';
use IPC::Run;
use POSIX qw(WNOHANG);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RefusedPsql;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(new_node install wait_for psql_start psql_is_over psql_said psql_finish psql_open psql_ask psql_close
	want_a_standby crash lose_power is_sound is_clean @SEGMENTS);

# Beside other runs a psql with thousands of statements takes minutes.
use constant { DEADLINE_S => 300, LOG_LINES => 40 };

my @nodes;

# The staging segments of both rings.
our @SEGMENTS = map { ("commentary.staging_$_", "commentary.staging_logged_$_") } 0 .. 3;

# A running server with the library preloaded; fsync is on when it is to be killed.
sub new_node
{
	my ($name, @conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	push @nodes, $node;
	$node->init;
	$node->append_conf('postgresql.conf', join "\n", "shared_preload_libraries = 'commentary'", @conf, '');
	$node->start;
	return $node;
}

# The extension, and so many matches, numbered from 1.
sub install
{
	my ($node, $database, $matches) = @_;
	$node->safe_psql($database, <<SQL);
CREATE EXTENSION commentary;
SELECT commentary.create_match('Home', 'Away') FROM generate_series(1, $matches);
SQL
}

# Polls until the condition is true; dies if it does not become true.
sub wait_for
{
	my ($what, $condition, $deadline_s) = @_;
	my $deadline = time + ($deadline_s // DEADLINE_S);
	until ($condition->())
	{
		die "waited in vain: $what" if time > $deadline;
		sleep 0.01;
	}
}

# A psql in the background that runs a script. Everything goes through files, so
# that it neither waits for us nor minds being killed.
sub psql_start
{
	my ($node, $database, $script, @options) = @_;
	my $base = PostgreSQL::Test::Utils::tempdir() . '/psql';
	open(my $in, '>', "$base.sql") or die "cannot write $base.sql: $!";
	print {$in} $script;
	close($in);

	# PostgreSQL's library stops the server at a TERM: it must not do so in a
	# child that is sent one before it is psql.
	local $SIG{TERM} = 'DEFAULT';
	my $pid = fork() // die "cannot fork: $!";
	if ($pid == 0)
	{
		open(STDIN,  '<', "$base.sql") && open(STDOUT, '>', "$base.out") && open(STDERR, '>', "$base.err")
		  && exec 'psql', '-XAtq', @options, '-d', $node->connstr($database);
		POSIX::_exit(127);
	}
	return { pid => $pid, base => $base };
}

sub psql_is_over
{
	my ($psql) = @_;
	if (!$psql->{over} && waitpid($psql->{pid}, WNOHANG) == $psql->{pid})
	{
		$psql->{status} = $?;
		$psql->{over}   = 1;
	}
	return $psql->{over};
}

# What it has said so far: the whole lines of its stdout and its stderr. It writes a line in pieces, so
# the last one may be part of a line, for good if it was killed.
sub psql_said
{
	my ($psql) = @_;
	return map { -e "$psql->{base}.$_" ? slurp_file("$psql->{base}.$_") =~ s/[^\n]*\z//r : '' } qw(out err);
}

# The same, after its end.
sub psql_finish
{
	my ($psql) = @_;
	wait_for('the end of a psql', sub { psql_is_over($psql) });
	return psql_said($psql);
}

# A psql that stays open, for what one session does after the other.
sub psql_open
{
	my ($node, $database, @options) = @_;
	my $psql = { in => '', out => '', err => '', asked => 0, deadline => IPC::Run::timeout(DEADLINE_S) };
	$psql->{run} = IPC::Run::start(
		[ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=0', @options, '-d', $node->connstr($database) ],
		'<', \$psql->{in}, '>', \$psql->{out}, '2>', \$psql->{err}, $psql->{deadline});
	return $psql;
}

# What it has said to this on stdout and stderr, notifications among it.
sub psql_ask
{
	my ($psql, $sql) = @_;
	my $end = 'answered ' . ++$psql->{asked};
	$psql->{deadline}->start(DEADLINE_S);	# of each question, however long it was open before
	$psql->{out} = $psql->{err} = '';
	$psql->{in} .= "$sql\n\\echo $end\n\\warn $end\n";
	$psql->{run}->pump until $psql->{out} =~ /^\Q$end\E\n/m && $psql->{err} =~ /^\Q$end\E\n/m;
	return map { s/^\Q$end\E\n//mr } $psql->{out}, $psql->{err};
}

sub psql_close
{
	my ($psql) = @_;
	$psql->{deadline}->start(DEADLINE_S);
	$psql->{in} .= "\\q\n";
	$psql->{run}->finish;
}

# From here on a commit waits for a standby that does not exist. This begins some time after the reload, when
# the checkpointer has read the setting: so this returns when a commit is seen to wait.
sub want_a_standby
{
	my ($node, $name) = @_;
	$node->append_conf('postgresql.auto.conf', "synchronous_standby_names = '$name'");
	$node->reload;
	wait_for('commits to wait', sub {
		my $probe = psql_start($node, 'postgres', 'CREATE TEMP TABLE probe ()');
		wait_for('a commit', sub { psql_is_over($probe) || $node->safe_psql('postgres',
			"SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event = 'SyncRep'") > 0 });
		return !psql_is_over($probe);
	});
}

# kill -9 of the postmaster and all its children, at whatever moment this is.
sub crash
{
	my ($node) = @_;
	my ($pid) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
	kill 'STOP', $pid;	# or it might start another one after they were counted
	my @children = split ' ', slurp_file("/proc/$pid/task/$pid/children");
	$node->kill9;
	kill 'KILL', @children;
	wait_for('the end of the killed processes', sub { !grep { kill 0, $_ } $pid, @children });
}

# Kills the server, and removes what it had not fsynced, which is the WAL after this place.
sub lose_power
{
	my ($node, $file, $offset) = @_;
	crash($node);
	open(my $wal, '+<:raw', $node->data_dir . "/pg_wal/$file") or die "cannot open $file: $!";
	my $lost = (-s $wal) - $offset;
	seek($wal, $offset, 0) && print {$wal} "\0" x $lost or die "cannot write $file: $!";
	close($wal) or die "cannot write $file: $!";
	$node->start;
}

sub is_sound
{
	my ($node, $name, $database) = @_;
	is($node->safe_psql($database // 'postgres', <<SQL), '', "$name: no gap and no double in any match");
SELECT match_id FROM commentary.entry GROUP BY match_id
HAVING max(seq) - min(seq) + 1 <> count(*) OR (min(seq) <> 1 AND match_id > 0) OR count(DISTINCT seq) <> count(*)
SQL
}

# No process of the server ended in a way that it should not have, and no staged row got
# lost, unless the test means it to.
sub is_clean
{
	my ($node, $name, $loses) = @_;
	my $bad = qr/PANIC:|terminated by signal|TRAP:|XX00[012]|(?:DETAIL|HINT|CONTEXT):  \(null\)/;
	$bad = qr/$bad|commentary lost/ unless $loses;
	my @bad = grep { $_ =~ $bad } split /\n/, slurp_file($node->logfile);
	is(scalar @bad, 0, "$name: no crash, PANIC or internal error in the server's log") or diag("$bad[0]");
}

# PostgreSQL's library sends STDERR to a log of its own. So the reason why a test broke off, and what
# its servers said last, are printed below the test itself.
sub explain_beneath { print { Test::More->builder->failure_output } @_ }

$SIG{__DIE__} = sub { explain_beneath(map { "# $_\n" } split /\n/, $_[0]) if defined $^S && !$^S && !ref $_[0] };

# Prints what the servers said last below a test that failed.
END
{
	my $status = $?;
	if ($status != 0 || !Test::More->builder->is_passing)
	{
		for my $node (grep { -e $_->logfile } @nodes)
		{
			my @lines = split /^/, slurp_file($node->logfile);
			splice @lines, 0, @lines - LOG_LINES if @lines > LOG_LINES;
			explain_beneath(map { '# ' . $node->name . ": $_" } @lines);
		}
	}
	$? = $status;
}

1;
