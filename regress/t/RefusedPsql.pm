# Runs a psql again that a server refused because it is starting or stopping. Such a psql may end before it
# is given its statement: then the test library's functions die of the broken pipe. Used for its effect.
package RefusedPsql;
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use Time::HiRes qw(sleep);

# Calls the function until it does not die of that.
sub again
{
	my ($function, @arguments) = @_;
	my $is_list = wantarray;
	while (1)
	{
		my @result;
		return $is_list ? @result : $result[0]
		  if eval { @result = $is_list ? $function->(@arguments) : scalar $function->(@arguments); 1 };
		die $@ if $@ !~ /Broken pipe/;
		sleep 0.02;
	}
}

{
	no warnings 'redefine';
	for my $function (\*PostgreSQL::Test::Cluster::psql, \*PostgreSQL::Test::Cluster::poll_query_until)
	{
		my $once = *{$function}{CODE};
		*{$function} = sub { return again($once, @_) };
	}
}

1;
