# A DBA alters our tables. What is inserted then is stored right, or refused with a
# clear error, or waits until the alteration is undone; never a crash, a lost row or
# a wrong value, and what is in the log can be read all the same.
#
# Each case alters, writes in every way, reads in every way, undoes what it did, and
# accounts for every row. All of them work on one database, so that the dropped
# columns of the earlier ones stand before the columns of the later ones.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Scene;
use Test::More;

my $node = new_node('main', 'autovacuum = off', "commentary.ack = 'staged'");
install($node, 'postgres', 1);

# A case: its name, the alteration, how to undo it, and
#   fault     what structure_faults() says of it
#   stored    what the rows of the case must have, an SQL condition on the log
#   apart     its commands run one by one; unread: others write beside it
#   refused   what an insert must say instead
#   waits     what the flusher must say instead of flushing, until it is undone
my @cases = (
	{ name => 'nothing', ddl => '', undo => '' },
	{ name => 'a column added', ddl => 'ALTER TABLE commentary.entry ADD COLUMN note text', fault => qr/note\|commentary.entry has columns of others: note/, undo => 'ALTER TABLE commentary.entry DROP COLUMN note', stored => 'note IS NULL' },
	{ name => 'a column added that was dropped before', ddl => 'ALTER TABLE commentary.entry ADD COLUMN note text', undo => 'ALTER TABLE commentary.entry DROP COLUMN note', stored => 'note IS NULL' },
	{ name => 'a default', ddl => 'ALTER TABLE commentary.entry ADD COLUMN n integer NOT NULL DEFAULT 7', undo => 'ALTER TABLE commentary.entry DROP COLUMN n', stored => 'n = 7' },
	{ name => 'a generated column', ddl => 'ALTER TABLE commentary.entry ADD COLUMN g integer GENERATED ALWAYS AS (minute * 2) STORED', undo => 'ALTER TABLE commentary.entry DROP COLUMN g', stored => 'g IS NOT DISTINCT FROM minute * 2' },
	{ name => 'an identity column', ddl => 'ALTER TABLE commentary.entry ADD COLUMN i bigint GENERATED ALWAYS AS IDENTITY', undo => 'ALTER TABLE commentary.entry DROP COLUMN i', stored => 'i > 0' },
	{ name => 'a column of a match', ddl => 'ALTER TABLE commentary.match ADD COLUMN venue text', fault => qr/match\|note\|commentary.match has columns of others: venue/, undo => 'ALTER TABLE commentary.match DROP COLUMN venue' },
	{ name => 'a column of staging', ddl => 'ALTER TABLE commentary.staging_0 ADD COLUMN x text; ALTER TABLE commentary.staging_1 ADD COLUMN x text', undo => 'ALTER TABLE commentary.staging_0 DROP COLUMN x; ALTER TABLE commentary.staging_1 DROP COLUMN x' },
	{ name => 'a column of rejected', ddl => 'ALTER TABLE commentary.rejected ADD COLUMN x text', undo => 'ALTER TABLE commentary.rejected DROP COLUMN x' },
	{ name => 'columns of ours in another order', ddl => <<'SQL', undo => '', stored => 'true' },
BEGIN;
ALTER TABLE commentary.staging_0 RENAME team TO old_team; ALTER TABLE commentary.staging_0 ADD COLUMN team text; ALTER TABLE commentary.staging_0 DROP COLUMN old_team;
ALTER TABLE commentary.staging_1 RENAME minute TO old; ALTER TABLE commentary.staging_1 ADD COLUMN minute smallint; ALTER TABLE commentary.staging_1 DROP COLUMN old;
COMMIT;
SQL
	{ name => 'a column of the log renamed', ddl => 'ALTER TABLE commentary.entry RENAME message TO line', fault => qr/entry\|inserts fail\|column "message" of commentary.entry is missing/, undo => 'ALTER TABLE commentary.entry RENAME line TO message',
		refused => qr/42703: column "message" of commentary.entry is missing/ },
	{ name => 'a column of the feed renamed', ddl => 'ALTER VIEW commentary.feed RENAME COLUMN actor TO player', undo => 'ALTER VIEW commentary.feed RENAME COLUMN player TO actor',
		refused => qr/42703: column "actor" of (commentary.feed|relation "feed")/, ways => [qw(single many keyed copied)] },
	{ name => 'a column of a match renamed', ddl => 'ALTER TABLE commentary.match RENAME status TO phase', undo => 'ALTER TABLE commentary.match RENAME phase TO status',
		refused => qr/42703: column "status" of commentary.match is missing/ },
	{ name => 'the log without its key', ddl => 'ALTER TABLE commentary.entry DROP CONSTRAINT entry_pkey', fault => qr/entry\|inserts fail\|commentary.entry has lost an index/, undo => 'ALTER TABLE commentary.entry ADD PRIMARY KEY (match_id, seq)',
		refused => qr/42704: commentary.entry has lost an index/ },
	{ name => 'the log without an index', ddl => 'DROP INDEX commentary.entry_state', undo => "CREATE INDEX entry_state ON commentary.entry (match_id, seq) WHERE op = 'match'",
		refused => qr/42704: commentary.entry has lost an index/ },
	{ name => 'another index under the name of ours', ddl => 'DROP INDEX commentary.entry_client_ref; CREATE INDEX entry_client_ref ON commentary.entry (client_ref)',
		undo => 'CREATE UNIQUE INDEX i ON commentary.entry (match_id, client_ref) WHERE client_ref IS NOT NULL AND op = \'insert\'; DROP INDEX commentary.entry_client_ref; ALTER INDEX commentary.i RENAME TO entry_client_ref',
		refused => qr/42704: commentary.entry has lost an index/ },
	{ name => 'indexes renamed and made again', ddl => 'ALTER INDEX commentary.entry_client_ref RENAME TO a; ALTER INDEX commentary.entry_state RENAME TO b; REINDEX TABLE CONCURRENTLY commentary.entry',
		undo => 'ALTER INDEX commentary.a RENAME TO entry_client_ref; ALTER INDEX commentary.b RENAME TO entry_state' },
	{ name => 'the log renamed', ddl => 'ALTER TABLE commentary.entry RENAME TO log', fault => qr/entry\|inserts fail\|commentary.entry is missing/, undo => 'ALTER TABLE commentary.log RENAME TO entry',
		refused => qr/42P01: relation "commentary.entry" is missing/, log => 'commentary.log' },
	{ name => 'another table in the place of the log', ddl => 'ALTER TABLE commentary.entry RENAME TO log; CREATE TABLE commentary.entry (LIKE commentary.log INCLUDING ALL)',
		fault => qr/does not belong to the extension/, undo => 'DROP TABLE commentary.entry; ALTER TABLE commentary.log RENAME TO entry',
		refused => qr/42809: relation "commentary.entry" does not belong to the extension/, log => 'commentary.log' },
	{ name => 'a child of the log', ddl => 'CREATE TABLE public.child () INHERITS (commentary.entry)', fault => qr/inherit from it/, undo => 'DROP TABLE public.child',
		refused => qr/0A000: commentary.entry has tables that inherit from it/ },
	{ name => 'an unlogged log', ddl => 'ALTER TABLE commentary.entry SET UNLOGGED', fault => qr/inserts fail\|commentary.entry is unlogged/, undo => 'ALTER TABLE commentary.entry SET LOGGED',
		refused => qr/55000: commentary.entry is unlogged/ },
	{ name => 'forced row security on the log', ddl => 'ALTER TABLE commentary.entry ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', undo => 'ALTER TABLE commentary.entry DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY',
		refused => qr/0A000: commentary.entry has row security/ },
	{ name => 'row security on the log', ddl => 'ALTER TABLE commentary.entry ENABLE ROW LEVEL SECURITY', fault => qr/note\|commentary.entry has row security/, undo => 'ALTER TABLE commentary.entry DISABLE ROW LEVEL SECURITY' },
	{ name => 'a column that must be given', ddl => 'ALTER TABLE commentary.entry ADD COLUMN must integer NOT NULL DEFAULT 1; ALTER TABLE commentary.entry ALTER must DROP DEFAULT',
		fault => qr/the flusher waits\|column "must" of commentary.entry is NOT NULL and has no default/, undo => 'ALTER TABLE commentary.entry DROP COLUMN must', waits => qr/null value in column "must"/ },
	{ name => 'a default that fails when it is planned', ddl => 'ALTER TABLE commentary.entry ADD COLUMN d integer; ALTER TABLE commentary.entry ALTER d SET DEFAULT 1 / 0',
		undo => 'ALTER TABLE commentary.entry DROP COLUMN d', waits => qr/division by zero/ },
	{ name => 'a default that fails when it is evaluated', ddl => "CREATE FUNCTION public.fails() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not today''; END'; ALTER TABLE commentary.entry ADD COLUMN d integer; ALTER TABLE commentary.entry ALTER d SET DEFAULT public.fails()",
		undo => 'ALTER TABLE commentary.entry DROP COLUMN d; DROP FUNCTION public.fails()', waits => qr/not today/ },
	{ name => 'a domain that takes no null', ddl => 'CREATE DOMAIN public.picky AS integer DEFAULT 3 NOT NULL; ALTER TABLE commentary.entry ADD COLUMN d public.picky; ALTER DOMAIN public.picky DROP DEFAULT',
		undo => 'ALTER TABLE commentary.entry DROP COLUMN d; DROP DOMAIN public.picky', waits => qr/domain public.picky does not allow null values/ },
	{ name => 'a domain with a default', ddl => 'CREATE DOMAIN public.picky AS integer DEFAULT 3 NOT NULL; ALTER TABLE commentary.entry ADD COLUMN d public.picky',
		undo => 'ALTER TABLE commentary.entry DROP COLUMN d; DROP DOMAIN public.picky', stored => 'd = 3' },
	{ name => 'a constraint that no row can satisfy', ddl => 'ALTER TABLE commentary.entry ADD COLUMN d integer DEFAULT 1, ADD CONSTRAINT two CHECK (d = 2) NOT VALID', undo => 'ALTER TABLE commentary.entry DROP COLUMN d',
		waits => qr/violates check constraint "two"/ },
	{ name => 'a constraint without a column', ddl => 'ALTER TABLE commentary.entry ADD CONSTRAINT never CHECK (false) NOT VALID', undo => 'ALTER TABLE commentary.entry DROP CONSTRAINT never',
		waits => qr/violates check constraint "never"/ },
	{ name => 'a unique column with one value', ddl => 'ALTER TABLE commentary.entry ADD COLUMN d integer; CREATE UNIQUE INDEX one ON commentary.entry (d); ALTER TABLE commentary.entry ALTER d SET DEFAULT 1', undo => 'ALTER TABLE commentary.entry DROP COLUMN d',
		waits => qr/unique constraint "one"/ },
	{ name => 'a foreign key that no row can satisfy', ddl => 'CREATE TABLE public.empty (id integer PRIMARY KEY); ALTER TABLE commentary.entry ADD COLUMN d integer REFERENCES public.empty; ALTER TABLE commentary.entry ALTER d SET DEFAULT 1',
		undo => 'ALTER TABLE commentary.entry DROP COLUMN d; DROP TABLE public.empty', waits => qr/violates foreign key constraint/ },
	{ name => 'a trigger that calls what is not there', ddl => "CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.nothing(); RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON commentary.entry FOR EACH ROW EXECUTE FUNCTION public.t()",
		undo => 'DROP FUNCTION public.t() CASCADE', waits => qr/function public.nothing\(\) does not exist/ },
	{ name => 'a trigger that fills in and changes', ddl => "ALTER TABLE commentary.entry ADD COLUMN d integer NOT NULL DEFAULT 1; ALTER TABLE commentary.entry ALTER d DROP DEFAULT; CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.d := 5; NEW.team := ''changed''; RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON commentary.entry FOR EACH ROW EXECUTE FUNCTION public.t()",
		undo => 'DROP FUNCTION public.t() CASCADE; ALTER TABLE commentary.entry DROP COLUMN d', stored => "d = 5 AND team = 'changed'" },
	{ name => 'a deferred foreign key', ddl => 'ALTER TABLE commentary.entry ADD CONSTRAINT f FOREIGN KEY (ref_seq) REFERENCES commentary.match DEFERRABLE INITIALLY DEFERRED NOT VALID', undo => 'ALTER TABLE commentary.entry DROP CONSTRAINT f' },
	{ name => 'an exclusion constraint', ddl => 'ALTER TABLE commentary.entry ADD CONSTRAINT x EXCLUDE USING btree (match_id WITH =, seq WITH =) DEFERRABLE INITIALLY DEFERRED', undo => 'ALTER TABLE commentary.entry DROP CONSTRAINT x' },
	{ name => 'triggers for statements, with a transition table', ddl => "CREATE TABLE public.seen (message text); CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.seen SELECT message FROM new_rows; RETURN NULL; END'; CREATE TRIGGER t AFTER INSERT ON commentary.entry REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.t()",
		undo => 'DROP FUNCTION public.t() CASCADE; DROP TABLE public.seen', stored => 'message IN (SELECT message FROM public.seen)' },
	{ name => 'a partition of another table', ddl => 'CREATE TABLE public.parent (LIKE commentary.entry INCLUDING ALL) PARTITION BY LIST (match_id); ALTER TABLE public.parent ATTACH PARTITION commentary.entry DEFAULT', undo => 'ALTER TABLE public.parent DETACH PARTITION commentary.entry; DROP TABLE public.parent',
		refused => qr/0A000: commentary.entry inherits from another table/ },
	{ name => 'a parent of the log', ddl => 'CREATE TABLE public.parent (message text); ALTER TABLE commentary.entry INHERIT public.parent', undo => 'ALTER TABLE commentary.entry NO INHERIT public.parent; DROP TABLE public.parent',
		refused => qr/0A000: commentary.entry inherits from another table/ },
	{ name => 'the log in another schema', ddl => 'ALTER TABLE commentary.entry SET SCHEMA public', undo => 'ALTER TABLE public.entry SET SCHEMA commentary', refused => qr/42P01: relation "commentary.entry" is missing/, log => 'public.entry' },
	{ name => 'a segment renamed', ddl => join(';', map { "ALTER TABLE commentary.staging_$_ RENAME TO s$_" } 0 .. 3), undo => join(';', map { "ALTER TABLE commentary.s$_ RENAME TO staging_$_" } 0 .. 3),
		refused => qr/42P01: relation "commentary.staging_0" is missing/ },
	{ name => 'the matches renamed', ddl => 'ALTER TABLE commentary.match RENAME TO game', undo => 'ALTER TABLE commentary.game RENAME TO match', refused => qr/42P01: relation "commentary.match" is missing/ },
	{ name => 'a child of the matches', ddl => 'CREATE TABLE public.child () INHERITS (commentary.match)', undo => 'DROP TABLE public.child', refused => qr/0A000: commentary.match has tables that inherit from it/ },
	{ name => 'matches without their key', ddl => 'ALTER TABLE commentary.match DROP CONSTRAINT match_pkey', undo => 'ALTER TABLE commentary.match ADD PRIMARY KEY (match_id)', refused => qr/42704: commentary.match has lost an index/ },
	{ name => 'columns of a match in another order', ddl => 'ALTER TABLE commentary.match RENAME created_at TO old; ALTER TABLE commentary.match ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(); ALTER TABLE commentary.match DROP COLUMN old', undo => '' },
	{ name => 'defaults of columns of ours', ddl => 'ALTER TABLE commentary.entry ALTER created_at SET DEFAULT now(), ALTER flushed_at SET DEFAULT now()', undo => 'ALTER TABLE commentary.entry ALTER created_at DROP DEFAULT, ALTER flushed_at DROP DEFAULT' },
	{ name => 'an identity of seq', ddl => 'ALTER TABLE commentary.entry ALTER seq ADD GENERATED ALWAYS AS IDENTITY', undo => 'ALTER TABLE commentary.entry ALTER seq DROP IDENTITY' },
	{ name => 'a default that is volatile', ddl => 'ALTER TABLE commentary.entry ADD COLUMN u uuid UNIQUE DEFAULT gen_random_uuid()', undo => 'ALTER TABLE commentary.entry DROP COLUMN u', stored => 'u IS NOT NULL' },
	{ name => 'a serial column', ddl => 'ALTER TABLE commentary.entry ADD COLUMN s bigserial', undo => 'ALTER TABLE commentary.entry DROP COLUMN s', stored => 's > 0' },
	{ name => 'a column of an array, an enum and a range', ddl => "CREATE TYPE public.mood AS ENUM ('calm', 'loud'); ALTER TABLE commentary.entry ADD COLUMN a integer[] DEFAULT '{1,2}', ADD COLUMN m public.mood DEFAULT 'loud', ADD COLUMN r int4range DEFAULT '[1,5)'", undo => 'ALTER TABLE commentary.entry DROP COLUMN a, DROP COLUMN m, DROP COLUMN r; DROP TYPE public.mood',
		stored => "a = '{1,2}' AND m = 'loud' AND r = '[1,5)'" },
	{ name => 'a generated column of text, with an index', ddl => "ALTER TABLE commentary.entry ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', coalesce(message, ''))) STORED; CREATE INDEX words ON commentary.entry USING gin (words)", undo => 'ALTER TABLE commentary.entry DROP COLUMN words', stored => "words <> ''" },
	{ name => 'forty columns', ddl => 'ALTER TABLE commentary.entry ' . join(', ', map { "ADD COLUMN c$_ text DEFAULT 'c$_'" } 1 .. 40), undo => 'ALTER TABLE commentary.entry ' . join(', ', map { "DROP COLUMN c$_" } 1 .. 40), stored => "c1 = 'c1' AND c40 = 'c40'" },
	{ name => 'storage and statistics', ddl => 'ALTER TABLE commentary.entry ALTER message SET STORAGE EXTERNAL, ALTER message SET STATISTICS 1000, SET (fillfactor = 50)', undo => 'ALTER TABLE commentary.entry ALTER message SET STORAGE EXTENDED, RESET (fillfactor)' },
	{ name => 'a log that is clustered', ddl => 'CLUSTER commentary.entry USING entry_pkey; VACUUM FULL commentary.entry', undo => 'ALTER TABLE commentary.entry SET WITHOUT CLUSTER', apart => 1 },
	{ name => 'segments that are rewritten', ddl => join(';', map { "VACUUM FULL commentary.staging_$_" } 0 .. 3), undo => '', apart => 1 },
	{ name => 'a trigger that writes to the feed itself', ddl => "CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM commentary.post(NEW.match_id, ''echo''); RETURN NULL; END'; CREATE TRIGGER t AFTER INSERT ON commentary.entry FOR EACH ROW WHEN (NEW.message IS DISTINCT FROM 'echo' AND NEW.op = 'insert') EXECUTE FUNCTION public.t()",
		undo => 'DROP FUNCTION public.t() CASCADE', unread => 1 },
	{ name => 'a trigger that notifies', ddl => "CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_catalog.pg_notify(''others'', NEW.seq::pg_catalog.text); RETURN NULL; END'; CREATE TRIGGER t AFTER INSERT ON commentary.entry FOR EACH ROW EXECUTE FUNCTION public.t()", undo => 'DROP FUNCTION public.t() CASCADE' },
	{ name => 'an index on a segment', ddl => join(';', map { "CREATE INDEX x$_ ON commentary.staging_$_ (stage_no)" } 0 .. 3), undo => join(';', map { "DROP INDEX commentary.x$_" } 0 .. 3),
		refused => qr/0A000: commentary.staging_\d has been given an index/ },
	{ name => 'a constraint on a segment', ddl => join(';', map { "ALTER TABLE commentary.staging_$_ ADD CONSTRAINT x CHECK (stage_no > 0)" } 0 .. 3), undo => join(';', map { "ALTER TABLE commentary.staging_$_ DROP CONSTRAINT x" } 0 .. 3),
		refused => qr/0A000: commentary.staging_\d has been given a CHECK constraint/ },
	{ name => 'logged segments', ddl => join(';', map { "ALTER TABLE commentary.staging_$_ SET LOGGED" } 0 .. 3), fault => qr/warning\|commentary.staging_2 is logged/, undo => join(';', map { "ALTER TABLE commentary.staging_$_ SET UNLOGGED" } 0 .. 3) },
	{ name => 'a column of a segment renamed', ddl => join(';', map { "ALTER TABLE commentary.staging_$_ RENAME message TO msg" } 0 .. 3),
		fault => qr/staging_3\|inserts fail\|column "message" of commentary.staging_3 is missing/, undo => join(';', map { "ALTER TABLE commentary.staging_$_ RENAME msg TO message" } 0 .. 3),
		refused => qr/42703: column "message" of commentary.staging_\d is missing/ },
	{ name => 'a column of a segment retyped', ddl => join(';', map { "ALTER TABLE commentary.staging_$_ ALTER message TYPE varchar(10)" } 0 .. 3),
		undo => join(';', map { "ALTER TABLE commentary.staging_$_ ALTER message TYPE text" } 0 .. 3),
		refused => qr/42804: column "message" of commentary.staging_\d has type character varying\(10\) instead of text/ },
);

