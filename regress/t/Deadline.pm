# The harness kills a test that takes too long, without a message: so the test ends itself before
# that, and says where it stands. Used for its effect.
package Deadline;
use strict;
use warnings;
use Carp ();

use constant RESERVE_S => 20;

if (my $seconds = $ENV{COMMENTARY_TEST_SECONDS})
{
	$SIG{ALRM} = sub { Carp::confess('the test took longer than ' . ($seconds - RESERVE_S) . ' s') };
	alarm $seconds - RESERVE_S;
}

1;
