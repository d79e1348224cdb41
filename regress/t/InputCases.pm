# What input.t gives to commentary.feed: what is wrong, with the answer that it gets, and
# what is right however odd it looks.
package InputCases;
use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(%type @wrong @wrong_statements @right);

our %type = (
	match_id => 'bigint', seq => 'bigint', op => 'text', ref_seq => 'bigint', kind => 'text',
	period => 'integer', minute => 'integer', stoppage => 'integer', actor => 'text', team => 'text',
	message => 'text', tags => 'text[]', metadata => 'jsonb', home_score => 'integer',
	away_score => 'integer', client_ref => 'text', created_at => 'timestamptz');

# A case: what is wrong, what it sets beside match_id = 1 and message = 'x', the
# SQLSTATE, and the column that the error names; none where PostgreSQL refuses
# the value before we see it.
my $megabyte = 'x' x 1_000_000;
our @wrong = (
	[ 'no match',                    { match_id => undef },                 '23502', 'match_id' ],
	[ 'unknown match',               { match_id => 999_999 },               '23503', 'match_id' ],
	[ 'the lobby',                   { match_id => 0 },                     '23503', 'match_id' ],
	[ 'negative match',              { match_id => -1 },                    '23503', 'match_id' ],
	[ 'match beyond bigint',         { match_id => '9223372036854775808' }, '22003' ],
	[ 'match not a number',          { match_id => 'one' },                 '22P02' ],
	[ 'finished match',              { match_id => 2 },                     '55000', 'match_id' ],
	[ 'abandoned match',             { match_id => 3 },                     '55000', 'match_id' ],
	[ 'seq given',                   { seq => 7 },                          '428C9', 'seq' ],
	[ 'op match',                    { op => 'match' },                     '23514', 'op' ],
	[ 'op in capitals',              { op => 'INSERT' },                    '23514', 'op' ],
	[ 'op empty',                    { op => '' },                          '23514', 'op' ],
	[ 'op of 1 MB',                  { op => $megabyte },                   '23514', 'op' ],
	[ 'op cut within a letter',      { op => 'x' x 31 . "\xc3\xa9" },       '23514', 'op' ],
	[ 'ref_seq on an insert',        { ref_seq => 1 },                      '23514', 'ref_seq' ],
	[ 'amend without ref_seq',       { op => 'amend' },                     '23502', 'ref_seq' ],
	[ 'retract without ref_seq',     { op => 'retract' },                   '23502', 'ref_seq' ],
	[ 'amend of nothing',            { op => 'amend', ref_seq => 77 },      '23503', 'ref_seq' ],
	[ 'amend of a negative seq',     { op => 'amend', ref_seq => -1 },      '23503', 'ref_seq' ],
	[ 'amend of a state',            { op => 'amend', ref_seq => 1 },       '23514', 'ref_seq' ],
	[ 'retract of a state',          { op => 'retract', ref_seq => 1 },     '23514', 'ref_seq' ],
	[ 'no message',                  { message => undef },                  '23502', 'message' ],
	[ 'empty message',               { message => '' },                     '23514', 'message' ],
	[ 'blank message',               { message => " \n\t " },               '23514', 'message' ],
	[ 'long message',                { message => 'x' x 10_001 },           '22001', 'message' ],
	[ 'message of 1 MB',             { message => $megabyte },              '22001', 'message' ],
	[ 'message long in bytes',       { message => "\xc3\xa9" x 5_001 },     '22001', 'message' ],
	[ 'carriage return',             { message => "a\rb" },                 '23514', 'message' ],
	[ 'escape',                      { message => "a\e[1mb" },              '23514', 'message' ],
	[ 'bell',                        { message => "\a" },                   '23514', 'message' ],
	[ 'delete',                      { message => "a\x7f" },                '23514', 'message' ],
	[ 'C1 control',                  { message => "a\xc2\x85b" },           '23514', 'message' ],
	[ 'stray continuation byte',     { message => "a\x80b" },               '22021', 'message' ],
	[ 'letter cut off',              { message => "a\xc3" },                '22021', 'message' ],
	[ 'overlong slash',              { message => "\xc0\xaf" },             '22021', 'message' ],
	[ 'overlong NUL',                { message => "a\xc0\x80" },            '22021', 'message' ],
	[ 'lone surrogate in UTF-8',     { message => "\xed\xa0\x80" },         '22021', 'message' ],
	[ 'beyond Unicode',              { message => "\xf4\x90\x80\x80" },     '22021', 'message' ],
	[ 'five bytes a letter',         { message => "\xf8\x88\x80\x80\x80" }, '22021', 'message' ],
	[ 'not text at all',             { message => "\xff\xfe\xfd" },         '22021', 'message' ],
	[ 'kind in capitals',            { kind => 'Goal' },                    '23514', 'kind' ],
	[ 'kind with a space',           { kind => 'own goal' },                '23514', 'kind' ],
	[ 'kind blank',                  { kind => ' ' },                        '23514', 'kind' ],
	[ 'kind of 33',                  { kind => 'k' x 33 },                  '23514', 'kind' ],
	[ 'kind of 1 MB',                { kind => $megabyte },                 '23514', 'kind' ],
	[ 'kind not ASCII',              { kind => "gr\xc3\xb6\xc3\x9fe" },     '23514', 'kind' ],
	[ 'period negative',             { period => -1 },                      '22003', 'period' ],
	[ 'period too large',            { period => 1000 },                      '22003', 'period' ],
	[ 'minute negative',             { minute => -1 },                      '22003', 'minute' ],
	[ 'minute too large',            { minute => 1000 },                    '22003', 'minute' ],
	[ 'minute beyond smallint',      { minute => 70_000 },                  '22003', 'minute' ],
	[ 'minute beyond integer',       { minute => '99999999999' },           '22003' ],
	[ 'minute not a number',         { minute => '45+2' },                  '22P02' ],
	[ 'stoppage negative',           { stoppage => -1 },                    '22003', 'stoppage' ],
	[ 'stoppage too large',          { stoppage => 100 },                   '22003', 'stoppage' ],
	[ 'home_score negative',         { home_score => -1 },                  '22003', 'home_score' ],
	[ 'away_score too large',        { away_score => 10_000 },              '22003', 'away_score' ],
	[ 'actor blank',                 { actor => ' ' },                      '23514', 'actor' ],
	[ 'actor of two lines',          { actor => "a\nb" },                   '23514', 'actor' ],
	[ 'actor too long',              { actor => 'a' x 201 },                '22001', 'actor' ],
	[ 'actor not UTF-8',             { actor => "a\xe9b" },                 '22021', 'actor' ],
	[ 'team blank',                  { team => ' ' },                        '23514', 'team' ],
	[ 'team of 1 MB',                { team => $megabyte },                 '22001', 'team' ],
	[ 'client_ref blank',            { client_ref => ' ' },                  '23514', 'client_ref' ],
	[ 'client_ref too long',         { client_ref => 'a' x 101 },           '22001', 'client_ref' ],
	[ 'client_ref with a tab',       { client_ref => "a\tb" },              '23514', 'client_ref' ],
	[ 'too many tags',               { tags => '{' . join(',', 1 .. 17) . '}' }, '23514', 'tags' ],
	[ 'tags of two dimensions',      { tags => '{{a,b},{c,d}}' },           '23514', 'tags' ],
	[ 'null tag',                    { tags => '{a,NULL}' },                '22004', 'tags' ],
	[ 'empty tag',                   { tags => '{a,""}' },                  '23514', 'tags' ],
	[ 'tag too long',                { tags => '{' . 't' x 65 . '}' },      '22001', 'tags' ],
	[ 'tag with a control',          { tags => "{\"a\x01\"}" },             '23514', 'tags' ],
	[ 'tag not UTF-8',               { tags => "{a\xff}" },                 '22021', 'tags' ],
	[ 'tags not an array',           { tags => 'a,b' },                     '22P02' ],
	[ 'metadata an array',           { metadata => '[1]' },                 '23514', 'metadata' ],
	[ 'metadata a string',           { metadata => '"s"' },                 '23514', 'metadata' ],
	[ 'metadata null in JSON',       { metadata => 'null' },                '23514', 'metadata' ],
	[ 'metadata not JSON',           { metadata => '{' },                   '22P02' ],
	[ 'metadata empty',              { metadata => '' },                    '22P02' ],
	[ 'metadata too large',          { metadata => '{"k":"' . 'x' x 20_000 . '"}' }, '23514', 'metadata' ],
	[ 'metadata of 10 MB',           { metadata => '{"k":"' . 'x' x 10_000_000 . '"}' }, '23514', 'metadata' ],
	[ 'metadata large once written', { metadata => '{"k":1e20000}' },       '23514', 'metadata' ],
	[ 'metadata of many exponents',  { metadata => '{"k":[' . join(',', ('1e1000') x 100) . ']}' }, '23514', 'metadata' ],
	[ 'metadata large when escaped', { metadata => '{"k":"' . '\u0001' x 5_000 . '"}' }, '23514', 'metadata' ],
	[ 'metadata deep',               { metadata => '{"k":' . '[' x 100_000 . ']' x 100_000 . '}' }, '54001' ],
	[ 'metadata deep but parsed',    { metadata => '{"k":' . '{"k":' x 3_000 . '1' . '}' x 3_001 }, '23514', 'metadata' ],
	[ 'metadata with NUL',           { metadata => '{"k":"\u0000"}' },      '22P05' ],
	[ 'metadata: high surrogate',    { metadata => '{"k":"\ud83d"}' },      '22P02' ],
	[ 'metadata: low surrogate',     { metadata => '{"k":"\ude00"}' },      '22P02' ],
	[ 'metadata: surrogates turned', { metadata => '{"k":"\ude00\ud83d"}' }, '22P02' ],
	[ 'metadata: raw control',       { metadata => "{\"k\":\"a\x01\"}" },   '22P02' ],
	[ 'metadata not UTF-8',          { metadata => "{\"k\":\"a\xff\"}" },   '22021', 'metadata' ],
	[ 'metadata key not UTF-8',      { metadata => "{\"\xc3\":1}" },        '22021', 'metadata' ],
	[ 'created_at infinite',         { created_at => 'infinity' },          '22008', 'created_at' ],
	[ 'created_at before all time',  { created_at => '-infinity' },         '22008', 'created_at' ],
	[ 'created_at before Christ',    { created_at => '0044-03-15 12:00+00 BC' }, '22008', 'created_at' ],
	[ 'created_at of five digits',   { created_at => '10000-01-01 00:00+00' }, '22008', 'created_at' ],
	[ 'created_at not a time',       { created_at => 'soon' },              '22007' ],
	[ 'created_at not in any month', { created_at => '2026-02-30' },        '22008' ],
);

