# Matches that are inserted with numbers of their own, by many sessions at once: the identity
# passes each of them, and never goes back.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

my $node = new_node('main', "commentary.ack = 'staged'", 'autovacuum = off', 'log_statement = none');
install($node, 'postgres', 3);

# Each number is above all that were given before, near or far: so all sessions move the
# identity all the time. One session holds it for a moment, so that the others go on together.
# The division fails where another session has moved it back.
$node->pgbench('-n -c 9 -t 150', 0, [qr{processed: 1350/1350}], [qr/^$/], 'no session moves it back', { 'give@8' => <<'GIVE', 'hold@1' => <<'HOLD' });
\set match_id 0
\set far random(0, 1) * 100000
INSERT INTO commentary.match (match_id, home, away)
SELECT last_value + (random() * 20)::bigint + :far, 'a', 'b' FROM commentary.match_match_id_seq
ON CONFLICT DO NOTHING RETURNING match_id \aset
SELECT 1 / (last_value >= :match_id)::integer AS is_behind FROM commentary.match_match_id_seq;
GIVE
BEGIN;
ALTER SEQUENCE commentary.match_match_id_seq CACHE 1;
SELECT pg_sleep(0.01);
COMMIT;
HOLD
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM commentary.match'), '>', 100, 'they have given numbers');
is($node->safe_psql('postgres', <<'SQL'), 't', 'the next number is free');
INSERT INTO commentary.match (home, away) VALUES ('c', 'd') RETURNING match_id = (SELECT max(match_id) + 1 FROM commentary.match)
SQL
is_clean($node, 'at the end');
$node->stop;
done_testing();
