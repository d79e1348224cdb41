# Whatever is wrong with a row, and whichever way it comes in, its client is told
# what, where and what to do, and nothing is staged. In a database that checks
# the encoding, and in one (SQL_ASCII) that lets any byte in.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Scene;
use Test::More;

use constant RANDOM_INPUTS => 5_000;    # for each of the two databases

# With the name of SQL_ASCII the server does not look at what comes in at all.
my %client_encoding = (utf8 => 'UTF8', ascii => 'SQL_ASCII');
my $node = new_node('main', 'log_error_verbosity = verbose', 'autovacuum = off');
$node->safe_psql('postgres', <<SQL);
CREATE DATABASE utf8 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
SQL

my %type = (
	match_id => 'bigint', seq => 'bigint', op => 'text', ref_seq => 'bigint', kind => 'text',
	period => 'integer', minute => 'integer', stoppage => 'integer', actor => 'text', team => 'text',
	message => 'text', tags => 'text[]', metadata => 'jsonb', home_score => 'integer',
	away_score => 'integer', client_ref => 'text', created_at => 'timestamptz');

# A case: what is wrong, what it sets beside match_id = 1 and message = 'x', the
# SQLSTATE, and the column that the error names; none where PostgreSQL refuses
# the value before we see it.
my $megabyte = 'x' x 1_000_000;
my @wrong = (
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
my @wrong_statements = (
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
my @right = (
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

sub literal { my ($value) = @_; return defined $value ? "'" . $value =~ s/'/''/gr . "'" : 'NULL' }

sub copy_text
{
	my ($value) = @_;
	return '\N' unless defined $value;
	my %escape = ("\\" => '\\\\', "\n" => '\n', "\t" => '\t', "\r" => '\r');
	return $value =~ s/([\\\n\t\r])/$escape{$1}/gr;
}

# The ways in: each makes a script of the columns that a case sets.
my %way = (
	'INSERT' => sub {
		my ($row) = @_;
		my @columns = sort keys %$row;
		return 'INSERT INTO commentary.feed (' . join(', ', @columns) . ') VALUES ('
		  . join(', ', map { literal($row->{$_}) } @columns) . ')';
	},
	'multi-row' => sub {
		my ($row) = @_;
		my @columns = sort keys %$row;
		my %good = (match_id => 1, message => 'beside a wrong one');
		return 'INSERT INTO commentary.feed (' . join(', ', @columns) . ') VALUES '
		  . join(', ', map { my $r = $_; '(' . join(', ', map { literal($r->{$_}) } @columns) . ')' } \%good, $row, \%good);
	},
	'COPY' => sub {
		my ($row) = @_;
		my @columns = sort keys %$row;
		my %good = (match_id => 1, message => 'beside a wrong one');
		return 'COPY commentary.feed (' . join(', ', @columns) . ") FROM stdin;\n"
		  . join('', map { my $r = $_; join("\t", map { copy_text($r->{$_}) } @columns) . "\n" } \%good, $row) . "\\.\n";
	},
	'post()' => sub {
		my ($row) = @_;
		my %given = %$row;
		return if exists $given{seq} || exists $given{created_at};
		my $op = delete $given{op} // 'insert';
		my $function = { insert => 'post', amend => 'amend' }->{$op} or return;
		return if $function eq 'post' && exists $given{ref_seq};
		$given{ref_seq} = undef if $function eq 'amend' && !exists $given{ref_seq};
		return "SELECT commentary.$function(" . join(', ', map { "$_ => " . literal($given{$_}) } sort keys %given) . ')';
	},
	'prepared' => sub {
		my ($row) = @_;
		my @columns = sort keys %$row;
		return 'PREPARE p (' . join(', ', map { $type{$_} } @columns) . ') AS INSERT INTO commentary.feed ('
		  . join(', ', @columns) . ') VALUES (' . join(', ', map { "\$$_" } 1 .. @columns) . ");\n"
		  . 'EXECUTE p (' . join(', ', map { literal($row->{$_}) } @columns) . ");\nDEALLOCATE p";
	},
);

# Runs statements in one session, and returns what stderr said of each.
sub answers
{
	my ($database, @statements) = @_;
	my $script = '';
	for my $i (0 .. $#statements) { $script .= "\\warn \@$i\n$statements[$i];\n" }
	$script =~ s/\\\.\n;\n/\\.\n/g;

	local $ENV{PGCLIENTENCODING} = $client_encoding{$database};
	my $psql = psql_start($node, $database, $script, '-v', 'VERBOSITY=verbose');
	my (undef, $said) = psql_finish($psql);
	my @answers = ('') x @statements;
	my $i;
	for my $line (split /\n/, $said)
	{
		if ($line =~ /^\@(\d+)$/) { $i = $1 }
		elsif (defined $i)        { $answers[$i] .= "$line\n" }
	}
	die "the session broke off after statement $i: $answers[$i]" unless $psql->{status} == 0 && $i == $#statements;
	return @answers;
}

# What a driver sees of an error.
sub parse
{
	my ($answer) = @_;
	my ($state) = $answer =~ /^ERROR:  (\w{5}): ./m;
	my ($column) = $answer =~ /^COLUMN NAME:  (\w+)/m;
	my ($table)  = $answer =~ /^TABLE NAME:  (\w+)/m;
	return {
		state => $state // 'accepted', column => $column // '', table => $table // '',
		detail => scalar($answer =~ /^DETAIL:  \S/m), hint => scalar($answer =~ /^HINT:  \S/m)
	};
}

# An error of ours is complete; one of PostgreSQL's own has at least its SQLSTATE.
sub complaint
{
	my ($answer, $state, $column) = @_;
	my $got = parse($answer);
	return "SQLSTATE $got->{state} instead of $state" if $got->{state} ne $state;
	return '' unless $column;
	return "column '$got->{column}' instead of '$column'" if $got->{column} ne $column;
	return 'no table'  unless $got->{table};
	return '' if $state eq '23502' && $got->{table} eq 'match';    # PostgreSQL's own NOT NULL
	return 'no detail' unless $got->{detail};
	return 'no hint'   unless $got->{hint};
	return 'an error that is not UTF-8' unless utf8::decode(my $message = ($answer =~ /^(.*)/)[0]);
	return '';
}

# In UTF8 the server stops a broken letter before anybody sees a column.
sub expected_column
{
	my ($database, $state, $column) = @_;
	return $database eq 'utf8' && $state eq '22021' ? undef : $column;
}

sub stored
{
	my ($database) = @_;
	return $node->safe_psql($database, <<SQL);
SELECT commentary.flush();
SELECT (SELECT count(*) FROM commentary.entry)
	@{[map { "+ (SELECT count(*) FROM $_)" } @SEGMENTS]}
SQL
}

sub check_way
{
	my ($database, $name) = @_;
	my (@cases, @statements, @complaints);

	for my $case (@wrong)
	{
		my $statement = $way{$name}->({ match_id => 1, message => 'x', %{ $case->[1] } }) // next;
		push @cases,      $case;
		push @statements, $statement;
	}
	my @answers = answers($database, @statements);
	for my $i (0 .. $#cases)
	{
		my ($about, undef, $state, $column) = @{ $cases[$i] };
		my $complaint = complaint($answers[$i], $state, expected_column($database, $state, $column));
		push @complaints, "$about: $complaint\n" . substr($answers[$i], 0, 500) if $complaint;
	}
	is("@complaints", '', "$database, $name: " . @cases . ' wrong inputs are told what is wrong');
}

sub check_statements
{
	my ($database) = @_;
	my @answers = answers($database, map { $_->[1] } @wrong_statements);
	for my $i (0 .. $#answers)
	{
		my ($about, undef, $state, $column) = @{ $wrong_statements[$i] };
		is(complaint($answers[$i], $state, $column), '', "$database: $about") or diag($answers[$i]);
	}
}

sub bodies
{
	my ($database) = @_;
	# Or psql would lay out what it prints, and leave out letters that it cannot.
	local $ENV{PGCLIENTENCODING} = 'SQL_ASCII';
	my $psql = psql_start($node, $database, 'SELECT body FROM commentary.read(1, 0, 1000000)');
	return split /\n/, (psql_finish($psql))[0];
}

sub check_right
{
	my ($database) = @_;
	my @answers = answers($database, map { $way{INSERT}->({ match_id => 1, message => $_ }) } @right);
	is(join('', @answers), '', "$database: odd but valid texts are accepted");
	my @messages = grep { defined } map { JSON::PP->new->utf8->decode($_)->{message} } bodies($database);
	is_deeply(\@messages, [ map { utf8::decode(my $text = $_); $text } @right ], "$database: and viewers get them as they were");
}

# A row of plausible values, and then some damage at random.
sub random_row
{
	my @pool = (
		@right[ 0 .. 8 ], '', ' ', 'goal', '{a,b}', '{}', '{"k":[1,{"a":null}]}', '{"k":"\u00e9\ud83d\ude00"}',
		'0', '1', '-1', '45', '1e5', '99999', '2026-05-25 20:45+00', 'infinity', 'insert', 'amend', 'retract');
	my %row = (match_id => 1, message => $pool[ rand @pool ]);
	for (1 .. rand 4)
	{
		my @columns = sort keys %type;
		$row{ $columns[ rand @columns ] } = $pool[ rand @pool ];
	}
	return { map { $_ => mutated($row{$_}) } keys %row };
}

sub mutated
{
	my ($value) = @_;
	return $value if rand() < 0.6;
	for (0 .. rand 3)
	{
		my $at = rand(length($value) + 1);
		my $kind = int rand 4;
		if    ($kind == 0)                         { substr($value, $at, 0) = chr(1 + rand 255) }
		elsif ($kind == 1 && $at < length $value)  { substr($value, $at, 1) = chr(1 + rand 255) }
		elsif ($kind == 2 && $at < length $value)  { substr($value, $at, 1) = '' }
		else                                       { $value .= $value }
	}
	return $value;
}

sub check_random
{
	my ($database) = @_;
	my @ways = sort keys %way;
	my @statements = ('SET commentary.ack = staged');
	while (@statements <= RANDOM_INPUTS)
	{
		my $statement = $way{ $ways[ rand @ways ] }->(random_row());
		push @statements, $statement if defined $statement;
	}
	my @answers = answers($database, @statements);
	my %states;
	$states{ parse($_)->{state} }++ for @answers;
	my @unclean = grep { !/^(accepted|22...|23...|42...|428C9|0A000|54001|55000)$/ } keys %states;
	is("@unclean", '', "$database: " . RANDOM_INPUTS . ' damaged inputs get a clean answer each')
	  or diag(join ' ', map { "$_: $states{$_}" } sort keys %states);
	cmp_ok($states{accepted}, '>', RANDOM_INPUTS / 20, "$database: some of them were right");

	my @bodies = bodies($database);
	my @broken = grep { !eval { JSON::PP->new->utf8->decode($_) } } @bodies;
	cmp_ok(scalar @bodies, '>', RANDOM_INPUTS / 20, "$database: which are in the log");
	is(scalar @broken, 0, "$database: each as valid JSON in valid UTF-8") or diag("$broken[0]: $@");
}

my $seed = time;
srand $seed;
note("the seed of the random inputs: $seed");
for my $database (qw(utf8 ascii))
{
	install($node, $database, 3);
	$node->safe_psql($database, <<SQL);
UPDATE commentary.match SET status = 'finished' WHERE match_id = 2;
UPDATE commentary.match SET status = 'abandoned' WHERE match_id = 3;
SQL
	my $before = stored($database);
	check_way($database, $_) for sort keys %way;
	check_statements($database);
	is(stored($database), $before, "$database: and nothing was staged");
	check_right($database);
	check_random($database);
	is_sound($node, $database, $database);
}
is_clean($node, 'to the end');
$node->stop;
done_testing();
