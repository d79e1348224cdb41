# Perl: DBI with DBD::Pg.
use strict;
use warnings;
use DBI;

my $match = $ENV{MATCH};
my $db = DBI->connect('dbi:Pg:', '', '', { RaiseError => 1, AutoCommit => 1, PrintError => 0, PrintWarn => 0 });

$db->begin_work;
$db->do('INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message) VALUES (?, ?, ?, ?, ?)', undef,
	$match, 'line-1', 12, 'A. Striker', 'Goal!');
$db->do('UPDATE commentary.feed SET minute = ? WHERE match_id = ? AND client_ref = ?', undef, 13, $match, 'line-1') == 1
  or die 'the row was not found';
$db->commit;
$db->do('INSERT INTO commentary.feed (match_id, client_ref, message) VALUES (?, ?, ?)', undef, $match, 'line-2', 'Oops');
$db->do('UPDATE commentary.feed SET actor = ?, message = ? WHERE match_id = ? AND client_ref = ?', undef, undef,
	'Goal! A header.', $match, 'line-1') == 1 or die 'not amended';
$db->do('DELETE FROM commentary.feed WHERE match_id = ? AND client_ref = ?', undef, $match, 'line-2') == 1
  or die 'not withdrawn';
$db->disconnect;
