# Every setting that ALTER DATABASE takes, at its extremes: an insert is stored and read
# back byte by byte, or refused clearly, and the flusher works. The settings are
# those that the server knows, so that a new version brings its own. Then the ones that
# would end a flusher, set in every other place, and what else others may do to a
# database or a role.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

use constant { DATABASES => 8, BATCH => 40, RESTART_S => 120, LATE_S => 60 };

# What a session cannot do its work with, or what is to be seen by itself: one at a time.
my %alone = map { $_ => 1 } qw(
	exit_on_error statement_timeout transaction_timeout lock_timeout idle_in_transaction_session_timeout
	idle_session_timeout post_auth_delay temp_file_limit max_stack_depth role session_authorization row_security
	search_path session_replication_role restrict_nonsystem_relation_kind default_transaction_isolation
	default_transaction_read_only default_transaction_deferrable ignore_system_indexes client_encoding
	local_preload_libraries session_preload_libraries dynamic_library_path commentary.ack commentary.staging_full
	commentary.staging_timeout commentary.max_message_bytes);

# A session with these would only wait.
my %sessionless = map { $_ => 1 } qw(post_auth_delay);

# Values for what is a string; an empty list is for what cannot matter to us.
my %words = (
	DateStyle => [ 'German', 'SQL, DMY' ], TimeZone => [ 'Asia/Kathmandu', '<X>+13' ],
	client_encoding => [ 'LATIN1', 'SQL_ASCII' ], search_path => [ 'nowhere', 'public, pg_catalog', '' ],
	role => ['somebody'], session_authorization => ['somebody'], temp_tablespaces => [''], default_tablespace => [''],
	local_preload_libraries => ['nonsense'], session_preload_libraries => ['nonsense'],
	lc_messages => ['C'], lc_monetary => ['C'], lc_numeric => ['C'], lc_time => ['C'],
	restrict_nonsystem_relation_kind => [ 'view', 'foreign-table', 'view, foreign-table' ],
	default_text_search_config => ['german'], backtrace_functions => ['commentary_stage_feed_row'],
	wal_consistency_checking => ['all'], createrole_self_grant => ['set, inherit'],
	dynamic_library_path => ['/nowhere'], extension_control_path => ['/nowhere'], timezone_abbreviations => ['India'],
	default_table_access_method => ['heap']);

# Not shown in pg_settings.
my @hidden = qw(role session_authorization transaction_isolation transaction_read_only transaction_deferrable seed);
my %hidden_values = (
	role => $words{role}, session_authorization => $words{session_authorization}, seed => ['0.5'],
	transaction_isolation => ['serializable'], transaction_read_only => ['on'], transaction_deferrable => ['on']);

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init;
$node->append_conf('postgresql.conf', <<CONF);
shared_preload_libraries = 'commentary'
max_worker_processes = 24
max_connections = 60
fsync = off
log_statement = ddl
CONF
$node->start;

my $boss = $node->safe_psql('postgres', 'SELECT current_user');
my @databases = map { "club$_" } 0 .. DATABASES - 1;

# A row with everything whose text could depend on a setting.
my $row = <<'SQL';
INSERT INTO commentary.feed (match_id, kind, period, minute, message, tags, metadata, home_score, created_at)
VALUES (1, 'goal', 2, 90, E'Zwölf – 12’s \\ "goal"', '{NULL_,"a b",é}', E'{"xg": 0.10, "big": 1234567890123.50, "t": true, "n": null, "s": "é\\\\"}', 2, '2026-07-08 09:10:11.123456+05:30');
SQL
my $expected = '{"type":"commentary","match":1,"op":"insert","kind":"goal","period":2,"minute":90,"message":"Zwölf – 12’s \\\\ \"goal\"",'
  . '"tags":["NULL_","a b","é"],"metadata":{"n": null, "s": "é\\\\", "t": true, "xg": 0.10, "big": 1234567890123.50},"home_score":2,"created_at":"2026-07-08T03:40:11.123456Z"}';
