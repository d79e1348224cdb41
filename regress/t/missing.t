# A relation of ours is missing when the server starts: the flusher waits for it, in one
# process, and says so; when the relation is back, the flusher goes on by itself.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

# Long enough for a flusher that ends with an error to be started again, twice.
use constant LASTS_S => 3;

my $node = new_node('main', 'autovacuum = off', "commentary.ack = 'staged'");
install($node, 'postgres', 1);
$node->safe_psql('postgres', 'SELECT commentary.flush()');

sub value { return $node->safe_psql('postgres', $_[0]) }
sub flusher { return value("SELECT coalesce(string_agg(pid::text, ','), '') FROM pg_stat_activity WHERE backend_type = 'commentary flusher'") }

my @cases = (
	[ 'the log', 'ALTER TABLE commentary.entry RENAME TO log', 'ALTER TABLE commentary.log RENAME TO entry', qr/relation "commentary.entry" is missing/ ],
	[ 'the matches', 'ALTER TABLE commentary.match RENAME TO game', 'ALTER TABLE commentary.game RENAME TO match', qr/relation "commentary.match" is missing/ ],
	[ 'the epochs', 'ALTER TABLE commentary.epoch RENAME TO era', 'ALTER TABLE commentary.era RENAME TO epoch', qr/relation "commentary.epoch" is missing/ ],
	[ 'a segment', 'ALTER TABLE commentary.staging_2 SET SCHEMA public', 'ALTER TABLE public.staging_2 SET SCHEMA commentary', qr/relation "commentary.staging_2" is missing/ ],
	[ 'the log, and another in its place', 'ALTER TABLE commentary.entry RENAME TO log; CREATE TABLE commentary.entry (LIKE commentary.log)',
		'DROP TABLE commentary.entry; ALTER TABLE commentary.log RENAME TO entry', qr/relation "commentary.entry" does not belong to the extension/ ],
	[ 'the schema', 'ALTER SCHEMA commentary RENAME TO elsewhere', 'ALTER SCHEMA elsewhere RENAME TO commentary', qr/schema "commentary" is missing/, 'elsewhere' ],
);

my $number = 0;
for my $case (@cases)
{
	my ($name, $remove, $undo, $error, $schema) = @$case;
	$schema //= 'commentary';
	$number++;
	value("BEGIN; SELECT commentary.pause(); SELECT commentary.post(1, 'case $number'); COMMIT; BEGIN; $remove; COMMIT");
	$node->restart;

	wait_for("$name: the flusher to say what is missing", sub { value("SELECT waits_for FROM $schema.status()") =~ $error });
	my $pid = flusher();
	wait_for("$name: some seconds to pass", sub { value(sprintf 'SELECT waits_since < clock_timestamp() - interval \'%d s\' FROM %s.status()', LASTS_S, $schema) eq 't' });
	is(flusher(), $pid, "$name: one flusher waits");
	is(value("SELECT state FROM $schema.status()"), 'waiting', "$name: status() says that it waits");
	if ($schema eq 'commentary')
	{
		like(value("SELECT finding FROM commentary.check() WHERE subject = 'commits' AND NOT is_ok"), $error, "$name: check() says why");
		like(value("SELECT finding FROM commentary.check() WHERE subject = 'flusher'"), qr/waiting, pid $pid/, "$name: check() says that it waits");
	}
	my (undef, undef, $err) = $node->psql('postgres', "SELECT $schema.post(1, 'refused')");
	like($err, $error, "$name: an insert is refused");

	value($undo);
	value('SELECT commentary.flush()');
	is(flusher(), $pid, "$name, brought back: the same flusher goes on");
	is(value("SELECT count(*) FROM commentary.entry WHERE message = 'case $number'"), 1, "$name, brought back: what was staged is flushed");
}
is(value("SELECT count(*) FROM commentary.entry WHERE message = 'refused'"), 0, 'what was refused is not stored');
is_sound($node, 'at the end');
is_clean($node, 'at the end');

# Not needed before a row cannot be flushed.
value('ALTER TABLE commentary.rejected RENAME TO refused');
value("ALTER TABLE commentary.entry ADD CONSTRAINT wanted CHECK (message <> 'unwanted') NOT VALID");
value("SELECT commentary.post(1, 'unwanted')");
wait_for('the flusher to say that rejected is missing', sub {
	slurp_file($node->logfile) =~ /cannot set aside a row that cannot be flushed: .*"wanted"\n(.*\n)*?.*HINT:  commentary\.rejected is missing\. Bring it back under this name/ });
value('ALTER TABLE commentary.refused RENAME TO rejected');
wait_for('the row to be set aside', sub { value('SELECT count(*) FROM commentary.rejected') == 1 });
pass('rejected is missing, and a row cannot be flushed: the log says what to do, and when it is back the flusher goes on');
$node->stop;
done_testing();
