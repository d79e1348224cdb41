# pg_upgrade from PostgreSQL 15, with its server stopped while rows are still in
# staging: the contents are identical, numbering goes on where it was.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $old_pg = $ENV{COMMENTARY_OLD_PG}
  or plan skip_all => 'no older PostgreSQL is at hand; make check-pg PG=17 brings one along';
my $conf = "shared_preload_libraries = 'commentary'\n";

delete $ENV{INITDB_TEMPLATE};    # it is of one version
my $old = PostgreSQL::Test::Cluster->new('old', install_path => $old_pg);
$old->init;
$old->append_conf('postgresql.conf', $conf);
$old->start;
install($old, 'postgres', 3);
$old->safe_psql('postgres', <<'SQL');
INSERT INTO commentary.feed (match_id, message, client_ref) SELECT n % 3 + 1, 'message ' || n, 'ref-' || n FROM generate_series(1, 3000) n;
UPDATE commentary.match SET status = 'live', home_score = 1 WHERE match_id = 2;
SELECT commentary.amend(1, 4, message => 'amended'), commentary.retract(1, 5);
SELECT commentary.create_match('Short', 'Lived', status => 'abandoned');
SQL
$old->safe_psql('postgres', 'SELECT commentary.purge(4)');

# What is staged is not in the log, and goes along with the rest.
my $contents = "SELECT count(*), md5(string_agg(e::text, E'\\n' ORDER BY match_id, seq)) FROM commentary.entry e WHERE message IS DISTINCT FROM 'staged'";
my $matches = 'SELECT m FROM commentary.match m ORDER BY match_id';
$old->safe_psql('postgres', "SET commentary.ack = staged; SELECT commentary.pause(); SELECT commentary.post(3, 'staged')");
my %before = map { $_ => $old->safe_psql('postgres', $_) } $contents, $matches, 'SELECT commentary.epoch()';
my $head = $old->safe_psql('postgres', 'SELECT max(seq) FROM commentary.entry WHERE match_id = 3');
$old->stop;

my $new = PostgreSQL::Test::Cluster->new('new');
# From 18 on checksums are on unless told; both must be alike.
$new->init(extra => $new->pg_version >= 18 ? ['--no-data-checksums'] : []);
$new->append_conf('postgresql.conf', $conf);
chdir $new->basedir or die;
my $is_done = run_log([ 'pg_upgrade', '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir, '-b', "$old_pg/bin", '-B', $ENV{COMMENTARY_PG_BIN},
	'-s', $new->host, '-p', $old->port, '-P', $new->port ]);
# Minor releases from November 2026 on dump a column option that those before refuse.
if (!$is_done && grep { slurp_file($_) =~ /unrecognized parameter "pg_attver"/ } glob($new->data_dir . '/pg_upgrade_output.d/*/log/*_dump_*.log'))
{
	plan skip_all => 'the new PostgreSQL is an older minor release than the old one, and cannot read its dump';
}
ok($is_done, 'pg_upgrade');
$new->start;
$new->safe_psql('postgres', 'SELECT commentary.flush()');

is($new->safe_psql('postgres', $contents), $before{$contents}, 'the log is identical');
is($new->safe_psql('postgres', $matches), $before{$matches}, 'and the matches are');
isnt($new->safe_psql('postgres', 'SELECT commentary.epoch()'), $before{'SELECT commentary.epoch()'},
	'the epoch is another: the old server could go on by itself');
is($new->safe_psql('postgres', "SELECT seq FROM commentary.entry WHERE message = 'staged'"), $head + 1, 'what was staged is flushed');
$new->safe_psql('postgres', "INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (3, 'message 2', 'ref-2'), (3, 'next', 'ref-next')");
is($new->safe_psql('postgres', "SELECT seq, message FROM commentary.entry WHERE match_id = 3 AND seq > $head + 1"),
	$head + 2 . '|next', 'seq goes on at max + 1, and a client_ref is known');
is($new->safe_psql('postgres', "SELECT commentary.create_match('New', 'Match')"), 5, 'so do the matches');
is_sound($new, 'pg_upgrade');
is_clean($new, 'pg_upgrade');
$new->stop;
done_testing();
