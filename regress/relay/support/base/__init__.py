"""A PostgreSQL and a relay for a test, and what every test may need of them: ports, keys, deadlines, data."""