my $digest = <<'SQL';
SELECT md5(convert_to(concat_ws('|', (SELECT string_agg(r.body, ',') FROM commentary.read(1, 0, 3) AS r),
	(SELECT string_agg(r.body, ',') FROM commentary.tail(2, 3) AS r), commentary.state(1), commentary.lobby(),
	(SELECT string_agg(h.match_id || ':' || h.head, ',') FROM commentary.heads('{2,3}') AS h), commentary.epoch()), 'UTF8'));
SQL

$node->safe_psql('postgres', 'CREATE ROLE somebody');
for my $database (@databases)
{
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
	install($node, $database, 0);
	$node->safe_psql($database, <<SQL);
SELECT commentary.create_match('Zwölf', 'City', status => 'live', starts_at => '2026-07-08 09:00+05:30') FROM generate_series(1, 2);
$row SELECT commentary.amend(1, 2, minute => 91);
SQL
}
my %digest_of = map { $_ => $node->safe_psql($_, $digest) } @databases;

# What psql says, with these settings in front of those of the database.
sub ask
{
	my ($database, $settings, $sql) = @_;
	my ($out, $err);
	local $ENV{PGOPTIONS} = join ' ', map { (my $v = $settings->{$_}) =~ s/([\\\s])/\\$1/g; "-c $_=$v" } sort keys %$settings;
	local $ENV{PGCLIENTENCODING} = 'UTF8';
	delete local $ENV{PGCLIENTENCODING} if exists $settings->{client_encoding} && $settings->{client_encoding} eq 'session';
	my ($is_late, $status);

	# The transaction_timeout of the server can end a session before it has read its own.
	for (my $tries = 0; !$tries || ($tries < 1000 && $out eq '' && $err =~ /FATAL:.*transaction timeout/ && %$settings); $tries++)
	{
		$status = $node->psql($database, $sql, stdout => \$out, stderr => \$err, on_error_stop => 0,
			timeout => LATE_S, timed_out => \$is_late, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	}
	return ($status, $out, $is_late ? "ERROR: no answer\n$err" : $err);
}

# --- the cases ---

my %neutral;
my @queue;
sub values_of
{
	my ($name, $type, $min, $max, $enum, $now) = @_;
	return grep { $_ ne $now } @{ $words{$name} // ['nonsense'] } if $type eq 'string';
	return $now eq 'on' ? 'off' : 'on' if $type eq 'bool';
	return grep { $_ ne $now } ($enum =~ /[\w ]+|"[^"]+"/g) if $type eq 'enum';
	return grep { $_ ne $now } $min, ($min < 1 && $max > 1 ? 1 : ()), $max;
}

my @together;
for my $line (split /\n/, $node->safe_psql('postgres', <<'SQL'))
SELECT name, vartype, min_val, max_val, array_to_string(enumvals, ','), reset_val FROM pg_settings
WHERE context IN ('user', 'superuser', 'backend', 'superuser-backend') AND name NOT LIKE 'plpgsql.%'
	AND name <> 'commentary.role' -- a follower refuses inserts: follower.t
ORDER BY name
SQL
{
	my ($name, $type, $min, $max, $enum, $now) = split /\|/, $line, -1;
	my @values = map { s/^"|"$//gr } values_of($name, $type, $min, $max, $enum, $now);
	$neutral{$name} = $now;
	if ($alone{$name}) { push @queue, map { { set => { $name => $_ }, alone => 1, sessionless => $sessionless{$name} } } @values }
	else { push @together, [ $name, @values ] }
}
push @queue, map { my $name = $_; map { { set => { $name => $_ }, alone => 1 } } @{ $hidden_values{$name} } } @hidden;
cmp_ok(scalar(@together), '>', 100, 'the server tells its settings');
while (my @batch = splice @together, 0, BATCH)
{
	for (my $i = 1; ; $i++)
	{
		my %set = map { $_->[0] => $_->[$i] } grep { defined $_->[$i] } @batch;
		last if !%set;
		push @queue, { set => \%set };
	}
}

# --- one case in one database ---

my ($refused_by_server, $refused_inserts) = (0, 0);

sub apply
{
	my ($database, $case) = @_;
	for my $name (sort keys %{ $case->{set} })
	{
		my (undef, undef, $error) = ask('postgres', {}, "ALTER DATABASE $database SET \"$name\" = "
			. ($name =~ /^(search_path|temp_tablespaces|.*_preload_libraries)$/ && $case->{set}{$name} ne ''
				? join(', ', map { "\"$_\"" } split /, /, $case->{set}{$name}) : "'$case->{set}{$name}'"));
		next if $error !~ /ERROR/;
		$refused_by_server++;
		delete $case->{set}{$name};
	}
}

# For a session that the settings of the database do not reach.
sub shielded
{
	my ($case) = @_;
	return { map { $_ => $neutral{$_} // ($_ eq 'role' ? 'none' : ()) } grep { exists $neutral{$_} || $_ eq 'role' } keys %{ $case->{set} } };
}
sub as_boss { return exists $_[0]{set}{session_authorization} ? "SET SESSION AUTHORIZATION \"$boss\";\n" : '' }

sub restart_flushers
{
	my (@cases) = @_;
	my %said;
	my @runs = map {
		my $case = $_;
		local $ENV{PGOPTIONS} = join ' ', map { (my $v = shielded($case)->{$_}) =~ s/([\\\s])/\\$1/g; "-c $_=$v" } sort keys %{ shielded($case) };
		local $ENV{PGCLIENTENCODING} = 'UTF8';
		$said{ $case->{database} } = '';
		IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr($case->{database}), '-c', as_boss($case) . 'SELECT commentary.worker_restart() > 0' ],
			'>', \$said{ $case->{database} }, '2>&1', IPC::Run::timeout(RESTART_S));
	} @cases;
	$_->finish for @runs;
	return \%said;
}

# Empty, or what is wrong.
sub fault_of
{
	my ($case, $restarted) = @_;
	my $database = $case->{database};
	my ($before) = (ask($database, shielded($case), as_boss($case) . 'SELECT head FROM commentary.heads(ARRAY[1])'))[1] =~ /(\d+)/;
	my ($stored, $refused) = (0, '');

	return "the flusher does not start: $restarted" if $restarted ne "t\n";
	if (!$case->{sessionless})
	{
		# As the session of any client, whose settings are the database's.
		my $encoding = exists $case->{set}{client_encoding} ? { client_encoding => 'session' } : {};
		my (undef, undef, $error) = ask($database, {}, $row);
		$refused = $1 if $error =~ /((?:ERROR|FATAL):.*)/ || $error =~ /(error: .*)/;
		$refused_inserts++ if $refused;
		return "an insert is refused: $refused" if $refused && !$case->{alone};
		return "an unclear error: $error" if $refused =~ /XX\d\d\d/;
		$stored = $refused ? 0 : 1;
		my (undef, $read, $wrong) = ask($database, {}, $digest);
		return "a session reads something else: $read $wrong" if $read ne $digest_of{$database} && !($case->{alone} && $wrong =~ /ERROR|FATAL|error:/);
	}
	my ($status, $out, $error) = ask($database, shielded($case), as_boss($case) . $row
		. "SELECT regexp_replace(body, '\"seq\":\\d+,', '') FROM commentary.read(1, $before)");
	my @bodies = split /\n/, $out;
	return "nothing is flushed: $error" if !@bodies;
	return 'the insert reported ' . ($refused || 'success') . ', and ' . (@bodies - 1) . ' rows are stored' if @bodies != $stored + 1;
	my @other = grep { $_ ne $expected } @bodies;
	return @other ? "a row is stored as $other[0]" : '';
}

my (%faults, $cases);
while (my @now = splice @queue, 0, DATABASES)
{
	for my $i (0 .. $#now) { $now[$i]{database} = $databases[$i]; apply($databases[$i], $now[$i]) }
	my $restarted = restart_flushers(@now);
	for my $case (@now)
	{
		my $fault = fault_of($case, $restarted->{ $case->{database} });
		if ($fault && keys %{ $case->{set} } > 1)
		{
			# Who is it? Each by itself.
			push @queue, map { { set => { $_ => $case->{set}{$_} }, alone => 0 } } sort keys %{ $case->{set} };
			$fault = '';
		}
		$faults{ join ', ', map { "$_ = $case->{set}{$_}" } keys %{ $case->{set} } } = $fault if $fault;
		$cases += keys %{ $case->{set} };
		ask('postgres', {}, "ALTER DATABASE $case->{database} RESET ALL");
	}
}
is(join("\n", map { "$_: $faults{$_}" } sort keys %faults), '', 'each insert is stored as it is, or refused, and the flusher works');
cmp_ok($cases, '>', 250, "values were tried: $cases; PostgreSQL itself refused $refused_by_server, and $refused_inserts inserts were refused");
cmp_ok($refused_inserts, '>', 0, 'a setting that should refuse an insert did');

# --- the deadly ones in every other place ---

my $club = $databases[0];
my %deadly = (
	exit_on_error => 'on', statement_timeout => 1, lock_timeout => 1, temp_file_limit => 0, max_stack_depth => '100kB',
	session_replication_role => 'replica', default_transaction_read_only => 'on', default_transaction_isolation => 'serializable',
	row_security => 'on', search_path => 'public', jit_above_cost => 0, jit => 'on', idle_in_transaction_session_timeout => 1,
	idle_session_timeout => 1, synchronous_commit => 'off', zero_damaged_pages => 'on', client_min_messages => 'error');
$deadly{transaction_timeout} = 1 if $node->pg_version >= 17;
my %role_only = (role => 'somebody', session_authorization => 'somebody');
my $shield = { map { $_ => $neutral{$_} } keys %deadly };

# The flusher stores a good row, and sets a bad one aside without ending.
sub works
{
	my ($name) = @_;
	my $sql = <<SQL;
SET SESSION AUTHORIZATION "$boss"; SET role = none;
SELECT commentary.flush();
ALTER TABLE commentary.entry ADD CONSTRAINT no_owl CHECK (actor IS DISTINCT FROM 'owl');
SELECT 'head', head FROM commentary.heads(ARRAY[1]);
SELECT 'pid', flusher_pid FROM commentary.status();
INSERT INTO commentary.feed (match_id, message, actor) VALUES (1, 'good', NULL), (1, 'bad', 'owl'), (1, 'good again', NULL);
SELECT 'head', head FROM commentary.heads(ARRAY[1]);
SELECT 'pid', flusher_pid FROM commentary.status();
SELECT 'aside', count(*), min(sqlstate) FROM commentary.rejected;
DELETE FROM commentary.rejected;
ALTER TABLE commentary.entry DROP CONSTRAINT no_owl;
SQL
	my (undef, $out, $error) = ask($club, $shield, $sql);
	my @heads = $out =~ /^head\|(\d+)$/mg;
	my @pids = $out =~ /^pid\|(\d+)$/mg;
	is(@heads == 2 ? $heads[1] - $heads[0] : "$out$error", 2, "$name: good rows are stored");
	is($out =~ /^aside\|(.*)$/m ? $1 : '', '1|23514', "$name: a bad row is set aside");
	ok(@pids == 2 && $pids[0] == $pids[1], "$name: the flusher goes on");
}

# Without the library no session could do anything; so a session of ours waits.
sub restarted
{
	my ($name) = @_;
	my (undef, $out, $error) = ask($club, $shield, "SET SESSION AUTHORIZATION \"$boss\"; SET role = none; SELECT commentary.worker_restart() > 0");
	is($out, 't', "$name: the flusher starts") or diag($error);
}
sub quoted { return join '', map { sprintf "%s SET %s = '%s';\n", $_[0], $_, $_[1]{$_} } sort keys %{ $_[1] } }

for my $place ("ALTER DATABASE $club", 'ALTER ROLE ALL', "ALTER ROLE \"$boss\"", "ALTER ROLE \"$boss\" IN DATABASE $club")
{
	$node->safe_psql('postgres', quoted($place, { %deadly, %role_only }));
	restarted($place);
	works($place);
	$node->restart;                                              # and the launcher with it
	works("$place, after a restart");
	ask('postgres', $shield, "SET SESSION AUTHORIZATION \"$boss\"; SET role = none; $place RESET ALL");
}
$node->safe_psql('postgres', join '', map { "ALTER SYSTEM SET $_ = '$deadly{$_}';\n" } sort keys %deadly);
$node->reload;
restarted('ALTER SYSTEM');
works('ALTER SYSTEM');
$node->restart;
works('ALTER SYSTEM, after a restart');
ask('postgres', $shield, join '', map { "ALTER SYSTEM RESET $_;\n" } keys %deadly);
$node->reload;

# A path that no longer has the library, for a worker that is started then. From PostgreSQL
# 18 on sessions do not find it either.
$shield = { dynamic_library_path => $neutral{dynamic_library_path} };
$node->safe_psql('postgres', "ALTER SYSTEM SET dynamic_library_path = '/nowhere'");
$node->reload;
restarted('dynamic_library_path');
works('dynamic_library_path');
$node->safe_psql('postgres', 'ALTER SYSTEM RESET dynamic_library_path');
$node->reload;
$shield = {};

# --- what else others may do to a database, or to the role that workers run as ---

$node->safe_psql('postgres', "ALTER DATABASE $club CONNECTION LIMIT 0");
restarted('CONNECTION LIMIT 0');
works('CONNECTION LIMIT 0');
$node->safe_psql('postgres', "ALTER DATABASE $club CONNECTION LIMIT -1; ALTER DATABASE $club ALLOW_CONNECTIONS false");
$node->restart;
my $flushers = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'commentary flusher' AND datname = '$club'";
ok($node->poll_query_until('postgres', "SELECT ($flushers) = 1"), 'ALLOW_CONNECTIONS false: there is a flusher after a restart');
$node->safe_psql('postgres', "ALTER DATABASE $club ALLOW_CONNECTIONS true");
works('ALLOW_CONNECTIONS true again');

$node->safe_psql('postgres', "CREATE ROLE other SUPERUSER LOGIN");
sub as_other { local $ENV{PGUSER} = 'other'; return $node->safe_psql('postgres', $_[0]) }
as_other("ALTER ROLE \"$boss\" RENAME TO renamed; ALTER ROLE renamed NOLOGIN");
{
	local $ENV{PGUSER} = 'other';
	($boss, my $old) = ('other', $boss);
	restarted('the bootstrap superuser is renamed and may not log in');
	works('the bootstrap superuser is renamed and may not log in');
	SKIP:
	{
		skip 'the first superuser stays one from PostgreSQL 16 on', 4 if $node->pg_version >= 16;
		as_other('ALTER ROLE renamed NOSUPERUSER');
		restarted('the bootstrap superuser is none');
		works('the bootstrap superuser is none');
		as_other('ALTER ROLE renamed SUPERUSER');
	}
	as_other("ALTER ROLE renamed LOGIN; ALTER ROLE renamed RENAME TO \"$old\"");
	$boss = $old;
}
SKIP:
{
	skip 'login event triggers came with PostgreSQL 17', 4 if $node->pg_version < 17;
	$node->safe_psql($club, <<'SQL');
CREATE FUNCTION public.keep_out() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF current_setting('application_name') <> 'psql' AND session_user <> 'other' THEN RAISE 'out'; END IF; END $$;
CREATE EVENT TRIGGER keep_out ON login EXECUTE FUNCTION public.keep_out();
ALTER EVENT TRIGGER keep_out ENABLE ALWAYS;
SQL
	local $ENV{PGUSER} = 'other';
	restarted('a login trigger');
	works('a login trigger');
	$node->safe_psql($club, 'DROP EVENT TRIGGER keep_out');
}
is_sound($node, $_, $_) for @databases;
is_clean($node, 'primary');
$node->stop;
done_testing();
