# Asks again where a psql was refused by a server that is starting or stopping, and was gone before it
# was given its statement: the test library's psql() dies of the broken pipe. Used for its effect.
package RefusedPsql;
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use Time::HiRes qw(sleep);

my $psql = \&PostgreSQL::Test::Cluster::psql;

sub psql_again
{
	my $is_list = wantarray;
	while (1)
	{
		my @result;
		return $is_list ? @result : $result[0]
		  if eval { @result = $is_list ? $psql->(@_) : scalar $psql->(@_); 1 };
		die $@ if $@ !~ /Broken pipe/;
		sleep 0.02;
	}
}

{
	no warnings 'redefine';
	*PostgreSQL::Test::Cluster::psql = \&psql_again;
}

1;
