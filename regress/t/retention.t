# Old matches are exported as lines of JSON and purged, by an admin role, while others
# commit and with a crash in between: what is left has no gap, and nothing else is gone.
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
is_sound($node, 'at the end');
is_clean($node, 'at the end');
$node->stop;
done_testing();
