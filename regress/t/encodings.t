# Every encoding that a server can have, and its characters of one byte and two (all
# those without UTF-8, some of the others): what PostgreSQL can convert to UTF-8 is stored and read as UTF-8; what it cannot
# is refused at the insert, in whichever column it stands, and read() goes on.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Scene;
use Test::More;

my $node = new_node('main', 'autovacuum = off', 'fsync = off', "commentary.ack = 'staged'");
my @encodings = split /\n/, $node->safe_psql('postgres', <<'SQL');
SELECT pg_encoding_to_char(i) FROM generate_series(0, 41) i
WHERE pg_encoding_to_char(i) NOT IN ('', 'SJIS', 'BIG5', 'GBK', 'UHC', 'GB18030', 'JOHAB', 'SHIFT_JIS_2004')
SQL
cmp_ok(scalar @encodings, '>=', 34, 'the encodings of a server: ' . join(' ', @encodings));

# The columns, as the error names them, and a statement that puts :'bad' there.
my %places = (
	'feed.message' => "INSERT INTO commentary.feed (match_id, message) VALUES (1, bad)",
	'feed.actor' => "INSERT INTO commentary.feed (match_id, message, actor) VALUES (1, 'x', bad)",
	'feed.team' => "INSERT INTO commentary.feed (match_id, message, team) VALUES (1, 'x', bad)",
	'feed.tags' => "INSERT INTO commentary.feed (match_id, message, tags) VALUES (1, 'x', ARRAY['a', bad])",
	'feed.metadata' => "INSERT INTO commentary.feed (match_id, message, metadata) VALUES (1, 'x', jsonb_build_object('k', bad))",
	'feed.metadata (a key)' => "INSERT INTO commentary.feed (match_id, message, metadata) VALUES (1, 'x', jsonb_build_object(bad, 1))",
	'feed.client_ref' => "INSERT INTO commentary.feed (match_id, message, client_ref) VALUES (1, 'x', bad)",
	'feed.message (a reason)' => "PERFORM commentary.retract(1, 2, bad)",
	'feed.message (posted)' => "PERFORM commentary.post(1, bad)",
	'match.home' => "PERFORM commentary.create_match(bad, 'x')",
	'match.away' => "UPDATE commentary.match SET away = bad WHERE match_id = 1",
	'match.sport' => "UPDATE commentary.match SET sport = bad WHERE match_id = 1",
	'match.metadata' => "UPDATE commentary.match SET metadata = jsonb_build_object('k', bad) WHERE match_id = 1",
);

