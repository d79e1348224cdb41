# Old matches are exported as lines of JSON and purged, by an admin role, while others
# commit and with a crash in between: what is left has no gap, and nothing else is gone.
# The same for old entries of the lobby.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

use constant { OLD => 12, ROWS => 3_000 };

my $node = new_node('main', 'fsync = on', 'restart_after_crash = on');
install($node, 'postgres', OLD + 3);
my ($live, $recent, $reopened) = (OLD + 1, OLD + 2, OLD + 3);

sub sql { return $node->safe_psql('postgres', $_[0]) }

$node->safe_psql('postgres', slurp_file("$FindBin::Bin/../../sql/roles.sql"));
sql('CREATE ROLE keeper LOGIN IN ROLE commentary_admin; CREATE ROLE stranger LOGIN');
sql("INSERT INTO commentary.feed (match_id, message, metadata) SELECT m, E'Line ' || n || ' with a back\\\\slash, a \"quote\", a comma,\\na new line, and \\u00e9', '{\"a\": \"\\\\\\\\\"}' FROM generate_series(1, @{[OLD + 3]}) m, generate_series(1, @{[ROWS]}) n");
sql("UPDATE commentary.match SET status = CASE WHEN match_id % 2 = 0 THEN 'finished' ELSE 'abandoned' END WHERE match_id <> $live");
sql("UPDATE commentary.match SET created_at = now() - interval '3 years'");
sql('SELECT commentary.flush()');
sql("SET commentary.allow_log_changes = on; UPDATE commentary.entry SET flushed_at = flushed_at - interval '2 years' WHERE match_id <= @{[OLD]} OR match_id IN ($live, $reopened)");
# An old match whose result is corrected is not old any more.
sql("SELECT commentary.amend($reopened, 2, message => 'corrected')");

sub as_keeper
{
	my ($statement) = @_;
	my ($status, $out, $err) = $node->psql('postgres', $statement, extra_params => [ '-U', 'keeper' ], on_error_stop => 1);
	return $err eq '' ? $out : $err;
}

my $limit = "now() - interval '1 year'";
is(as_keeper("SELECT string_agg(p::text, ',' ORDER BY p) FROM commentary.purgeable($limit) p"), join(',', 1 .. OLD),
	'what is old: over, and without a newer entry');
like((($node->psql('postgres', "SELECT commentary.purge_before($limit)", extra_params => [ '-U', 'stranger' ]))[2]), qr/ERROR:  permission denied/, 'not for everybody');

# --- the export, as extension/README.md gives it ---
my $file = PostgreSQL::Test::Utils::tempdir() . '/commentary.jsonl';
my $recipe = <<"SQL" =~ s/\n/ /gr;
\\copy (SELECT r.body FROM commentary.purgeable(now() - interval '1 year') AS old(match_id)
CROSS JOIN LATERAL commentary.read(old.match_id, 0, 2147483647) AS r ORDER BY old.match_id, r.seq)
TO '$file' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')
SQL
like(as_keeper("$recipe\n"), qr/\A(COPY \d+)?\z/, 'the export');
my @lines = split /\n/, slurp_file($file);
my $entries = sql("SELECT count(*) FROM commentary.entry WHERE match_id BETWEEN 1 AND @{[OLD]}");
is(scalar @lines, $entries, 'a line for each entry');
sql("CREATE TABLE lines (line text); COPY lines FROM '$file' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')");
is(sql("SELECT count(*) FROM lines l JOIN (SELECT r.body FROM generate_series(1, @{[OLD]}) m, commentary.read(m, 0, 1000000) r) e ON e.body = l.line AND l.line::jsonb ? 'seq'"),
	$entries, 'each as relays give it to viewers, to the byte');

# --- the purge, beside durable commits ---
my $writer = psql_start($node, 'postgres', join '', map { "INSERT INTO commentary.feed (match_id, message) VALUES ($live, 'beside $_');\n\\warn beside $_\n" } 1 .. 300);
is(as_keeper('BEGIN; SELECT commentary.purge_before(' . $limit . '); ROLLBACK; SELECT count(*) FROM commentary.match'), OLD . "\n" . (OLD + 3), 'rolled back: nothing is gone');
is(as_keeper("SET commentary.ack_timeout = '1ms'; SELECT commentary.purge_before($limit)"), OLD, 'the purge of all that is old; its COMMIT waits for no removal');
is(sql('SELECT count(*) FROM commentary.match'), 3, 'the matches are gone at once');
wait_for('some entries to be removed', sub { sql("SELECT count(*) FROM commentary.entry WHERE match_id BETWEEN 1 AND @{[OLD]}") < $entries });
is(sql("SELECT count(*) FROM (SELECT FROM commentary.entry WHERE match_id > 0 GROUP BY match_id HAVING max(seq) <> count(*)) t"), 0, 'what is left meanwhile has no gap');
psql_finish($writer);
is(sql("SELECT count(*) FROM commentary.entry WHERE message LIKE 'beside %'"), 300, 'all commits beside it went through');
crash($node);
$node->start;
wait_for('the end of the purge, after a crash', sub { sql('SELECT count(*) FROM commentary.purging') == 0 });
is(sql("SELECT count(*) FROM commentary.entry WHERE match_id BETWEEN 1 AND @{[OLD]}"), 0, 'all of it is gone');
is(sql("SELECT count(*) FROM commentary.entry WHERE match_id > @{[OLD]}"), 3 * ROWS + 300 + 3 + 2 + 1, 'and nothing else');
is(sql("SELECT commentary.purge_before($limit)"), 0, 'then there is nothing to purge');
is(sql("SELECT finding FROM commentary.check() WHERE subject = 'purges'"), '0 matches have entries to be removed', 'the doctor agrees');

