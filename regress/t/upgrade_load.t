# ALTER EXTENSION UPDATE from 1.0 and from 1.1 to the version of the library, while
# writers go on in every way: nothing acknowledged is lost, every row of before is there
# as it was, no table is written anew, and views and grants of others go on.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Scene;
use Test::More;

use constant { ROWS => 20_000, ENOUGH => 40 };

my $node = new_node('main', 'max_connections = 60', 'commentary.max_databases = 4');

# The ways in which a row comes in; each message says whose it is.
my %ways = (
	inserted => "INSERT INTO commentary.feed (match_id, minute, message) VALUES (1, 7, '%s');",
	prepared => "EXECUTE add ('%s');",
	posted   => "SELECT commentary.post(2, '%s', 12, 'goal', 'A. Striker', home_score => 1);",
	by_order => "SELECT commentary.post(2, '%s', 12, 'goal', 'A. Striker', 'Home', 1, 0, '{a}', '{}', 1, 0, NULL);",
	keyed    => "INSERT INTO commentary.feed (match_id, client_ref, message) VALUES (3, '%1\$s', '%1\$s');",
	scored   => "UPDATE commentary.match SET home_score = coalesce(home_score, 0) + 1 WHERE match_id = 4; INSERT INTO commentary.feed (match_id, message) VALUES (4, '%s');",
);

sub start_writers
{
	my ($database) = @_;
	my @writers;
	for my $way (sort keys %ways)
	{
		my $script = "PREPARE add (text) AS INSERT INTO commentary.feed (match_id, message, tags) VALUES (1, \$1, '{x}');\n"
		  . join('', map { sprintf($ways{$way}, "$way $_") . "\n\\warn returned $way $_\n" } 1 .. ROWS);
		push @writers, psql_start($node, $database, $script);
	}
	return @writers;
}

# Each has written so many, since it was looked at before.
sub go_on
{
	my (@writers) = @_;
	for my $writer (@writers)
	{
		my $count = sub { scalar(() = (psql_said($writer))[1] =~ /^returned/mg) };
		my $before = $count->();
		wait_for('a writer to go on', sub { $count->() >= $before + ENOUGH });
	}
}

# The columns that there were before, by name, of every row of that time.
my $rows = <<'SQL';
SELECT count(*), md5(string_agg(concat_ws('|', match_id, seq, op, ref_seq, kind, period, minute, stoppage, actor, team, message,
	tags::text, metadata::text, home_score, away_score, client_ref, created_at, flushed_at), E'\n' ORDER BY match_id, seq))
