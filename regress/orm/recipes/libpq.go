// Go: database/sql with lib/pq, and its COPY.
package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"

	"github.com/lib/pq"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

type executor interface {
	Exec(string, ...interface{}) (sql.Result, error)
}

func one(db executor, query string, arguments ...interface{}) {
	result, err := db.Exec(query, arguments...)
	check(err)
	rows, err := result.RowsAffected()
	check(err)
	if rows != 1 {
		panic("not one row: " + query)
	}
}

const insert = "INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message) VALUES ($1, $2, $3, $4, $5)"

// RETURNING works with QueryRow; lib/pq has no LastInsertId.
func publish(db *sql.DB, match string) {
	tx, err := db.Begin()
	check(err)
	var seq sql.NullInt64
	check(tx.QueryRow(insert+" RETURNING seq", match, "line-1", 12, "A. Striker", "Goal!").Scan(&seq))
	if seq.Valid {
		panic("numbered before the COMMIT")
	}
	one(tx, "UPDATE commentary.feed SET minute = $1 WHERE match_id = $2 AND client_ref = $3", 13, match, "line-1")
	check(tx.Commit())
}

// COPY is a statement of a transaction; JSON is text, as everything is here.
func copyRows(db *sql.DB, match string) {
	details, err := json.Marshal(map[string]float64{"xg": 0.2})
	check(err)
	tx, err := db.Begin()
	check(err)
	rows, err := tx.Prepare(pq.CopyInSchema("commentary", "feed", "match_id", "client_ref", "message", "tags", "metadata"))
	check(err)
	_, err = rows.Exec(match, "line-2", "Oops", pq.Array([]string{"slip"}), string(details))
	check(err)
	_, err = rows.Exec()
	check(err)
	check(rows.Close())
	check(tx.Commit())
}

// The second time nothing changes: it counts its row, and writes none.
func edit(db *sql.DB, match string) {
	for i := 0; i < 2; i++ {
		one(db, "UPDATE commentary.feed SET actor = $1, message = $2 WHERE match_id = $3 AND client_ref = $4",
			nil, "Goal! A header.", match, "line-1")
	}
	one(db, "DELETE FROM commentary.feed WHERE match_id = $1 AND client_ref = $2", match, "line-2")
}

// Errors have their SQLSTATE and their hint.
func fail(db *sql.DB, match string) {
	var refused *pq.Error
	_, err := db.Exec(insert, match, "line-3", -1, nil, "too early")
	if !errors.As(err, &refused) || refused.Code != "22003" || refused.Hint == "" {
		panic(err)
	}
}

func main() {
	match := os.Getenv("MATCH")
	db, err := sql.Open("postgres", "sslmode=disable")
	check(err)
	defer db.Close()
	publish(db, match)
	copyRows(db, match)
	edit(db, match)
	fail(db, match)
}
