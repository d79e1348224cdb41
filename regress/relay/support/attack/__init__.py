"""What others do to a relay and a database on purpose, and the viewer beside them."""