FROM commentary.entry JOIN public.before USING (match_id, seq)
SQL
my $files = q(SELECT string_agg(relname || ' ' || relfilenode, ', ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'commentary'::regnamespace AND relname IN ('entry', 'match'));

for my $version ('1.0', '1.1')
{
	my $database = 'from_' . $version =~ s/\./_/r;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, <<SQL);
CREATE EXTENSION commentary VERSION '$version';
SELECT commentary.create_match('Home', 'Away', metadata => jsonb_build_object('k', repeat('x', 5000))) FROM generate_series(1, 4);
INSERT INTO commentary.match (home, away, status, metadata) VALUES ('Over', 'Away', 'finished', '{"secret": 1}'), ('Odd', 'Away', 'live', '[1]'), ('Small', 'Away', 'live', '{"a": 1}');
INSERT INTO commentary.feed (match_id, message, metadata, client_ref) SELECT n % 3 + 1, repeat('line ' || n, 50), '{"big": 123456789}', 'old-' || n FROM generate_series(1, 2000) n;
SELECT commentary.amend(1, 3, 'amended', 5), commentary.retract(2, 4);
DO \$\$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reporter') THEN CREATE ROLE reporter; END IF; END \$\$;
GRANT USAGE ON SCHEMA commentary TO reporter;
GRANT INSERT ON commentary.feed TO reporter;
GRANT EXECUTE ON FUNCTION commentary.post TO reporter;
CREATE VIEW public.of_others AS SELECT f.*, length(f.message) FROM commentary.feed AS f;
CREATE VIEW public.post_of_others AS SELECT commentary.post(1, 'through a view', 1, 'goal') AS staged;
CREATE FUNCTION public.plain() RETURNS bigint LANGUAGE sql AS \$\$ SELECT commentary.post(1, 'through a function', minute => 3) \$\$;
CREATE TABLE public.before AS SELECT match_id, seq FROM commentary.entry;
SQL
	my ($was, $stood) = map { $node->safe_psql($database, $_) } $rows, $files;
	my @writers = start_writers($database);
	go_on(@writers);
	$node->safe_psql($database, "SET lock_timeout = '60s'; ALTER EXTENSION commentary UPDATE");
	go_on(@writers);
	kill 'TERM', map { $_->{pid} } grep { !psql_is_over($_) } @writers;
	my @said = map { (psql_finish($_))[1] } @writers;
	$node->safe_psql($database, 'SELECT commentary.flush()');

	is(join(',', map { /^(?:psql:\S+ )?((?:ERROR|FATAL|WARNING):  .*)/mg } @said), '', "$version: the writers notice nothing");
	my %stored = map { $_ => 1 } split /\n/, $node->safe_psql($database, 'SELECT message FROM commentary.entry WHERE message IS NOT NULL');
	my @lost = grep { !$stored{$_} } map { /^returned (.*)/mg } @said;
	is("@lost", '', "$version: what was acknowledged is in the log");
	is($node->safe_psql($database, "SELECT count(*) - count(DISTINCT message) FROM commentary.entry WHERE message ~ '^(" . join('|', keys %ways) . ") '"), 0, "$version: each once");
	is($node->safe_psql($database, $rows), $was, "$version: the rows of before are as they were");
	is($node->safe_psql($database, $files), $stood, "$version: no table was written anew");
	is($node->safe_psql($database, "SELECT count(*) FROM commentary.rejected"), 0, "$version: nothing was set aside");
	is_sound($node, $version, $database);

	is($node->safe_psql($database, "SELECT has_function_privilege('reporter', oid, 'EXECUTE') FROM pg_proc WHERE oid = 'commentary.post'::regproc"), 't', "$version: grants hold");
	is($node->safe_psql($database, 'SELECT count(*) > 0 FROM public.of_others; SELECT staged > 0 FROM public.post_of_others; SELECT public.plain() > 0'), "t\nt\nt", "$version: views and functions of others go on");
	is($node->safe_psql($database, q(SELECT string_agg(proname, ' ') FROM pg_proc WHERE pronamespace = 'commentary'::regnamespace AND proname ~ '_of_1_1$')), 'post_of_1_1', "$version: of the old functions only what others depend on is left");
	is($node->safe_psql($database, "SELECT commentary.post(1, 'of today', clock => '19.6 ov') > 0; SELECT clock FROM commentary.feed WHERE message = 'of today'"), "t\n19.6 ov", "$version: the new columns work");
	is($node->safe_psql($database, 'SELECT count(*) FROM commentary.structure_faults()'), 0, "$version: nothing is amiss");

	# Metadata of before is for viewers when it may be, and where a match goes on.
	$node->safe_psql($database, 'UPDATE commentary.match SET home_score = 9; SELECT commentary.worker_restart()');
	is($node->safe_psql($database, "SELECT match_id, commentary.state(match_id)::jsonb -> 'metadata' FROM commentary.match WHERE match_id > 3 ORDER BY 1"),
		qq(4|\n5|{"secret": 1}\n6|\n7|{"a": 1}), "$version: metadata is shown that may be");
}

# A column of a DBA with one of the new names: said, and nothing is changed.
$node->safe_psql('postgres', "CREATE DATABASE taken");
$node->safe_psql('taken', "CREATE EXTENSION commentary VERSION '1.1'; ALTER TABLE commentary.match ADD COLUMN title text; ALTER TABLE commentary.entry ADD COLUMN clock integer");
my (undef, undef, $error) = $node->psql('taken', 'ALTER EXTENSION commentary UPDATE');
like($error, qr/ERROR:  commentary.entry has a column of yours with the name clock\nDETAIL:  .*\nHINT:  ALTER TABLE commentary.entry RENAME COLUMN clock/, 'a column of the same name is named');
is($node->safe_psql('taken', "SELECT extversion FROM pg_extension WHERE extname = 'commentary'"), '1.1', 'and version 1.1 stays');
is($node->safe_psql('taken', "SELECT commentary.create_match('Home', 'Away'); SELECT commentary.post(1, 'x') > 0; SELECT count(*) FROM commentary.entry WHERE match_id = 1"), "1\nt\n2", 'and works');
$node->safe_psql('taken', 'ALTER TABLE commentary.match RENAME title TO my_title; ALTER TABLE commentary.entry RENAME clock TO my_clock; ALTER EXTENSION commentary UPDATE');
is($node->safe_psql('taken', "SELECT commentary.create_match(title => 'A race')"), 2, 'with another name it is updated');
is_clean($node, 'upgrade_load');
$node->stop;
done_testing();
