-- The matches of the study, and the usual cure to compare with: a row trigger that
-- notifies, on a channel of its own.

SELECT count(commentary.create_match('Rovers', 'City', status => 'live'))
FROM generate_series(1, :matches);
SELECT commentary.flush();

CREATE SCHEMA bench;

CREATE TABLE bench.entry (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    match_id bigint NOT NULL,
    message text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION bench.notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('bench', format(
        '{"type":"commentary","match":%s,"seq":%s,"message":%s,"created_at":%s}',
        NEW.match_id, NEW.seq, to_json(NEW.message), to_json(NEW.created_at)));
    RETURN NULL;
END $$;

CREATE TRIGGER notify AFTER INSERT ON bench.entry
FOR EACH ROW EXECUTE FUNCTION bench.notify();