# What the table cannot say: NUL, which a client's own library may stop, and the
# ways in which a statement as a whole is wrong.
our @wrong_statements = (
	[ 'NUL in a literal',         "SELECT commentary.post(1, E'a\\000b')",                 '22021' ],
	[ 'NUL in a tag',             "SELECT commentary.post(1, 'x', tags => ARRAY[E'\\000'])", '22021' ],
	[ 'NUL in COPY, escaped',     "COPY commentary.feed (match_id, message) FROM stdin;\n1\ta\\000b\n\\.\n", '22021' ],
	[ 'too few values in COPY',   "COPY commentary.feed (match_id, message) FROM stdin;\n1\n\\.\n", '22P04' ],
	[ 'too many values in COPY',  "COPY commentary.feed (match_id, message) FROM stdin;\n1\tx\ty\n\\.\n", '22P04' ],
	[ 'no columns at all',        'INSERT INTO commentary.feed DEFAULT VALUES',            '23502', 'match_id' ],
	[ 'unknown column',           'INSERT INTO commentary.feed (colour) VALUES (1)',       '42703' ],
	[ 'flushed_at',               'INSERT INTO commentary.feed (flushed_at) VALUES (now())', '42703' ],
	[ 'the log itself',           "UPDATE commentary.entry SET message = 'x'",             '55000' ],
	[ 'ON CONFLICT',              "INSERT INTO commentary.feed (match_id, message) VALUES (1, 'x') ON CONFLICT (client_ref) DO NOTHING", '0A000' ],
	[ 'amend of a finished match without ref', 'SELECT commentary.amend(2, NULL)',         '23502', 'ref_seq' ],
	[ 'match with score -1',      'UPDATE commentary.match SET home_score = -1 WHERE match_id = 1', '22003', 'home_score' ],
	[ 'match of unknown status',  "UPDATE commentary.match SET status = 'over' WHERE match_id = 1", '23514', 'status' ],
	[ 'match with blank team',    "UPDATE commentary.match SET home = ' ' WHERE match_id = 1",      '23514', 'home' ],
	[ 'match without a team',     'UPDATE commentary.match SET home = NULL WHERE match_id = 1',     '23502', 'home' ],
	[ 'match of no sport',        "UPDATE commentary.match SET sport = '' WHERE match_id = 1",      '23514', 'sport' ],
	[ 'match renumbered',         'UPDATE commentary.match SET match_id = 9 WHERE match_id = 1',    '23514', 'match_id' ],
	[ 'match that starts never',  "UPDATE commentary.match SET starts_at = 'infinity' WHERE match_id = 1", '22008', 'starts_at' ],
);

# Not wrong, however odd it looks.
our @right = (
	"\xd7\xa9\xd7\xa2\xd7\xa8",                           # Hebrew
	"\xd9\x87\xd8\xaf\xd9\x81! \xe2\x80\x8f1-0",          # Arabic, with a right-to-left mark
	"\xe2\x80\xaegoal\xe2\x80\xac",                       # right-to-left override
	"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7", # a family, joined
	"\xef\xbf\xbf\xf4\x8f\xbf\xbf",                       # the last code points
	"e\xcc\x81\xcc\x80\xcc\x82",                          # a pile of accents
	"two\nlines and a\ttab",
	q{'; DROP TABLE commentary.entry; --},
	q{\x41 \u0041 %s %n "quoted" \\ </script>},
	'x' x 10_000,
);

1;
