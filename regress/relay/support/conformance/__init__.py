"""What RFC 6455, 9110 and 9112 want of a relay, as cases that are played against it."""
