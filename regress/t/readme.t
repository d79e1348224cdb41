# What the README says under "Write" works word for word, also beside a match that is
# there already, such as the demo's: that one is not written to.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my ($block) = slurp_file("$FindBin::Bin/../../README.md") =~ /^## Write\n.*?^```sql\n(.*?)^```$/ms;
ok($block, 'the README says how to write');

my $node = new_node('main', 'fsync = off');
install($node, 'postgres', 1);
my ($said, $errors) = psql_finish(psql_start($node, 'postgres', $block, '-v', 'ON_ERROR_STOP=1'));
unlike($errors, qr/ERROR|WARNING/, 'it runs without an error or a warning');
like($errors, qr/^NOTICE:  the score of match 2 stays as it is$/m, 'and tells that the score stays, as the README says');
is($node->safe_psql('postgres', 'SELECT match_id, seq, message, minute, stoppage FROM commentary.feed'),
	'2|4|Added time.|45|2', 'what was not retracted stands, in the new match');
is($node->safe_psql('postgres', 'SELECT seq, ref_seq, actor, message FROM commentary.entry WHERE ref_seq > 0 ORDER BY seq'),
	"5|2|B. Winger|\n6|2||It was offside.", 'the corrections are of the goal');
is($node->safe_psql('postgres', 'SELECT status, home_score, away_score FROM commentary.match ORDER BY match_id'),
	"scheduled||\nlive|1|0", 'the match that was there is as it was');
is_clean($node, 'after that');
done_testing();
