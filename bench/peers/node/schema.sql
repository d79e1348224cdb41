-- The tables of server.js, as such servers have them. 128 matches.

CREATE SCHEMA node;

CREATE TABLE node.match (
    match_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sport text NOT NULL DEFAULT 'football',
    home text NOT NULL,
    away text NOT NULL,
    status text NOT NULL DEFAULT 'live',
    home_score integer,
    away_score integer
);
INSERT INTO node.match (home, away) SELECT 'Rovers', 'City' FROM generate_series(1, 128);

CREATE TABLE node.commentary (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    match_id bigint NOT NULL REFERENCES node.match,
    minute smallint,
    kind text,
    actor text,
    team text,
    message text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON node.commentary (match_id, seq);