# The ways in which a row comes in. Each writes one row, whose message is :way.
my %ways = (
	single => "INSERT INTO commentary.feed (match_id, minute, message) VALUES (1, 7, :'way');",
	many   => "INSERT INTO commentary.feed (match_id, team, message, tags, metadata) SELECT 1, 'Home', :'way', '{a,b}', '{\"k\":1}' FROM generate_series(1, 1);",
	copied => "COPY commentary.feed (match_id, message, actor) FROM stdin;\n1\t%s\tMüller\n\\.\n",
	posted => "SELECT commentary.post(1, :'way', minute => 9, tags => '{x}');",
	keyed  => "INSERT INTO commentary.feed (match_id, client_ref, message) VALUES (1, :'way', :'way');",
);

my $number = 0;
for my $case (@cases)
{
	$number++;
	# Some commands run in no transaction with others.
	$node->safe_psql('postgres', $_) for $case->{apart} ? split(/;/, $case->{ddl}) : $case->{ddl};
	my @ways = sort @{ $case->{ways} // [ keys %ways ] };
	my %said = map { $_ => write_row($_, "$number $_") } @ways;
	my @accepted = grep { $said{$_} eq '' } @ways;

	if ($case->{refused})
	{
		is("@accepted", '', "$case->{name}: every insert is refused");
		like($said{$_}, $case->{refused}, "$case->{name}: $_ says why") for @ways;
	}
	elsif ($case->{waits})
	{
		is(join('', values %said), '', "$case->{name}: every insert is accepted");
		my $waits;
		wait_for("$case->{name}: the flusher to say so", sub { $waits = $node->safe_psql('postgres', 'SELECT waits_for FROM commentary.status()'); $waits =~ $case->{waits} });
		like($waits, $case->{waits}, "$case->{name}: the flusher says what it waits for");
		is($node->safe_psql('postgres', "SELECT count(*) FROM commentary.rejected"), 0, "$case->{name}: nothing is set aside");
	}
	else
	{
		is(join('', values %said), '', "$case->{name}: every insert is accepted");
		$node->safe_psql('postgres', 'SELECT commentary.flush()');
		is($node->safe_psql('postgres', "SELECT count(*) FROM commentary.entry WHERE message LIKE '$number %' AND " . ($case->{stored} // 'true')),
			scalar @accepted, "$case->{name}: every row is stored right");
	}
	can_read("$case->{name}, altered", $case->{log}) unless $case->{unread};
	if ($case->{fault})
	{
		like($node->safe_psql('postgres', 'SELECT relation, effect, finding, to_do FROM commentary.structure_faults()'), $case->{fault}, "$case->{name}: the doctor finds it");
	}
	$node->safe_psql('postgres', "$case->{undo}; SELECT commentary.flush()");
	is($node->safe_psql('postgres', "SELECT string_agg(message, ',' ORDER BY message) FROM commentary.entry WHERE message LIKE '$number %'"),
		join(',', map { "$number $_" } @accepted), "$case->{name}, undone: what was accepted is there, once");
	can_read("$case->{name}, undone");
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM commentary.rejected'), 0, 'nothing was set aside');
is($node->safe_psql('postgres', 'SELECT * FROM commentary.structure_faults()'), '', 'the doctor finds nothing any more');
is_sound($node, 'at the end');
is_clean($node, 'at the end');
$node->stop;
done_testing();

# What the server said against it, with its SQLSTATE; '' when the row was accepted.
sub write_row
{
	my ($way, $message) = @_;
	my $sql = "\\set VERBOSITY verbose\n\\set way '$message'\n" . sprintf($ways{$way}, $message);
	my ($status, $out, $err) = $node->psql('postgres', $sql, on_error_stop => 1);
	return $status == 0 ? '' : $err =~ /ERROR:\s+(.*?)\n/ ? $1 : "status $status: $err";
}

# What relays and readers call gives all that is in the log.
sub can_read
{
	my ($name, $log) = @_;
	$log //= 'commentary.entry';
	my ($status, $out, $err) = $node->psql('postgres', <<SQL);
SELECT (SELECT count(*) FROM $log WHERE match_id = 1),
	(SELECT count(body::json) FROM commentary.read(1, 0, 100000)),
	(SELECT count(body::json) FROM commentary.tail(1, 100000)),
	(SELECT head FROM commentary.heads('{1}')),
	(SELECT count(*) + 1 FROM commentary.feed WHERE match_id = 1),
	json_array_length(commentary.lobby()::json) - 1 + (SELECT max(seq) FROM $log WHERE match_id = 1);
SQL
	my %counts = map { $_ => 1 } split /\|/, $out;
	ok($status == 0 && keys %counts == 1, "$name: read(), tail(), heads(), lobby() and the feed work") or diag("$out\n$err");
}
