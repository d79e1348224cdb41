# Whatever is wrong with a row, and whichever way it comes in, its client is told
# what, where and what to do, and nothing is staged. In a database that checks
# the encoding, and in one (SQL_ASCII) that lets any byte in.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use InputCases;
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
