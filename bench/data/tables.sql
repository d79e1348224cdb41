-- What the study writes to beside commentary.feed, each with the same columns.

CREATE SCHEMA bench;

CREATE TABLE bench.match (
	match_id bigint PRIMARY KEY,
	title    text NOT NULL
);
INSERT INTO bench.match SELECT i, 'Match ' || i FROM generate_series(1, :matches) AS i;

-- (d) bare: unlogged, no key, no reference. Nothing that stores rows is faster. The others
-- have its columns.
CREATE UNLOGGED TABLE bench.bare (
	match_id   bigint NOT NULL,
	minute     smallint,
	kind       text,
	actor      text,
	team       text,
	message    text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now()
);

-- (a) plain: a table as most applications have one.
CREATE TABLE bench.plain (
	entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	LIKE bench.bare INCLUDING DEFAULTS,
	FOREIGN KEY (match_id) REFERENCES bench.match
);

-- (b) trigger: the same, announced as most applications do it.
CREATE TABLE bench.trigger (LIKE bench.plain INCLUDING ALL);
ALTER TABLE bench.trigger ADD FOREIGN KEY (match_id) REFERENCES bench.match;

-- What a transaction writes beside a line of commentary.
CREATE TABLE bench.audit (
	audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	note     text NOT NULL
);

CREATE FUNCTION bench.announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('bench', row_to_json(NEW)::text);
	RETURN NULL;
END
$$;
CREATE TRIGGER announce AFTER INSERT ON bench.trigger
	FOR EACH ROW EXECUTE FUNCTION bench.announce();

-- Ours: durable and staged are roles, so that also a pooler's sessions differ. They
-- listen as relays do when the delay of a notification is measured.
SELECT commentary.create_match('Harbour United', 'Rovers', status => 'live')
FROM generate_series(1, :matches);

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'staged') THEN
		CREATE ROLE writer LOGIN;
		CREATE ROLE durable LOGIN IN ROLE commentary_writer, commentary_relay;
		CREATE ROLE staged LOGIN IN ROLE commentary_writer, commentary_relay;
		ALTER ROLE staged SET commentary.ack = 'staged';
		-- A client that has waited so long for a lock gives up, and has failed.
		ALTER ROLE writer SET lock_timeout = '10s';
		ALTER ROLE durable SET lock_timeout = '10s';
		ALTER ROLE staged SET lock_timeout = '10s';
	END IF;
END
$$;
GRANT USAGE ON SCHEMA bench TO writer;
GRANT INSERT ON bench.plain, bench.trigger, bench.bare TO writer;
GRANT USAGE ON SCHEMA bench TO durable, staged;
GRANT INSERT ON bench.audit TO writer, durable, staged;

CREATE EXTENSION pg_stat_statements;