# --- the lobby's log: its old entries go, the oldest first, and never the newest ---
sub lobby { return sql("SELECT coalesce(min(seq), 0) || '-' || coalesce(max(seq), 0) || '/' || count(*) FROM commentary.entry WHERE match_id = 0") }
sub lobby_is { my ($expected, $name) = @_; wait_for("the lobby to be $expected", sub { lobby() eq $expected }); is(lobby(), $expected, $name) }

sql("INSERT INTO commentary.match (home, away) SELECT 'Home ' || n, 'Away' FROM generate_series(1, 3000) n; SELECT commentary.flush()");
my $head = sql('SELECT max(seq) FROM commentary.entry WHERE match_id = 0');
sql("SET commentary.allow_log_changes = on; UPDATE commentary.entry SET flushed_at = flushed_at - interval '2 years' WHERE match_id = 0 AND seq <= $head - 100");
my $first = $head - 99;
my $count = sql("SELECT count(*) FROM commentary.entry WHERE match_id = 0 AND seq < $first"); # some are gone already
like((($node->psql('postgres', "SELECT commentary.purge_lobby($limit)", extra_params => [ '-U', 'stranger' ]))[2]), qr/ERROR:  permission denied/, 'the lobby: not for everybody');
is(as_keeper("SELECT commentary.purge_lobby(NULL) IS NULL, commentary.purge_lobby(now() - interval '10 years')"), 't|0', 'nothing is that old');
is(as_keeper("BEGIN; SELECT commentary.purge_lobby($limit); ROLLBACK; SELECT count(*) FROM commentary.purging"), "$count\n0", 'rolled back: nothing is to be removed');

# While somebody has one of them locked, the rest of the commits goes on; then the purge does.
my $reader = $node->background_psql('postgres');
$reader->query_safe("BEGIN; SELECT FROM commentary.entry WHERE match_id = 0 AND seq = $head - 2000 FOR KEY SHARE");
is(as_keeper("SELECT commentary.purge_before($limit)"), 0, 'purge_before() purges the lobby too, and counts matches');
is(sql("SELECT below_seq FROM commentary.purging"), $first, 'what is to be removed is noted');
is(sql("SELECT commentary.post($live, 'beside') IS NULL"), 'f', 'and commits go on');
cmp_ok(as_keeper("SELECT commentary.purge_lobby($limit)"), '>=', 1900, 'called again, it is what is left');
$reader->query_safe('COMMIT');
lobby_is("$first-$head/100", 'what was old is gone');
crash($node);
$node->start;
sql("INSERT INTO commentary.match (home, away) VALUES ('New', 'Newer'); SELECT commentary.flush()");
lobby_is("$first-@{[$head + 1]}/101", 'and the numbers go on after a crash, as does what it lost of the purge');
is(sql('SELECT * FROM commentary.verify()'), '', 'verify() takes it as it is');
is(sql("SELECT string_agg(subject || ': ' || finding, '; ') FROM commentary.check() WHERE subject IN ('log', 'purges') AND NOT is_ok"), '', 'check() too');
is(as_keeper("SELECT commentary.purge_lobby('infinity')"), 100, 'all that there is');
lobby_is("@{[$head + 1]}-@{[$head + 1]}/1", 'leaves the newest, from which the numbers go on');
sql("UPDATE commentary.match SET home = 'Newer' WHERE home = 'New'; SELECT commentary.flush()");
is(lobby(), "@{[$head + 1]}-@{[$head + 2]}/2", 'and they do');

# A hole in what is left is none of ours.
sql("UPDATE commentary.match SET away = 'Old' WHERE home = 'Newer'; SELECT commentary.flush()");
sql("SET commentary.allow_log_changes = on; DELETE FROM commentary.entry WHERE match_id = 0 AND seq = $head + 2");
is(sql('SELECT match_id, after_seq, missing FROM commentary.verify()'), '0|' . ($head + 1) . '|1', 'an entry that was removed by force is still missed');
is(sql("SELECT finding FROM commentary.check() WHERE subject = 'log'"), 'a hole in match 0', 'by the doctor too');
is(as_keeper("SELECT commentary.purge_lobby('infinity')"), 1, 'a purge of it');
lobby_is("@{[$head + 3]}-@{[$head + 3]}/1", 'mends that');

# What a foreign key of somebody keeps is said, with what to call.
sql("UPDATE commentary.match SET away = 'Older' WHERE home = 'Newer'; SELECT commentary.flush()");
sql("CREATE TABLE quotes (match_id bigint, seq bigint, FOREIGN KEY (match_id, seq) REFERENCES commentary.entry); INSERT INTO quotes VALUES (0, $head + 3)");
sql("SELECT commentary.purge_lobby('infinity')");
wait_for('the error to be noted', sub { sql('SELECT count(error) FROM commentary.purging') == 1 });
like(sql("SELECT finding || ' ' || to_do FROM commentary.check() WHERE subject = 'purges'"), qr/^1 matches .*; match 0: .*foreign key.* purge_lobby\(before\) for match 0/, 'check() says what keeps the entries, and what to do');
sql("DROP TABLE quotes; SELECT commentary.purge_lobby('infinity')");
lobby_is("@{[$head + 4]}-@{[$head + 4]}/1", 'mended, and called again');
wait_for('nothing to be left', sub { sql('SELECT count(*) FROM commentary.purging') == 0 });
is(sql('SELECT finding FROM commentary.check() WHERE subject = \'purges\''), '0 matches have entries to be removed', 'nothing is left to do');
is_sound($node, 'at the end');
is_clean($node, 'at the end');
$node->stop;
done_testing();
