# Replication and migration tools set session_replication_role = replica, DBAs switch
# triggers off, restores do both. An insert is stored or refused all the same, and no
# state is published that viewers cannot be shown. A subscription, which sets the same
# role, goes on: what it applies was validated elsewhere.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'commentary'\nfsync = off\n");
$node->start;
install($node, 'postgres', 2);

sub sql { return $node->safe_psql('postgres', $_[0]) }

# What an error says, with its SQLSTATE.
sub refused
{
	my ($sql) = @_;
	my (undef, undef, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	return $error;
}
sub messages { return sql("SELECT string_agg(message, ',' ORDER BY seq) FROM commentary.entry WHERE match_id = 1 AND message IS NOT NULL") }
sub state_of { return sql("SELECT commentary.state($_[0])::jsonb ->> '$_[1]'") }

use constant REPLICA => "SET session_replication_role = replica;\n";

# Writers. Each way in which a statement can reach the view.
sql(REPLICA . "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'one'), (1, 'two');");
sql(REPLICA . "COPY commentary.feed (match_id, message) FROM STDIN;\n1\tthree\n1\tfour\n\\.\n");
sql(REPLICA . "WITH x AS (INSERT INTO commentary.feed (match_id, message) VALUES (1, 'five') RETURNING 1) SELECT count(*) FROM x;");
sql(REPLICA . "PREPARE p AS INSERT INTO commentary.feed (match_id, message) VALUES (1, \$1); EXECUTE p ('six'); EXECUTE p ('seven');");
sql(REPLICA . "DO \$\$ BEGIN INSERT INTO commentary.feed (match_id, message) VALUES (1, 'eight'); END \$\$;");
sql("PREPARE q AS INSERT INTO commentary.feed (match_id, message) VALUES (1, 'nine'); EXECUTE q;\n" . REPLICA . "EXECUTE q;");
sql("ALTER DATABASE postgres SET session_replication_role = replica");
sql("INSERT INTO commentary.feed (match_id, message) VALUES (1, 'ten')");
sql("ALTER DATABASE postgres RESET session_replication_role");
is(messages(), 'one,two,three,four,five,six,seven,eight,nine,nine,ten', 'in the role replica an insert is stored');

my %bad = (
	'a match that does not exist' => "INSERT INTO commentary.feed (match_id, message) VALUES (99, 'x')",
	'a message that is missing' => "INSERT INTO commentary.feed (match_id) VALUES (1)",
	'COPY of a bad row' => "COPY commentary.feed (match_id, message) FROM STDIN;\n99\tx\n\\.\n",
	'a new match with a bad status' => "INSERT INTO commentary.match (home, away, status) VALUES ('A', 'B', 'nonsense')",
	'COPY of such a match' => "COPY commentary.match (home, away, status) FROM STDIN;\nA\tB\tnonsense\n\\.\n",
	'a change to a bad status' => "UPDATE commentary.match SET status = 'nonsense' WHERE match_id = 1",
	'a match that is removed' => 'DELETE FROM commentary.match WHERE match_id = 1',
	'an entry that is changed' => "UPDATE commentary.entry SET message = 'x' WHERE match_id = 1",
	'a log that is emptied' => 'TRUNCATE commentary.entry');
like(refused(REPLICA . "$bad{$_};"), qr/ERROR:  \w{5}: /, "$_ is refused") for sort keys %bad;
is(messages() . state_of(1, 'status'), 'one,two,three,four,five,six,seven,eight,nine,nine,tenscheduled', '... and nothing of it is stored');

sql(REPLICA . "UPDATE commentary.match SET status = 'live' WHERE match_id = 1; SELECT commentary.create_match('C', 'D');");
is(sql("SELECT string_agg(concat(metadata ->> 'status', metadata ->> 'home'), ' ' ORDER BY seq DESC) FROM commentary.entry WHERE match_id = 0 AND seq > 2"), 'scheduledC liveHome', 'a change of a match is announced');

# Other triggers stay as the role wants them.
sql(<<'SQL');
CREATE TABLE other (x int);
CREATE FUNCTION complain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'fired'; END $$;
CREATE TRIGGER complain BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION complain();
CREATE TRIGGER complain BEFORE INSERT ON commentary.match FOR EACH ROW EXECUTE FUNCTION complain();
SQL
is(sql(REPLICA . "WITH o AS (INSERT INTO other VALUES (1) RETURNING x), f AS (INSERT INTO commentary.feed (match_id, message) SELECT 1, 'with ' || x FROM o RETURNING 1) SELECT count(*) FROM f; SELECT commentary.create_match('E', 'F') > 0;"),
	"1\nt", 'the triggers of others do not fire');
sql('DROP TRIGGER complain ON commentary.match');

# What a restore with --disable-triggers leaves: ordinary triggers.
sql('ALTER TABLE commentary.match DISABLE TRIGGER ALL; ALTER TABLE commentary.match ENABLE TRIGGER ALL');
like(refused(REPLICA . "UPDATE commentary.match SET status = 'nonsense' WHERE match_id = 1;"), qr/23514: unknown status/,
	'a trigger that is no longer ENABLE ALWAYS fires all the same');
sql(REPLICA . "UPDATE commentary.match SET status = 'paused' WHERE match_id = 1;");
is(state_of(1, 'status'), 'paused', '... and announces a change');

# Each fault is told with its cure, and the cure cures it.
my $faults = 'SELECT relation, finding, to_do FROM commentary.trigger_faults()';
sub cure
{
	my ($name, $damage, $finding, $after) = @_;
	sql("$damage;");
	like(sql($faults), $finding, "$name is found");
	is(sql("SELECT bool_or(is_ok) FROM commentary.check() WHERE subject = 'triggers'"), 'f', '... and check() shows it');
	$after->() if $after;
	sql($_) for split /\n/, sql('SELECT to_do FROM commentary.trigger_faults()');
	is(sql($faults), '', '... and cured');
}
cure('a trigger that is no longer ENABLE ALWAYS', 'SELECT 1', qr/match\|trigger check_match .* is not ENABLE ALWAYS/);
cure('a disabled trigger', 'ALTER TABLE commentary.match DISABLE TRIGGER check_match', qr/check_match .* is disabled/, sub {
	like(refused("UPDATE commentary.match SET status = 'nonsense' WHERE match_id = 1;"), qr/23514: unknown status/,
		'without check_match a bad status is refused when it would be announced');
});
cure('a trigger for replicas', 'ALTER TABLE commentary.match ENABLE REPLICA TRIGGER stage_match_state', qr/fires for replicas only/);
cure('all triggers off', 'ALTER TABLE commentary.match DISABLE TRIGGER USER', qr/check_match.*\n.*stage_match_state.*\n.*refuse_delete|stage_match_state.*is disabled/, sub {
	sql("INSERT INTO commentary.match (home, away, status) VALUES ('Bad', 'Row', 'nonsense'), ('Good', 'Row', 'live')");
	sql('SELECT commentary.worker_restart()');
	wait_for('the states that were lost', sub { sql("SELECT count(*) FROM commentary.entry WHERE op = 'match' AND metadata ->> 'home' = 'Good'") eq '2' });
});
is(sql("SELECT count(*) FROM commentary.entry WHERE metadata ->> 'home' = 'Bad'"), '0', 'a bad state is never published');
like(slurp_file($node->logfile), qr/WARNING:.*does not publish the state of match \d+\n.*DETAIL:.*"nonsense".*\n.*HINT:/, '... and the log says so');
sql("UPDATE commentary.match SET status = 'live' WHERE home = 'Bad'");
is(sql("SELECT metadata ->> 'status' FROM commentary.entry WHERE metadata ->> 'home' = 'Bad' AND match_id > 0"), 'live', '... until it is mended');
cure('a missing trigger', 'DROP TRIGGER stage_match_state ON commentary.match', qr/stage_match_state .* is missing/);
cure('a missing trigger of the view', 'DROP TRIGGER stage ON commentary.feed', qr/stage of commentary.feed is missing/, sub {
	like(refused("INSERT INTO commentary.feed (match_id, message) VALUES (1, 'x');"), qr/cannot insert into view "feed"/, 'without it an insert is refused');
});
cure('a trigger with another condition', 'CREATE OR REPLACE TRIGGER check_match BEFORE INSERT ON commentary.match FOR EACH ROW EXECUTE FUNCTION commentary.check_match()', qr/check_match .* is missing/);
sql('DROP TRIGGER IF EXISTS stage ON commentary.feed; CREATE TRIGGER renamed INSTEAD OF INSERT ON commentary.feed FOR EACH ROW EXECUTE FUNCTION commentary.stage_feed_row()');
is(sql($faults), '', 'a trigger of another name is none');
sql(REPLICA . "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'renamed');");
like(messages(), qr/,renamed$/, '... and fires');

# Rules.
my $rule = 'CREATE RULE swallow AS ON INSERT TO commentary.feed DO INSTEAD NOTHING';
like(refused("$rule;"), qr/55000: cannot create rule "swallow".*HINT:/s, 'a rule that would swallow inserts is refused');
like(refused('CREATE RULE swallow AS ON UPDATE TO commentary.match WHERE false DO INSTEAD NOTHING;'), qr/55000: cannot create rule/, '... also on commentary.match');
sql('CREATE RULE also AS ON INSERT TO commentary.feed DO ALSO NOTHING; CREATE RULE swallow AS ON INSERT TO other DO INSTEAD NOTHING;');
sql("INSERT INTO commentary.feed (match_id, message) VALUES (1, 'also')");
like(messages(), qr/,also$/, 'other rules are not');
sql('DROP RULE also ON commentary.feed');
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$node->restart;
sql($rule);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'commentary'\n");
$node->restart;
cure('a rule made while the library was not loaded', 'SELECT 1', qr/feed\|rule swallow/);

# A state that stands in staging by force.
sql("ALTER TABLE commentary.staging_0 DISABLE TRIGGER ALL; INSERT INTO commentary.staging_0 (match_id, stage_no, op, kind, metadata, created_at) VALUES (1, 1, 'match', 'match', '$_', now())")
  for '{"match":1,"status":"nonsense"}', '{"match":2,"status":"live"}', '[]', '{"match":1}';
sql("SELECT commentary.post(1, 'beside them')");
is(sql("SELECT count(*), min(sqlstate), max(sqlstate) FROM commentary.rejected WHERE op = 'match'"), '4|23514|23514', 'is set aside');
like(messages(), qr/,beside them$/, '... and the rest goes on');
is(sql($faults) =~ s/\|.*//sr, 'staging_0', 'what was switched off for that is found');
sql('ALTER TABLE commentary.staging_0 ENABLE ALWAYS TRIGGER refuse_change');
is_sound($node, 'primary');

# A subscription.
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init(allows_streaming => 'logical');
$subscriber->append_conf('postgresql.conf', "shared_preload_libraries = 'commentary'\nfsync = off\n");
$subscriber->start;
$subscriber->safe_psql('postgres', 'CREATE EXTENSION commentary');
sql('CREATE PUBLICATION p FOR TABLE commentary.match, commentary.entry');
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION s CONNECTION '" . $node->connstr . " dbname=postgres' PUBLICATION p");
ok($subscriber->poll_query_until('postgres', "SELECT count(*) = 2 FROM pg_subscription_rel WHERE srsubstate = 'r'"), 'a subscription copies what is there');
sql("UPDATE commentary.match SET status = 'finished', home_score = 3 WHERE match_id = 2");
sql("SELECT commentary.create_match('G', 'H')");
sql("SELECT commentary.post(1, 'applied')");
$node->wait_for_catchup('s');
my $everything = "SELECT md5(string_agg(x::text, ',' ORDER BY x::text)) FROM (SELECT e::text FROM commentary.entry AS e UNION ALL SELECT m::text FROM commentary.match AS m) AS t (x)";
is($subscriber->safe_psql('postgres', $everything), sql($everything), 'a subscription applies matches and entries as they are');
is($subscriber->safe_psql('postgres', 'SELECT sum(apply_error_count + sync_error_count) FROM pg_stat_subscription_stats'), '0', '... without an error');
is($subscriber->safe_psql('postgres', 'SELECT staged_rows + entries FROM commentary.stat_flush'), '0', '... and the flusher there has nothing to add');
$subscriber->safe_psql('postgres', 'ALTER SUBSCRIPTION s DISABLE');

# Another replication system: a client that says where its changes come from.
$subscriber->safe_psql('postgres', "SELECT pg_replication_origin_create('elsewhere'), pg_replication_origin_session_setup('elsewhere');\n"
	. REPLICA . "UPDATE commentary.match SET home_score = 4 WHERE match_id = 2;");
is($subscriber->safe_psql('postgres', 'SELECT staged_rows + entries FROM commentary.stat_flush'), '0', 'so with other replication systems');
is_clean($_, $_->name) for $node, $subscriber;
$subscriber->stop;
$node->stop;
done_testing();
