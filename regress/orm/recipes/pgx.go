// Go: pgx, with its prepared statements and values in binary, a batch, and COPY.
package main

import (
	"context"
	"errors"
	"os"
	"strconv"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgx/v4"
)

const insert = "INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message) VALUES ($1, $2, $3, $4, $5)"

var ctx = context.Background()

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func one(done pgconn.CommandTag, err error) {
	check(err)
	if done.RowsAffected() != 1 {
		panic("not one row: " + done.String())
	}
}

// The connection has prepared statements: int for integer, int64 for bigint, nil or a pointer for null.
func publish(db *pgx.Conn, match int64) {
	var seq *int64
	tx, err := db.Begin(ctx)
	check(err)
	check(tx.QueryRow(ctx, insert+" RETURNING seq", match, "line-1", 12, "A. Striker", "Goal!").Scan(&seq))
	if seq != nil {
		panic("numbered before the COMMIT")
	}
	one(tx.Exec(ctx, "UPDATE commentary.feed SET minute = $1 WHERE match_id = $2 AND client_ref = $3", 13, match, "line-1"))
	check(tx.Commit(ctx))
}

// COPY in binary, which asks the server for the types; a map is JSON, and a slice an array.
func copyRows(db *pgx.Conn, match int64) {
	rows := [][]interface{}{{match, "line-2", "Oops", []string{"slip"}, map[string]int{"xg": 0}}}
	copied, err := db.CopyFrom(ctx, pgx.Identifier{"commentary", "feed"},
		[]string{"match_id", "client_ref", "message", "tags", "metadata"}, pgx.CopyFromRows(rows))
	check(err)
	if copied != 1 {
		panic("not one row by COPY")
	}
}

// A batch is one transaction, in one round trip.
func edit(db *pgx.Conn, match int64) {
	batch := &pgx.Batch{}
	for i := 0; i < 2; i++ { // the second time nothing changes: it counts its row, and writes none
		batch.Queue("UPDATE commentary.feed SET actor = $1, message = $2 WHERE match_id = $3 AND client_ref = $4",
			nil, "Goal! A header.", match, "line-1")
	}
	batch.Queue("DELETE FROM commentary.feed WHERE match_id = $1 AND client_ref = $2", match, "line-2")
	results := db.SendBatch(ctx, batch)
	for i := 0; i < batch.Len(); i++ {
		one(results.Exec())
	}
	check(results.Close())
}

// Errors have their SQLSTATE and their hint.
func fail(db *pgx.Conn, match int64) {
	var refused *pgconn.PgError
	_, err := db.Exec(ctx, insert, match, "line-3", -1, nil, "too early")
	if !errors.As(err, &refused) || refused.Code != "22003" || refused.Hint == "" {
		panic(err)
	}
}

func main() {
	match, err := strconv.ParseInt(os.Getenv("MATCH"), 10, 64)
	check(err)
	db, err := pgx.Connect(ctx, "")
	check(err)
	defer db.Close(ctx)
	publish(db, match)
	copyRows(db, match)
	edit(db, match)
	fail(db, match)
}