my $with_unknown = 0;
for my $encoding (@encodings)
{
	$node->safe_psql('postgres', "CREATE DATABASE d ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0 STRATEGY file_copy");
	$node->safe_psql('d', <<'SQL');
CREATE EXTENSION commentary;
SELECT commentary.create_match('Rovers', 'City'), commentary.flush();
SELECT commentary.post(1, 'the first'), commentary.flush();

-- One character of each code: how PostgreSQL converts it, null where it cannot.
CREATE TABLE character (code bytea PRIMARY KEY, utf8 bytea, answer text);
CREATE FUNCTION text_of(code bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN convert_from(code, current_setting('server_encoding'));
EXCEPTION WHEN OTHERS THEN
	RETURN NULL;
END $$;
CREATE FUNCTION utf8_of(letter text) RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
	IF current_setting('server_encoding') = 'SQL_ASCII' THEN
		RETURN convert_to(convert_from(letter::bytea, 'UTF8'), 'UTF8');
	END IF;
	RETURN convert_to(letter, 'UTF8');
EXCEPTION WHEN OTHERS THEN
	RETURN NULL;
END $$;
CREATE FUNCTION answer(statement text, bad text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	tab text; col text;
BEGIN
	EXECUTE format('DO $do$ DECLARE bad text := %L; BEGIN %s; END $do$', bad, statement);
	RETURN '';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS tab = TABLE_NAME, col = COLUMN_NAME;
	RETURN concat_ws(' ', SQLSTATE, tab || '.' || col);
END $$;
INSERT INTO character (code, utf8)
SELECT DISTINCT code, CASE WHEN get_byte(code, 0) < 128 THEN code ELSE utf8_of(text_of(code)) END
FROM (SELECT decode(lpad(to_hex(a), 2, '0'), 'hex') FROM generate_series(1, 255) a
	UNION ALL
	SELECT decode(to_hex(a) || lpad(to_hex(b), 2, '0'), 'hex') FROM generate_series(128, 255) a, generate_series(128, 255, 1) b
	WHERE pg_encoding_max_length(pg_char_to_encoding(current_setting('server_encoding'))) > 1) AS c (code)
WHERE text_of(code) IS NOT NULL AND length(text_of(code)) = 1 OR current_setting('server_encoding') = 'SQL_ASCII';
-- of what is known, in the large ones, a part will do
DELETE FROM character WHERE utf8 IS NOT NULL AND length(code) = 2 AND hashtext(encode(code, 'hex')) % 16 <> 0;
-- what the rules for a message refuse anyhow: controls
DELETE FROM character WHERE utf8 <= '\x1f' AND length(utf8) = 1 OR utf8 = '\x7f' OR utf8 BETWEEN '\xc280' AND '\xc29f';
UPDATE character SET answer = answer('PERFORM commentary.post(1, ''a'' || bad, client_ref => ''c' || encode(code, 'hex') || ''')', text_of(code));
SELECT commentary.flush();
SQL
	my ($known, $unknown) = split /\|/, $node->safe_psql('d', 'SELECT count(utf8), count(*) - count(utf8) FROM character');
	is($node->safe_psql('d', q(SELECT count(*) FROM character WHERE utf8 IS NOT NULL AND answer <> '')), 0, "$encoding: all $known characters that have UTF-8 are taken");
	is($node->safe_psql('d', q(SELECT count(*) FROM character WHERE utf8 IS NULL AND answer NOT IN ('22P05 feed.message', '22021 feed.message'))), 0, "$encoding: all $unknown that have none are refused");

	$with_unknown++ if $unknown > 0;
	my ($bad) = $node->safe_psql('d', 'SELECT encode(code, $$hex$$) FROM character WHERE utf8 IS NULL ORDER BY length(code) DESC, code LIMIT 1');
	if ($bad ne '')
	{
		for my $place (sort keys %places)
		{
			my ($answer) = $node->safe_psql('d', "SELECT answer(\$\$$places{$place}\$\$, text_of('\\x$bad'))");
			my ($column) = split / /, $place;
			like($answer, qr/^(22P05|22021) \Q$column\E$/, "$encoding: \\x$bad is refused in $place");
		}
	}

	# As the relay reads: a client of UTF-8. MULE_INTERNAL cannot be read so at all.
	my $client = $encoding eq 'MULE_INTERNAL' ? 'MULE_INTERNAL' : $encoding eq 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8';
	my ($status, $out, $err) = $node->psql('d', "SET client_encoding = '$client'; SELECT body FROM commentary.read(1, 0, 1000000); SELECT commentary.lobby()");
	is($status, 0, "$encoding: read() and lobby() give it to a client of $client") or diag($err);
	utf8::decode(my $decoded = $out);
	ok(utf8::valid($decoded) && $out !~ /\xef\xbf\xbd/, "$encoding: and what they give is UTF-8");
	is($node->safe_psql('d', q(SELECT count(*) FROM commentary.entry WHERE client_ref LIKE 'c%')), $known, "$encoding: each once");
	$node->safe_psql('postgres', 'DROP DATABASE d');
}
cmp_ok($with_unknown, '>', 10, "$with_unknown encodings have characters without UTF-8");
is_clean($node, 'to the end');
$node->stop;
done_testing();
