# Copies a cluster instead of making one, which PostgreSQL's test library does by itself from
# version 17 on, from the same variable (PostgreSQL::Test::Cluster::init). Used for its effect.
package ClusterCopy;
use strict;
use warnings;
use PostgreSQL::Test::Utils;

# What init() of version 15 and 16 asks for, if a test adds nothing of its own.
use constant PLAIN => '-A trust -N';

my $run = \&PostgreSQL::Test::Utils::system_or_bail;

sub copy_or_run
{
	my ($program, undef, $folder, @options) = @_;
	my $template = $ENV{INITDB_TEMPLATE};

	return $run->(@_) unless $template && $program eq 'initdb' && "@options" eq PLAIN;
	return $run->('cp', '-a', $template, $folder);
}

{
	no warnings 'redefine';
	*PostgreSQL::Test::Utils::system_or_bail = \&copy_or_run;
}

1;
