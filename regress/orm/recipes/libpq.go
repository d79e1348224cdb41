// Go: database/sql with lib/pq.
package main

import (
	"database/sql"
	"os"

	_ "github.com/lib/pq"
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

func main() {
	match := os.Getenv("MATCH")
	db, err := sql.Open("postgres", "sslmode=disable")
	check(err)
	defer db.Close()
	tx, err := db.Begin()
	check(err)
	one(tx, "INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message) VALUES ($1, $2, $3, $4, $5)",
		match, "line-1", 12, "A. Striker", "Goal!")
	one(tx, "UPDATE commentary.feed SET minute = $1 WHERE match_id = $2 AND client_ref = $3", 13, match, "line-1")
	check(tx.Commit())
	one(db, "INSERT INTO commentary.feed (match_id, client_ref, message) VALUES ($1, $2, $3)", match, "line-2", "Oops")
	one(db, "UPDATE commentary.feed SET actor = $1, message = $2 WHERE match_id = $3 AND client_ref = $4",
		nil, "Goal! A header.", match, "line-1")
	one(db, "DELETE FROM commentary.feed WHERE match_id = $1 AND client_ref = $2", match, "line-2")
}
