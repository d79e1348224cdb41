// Go: a context that ends while the flusher is paused, with lib/pq and with pgx. The row is
// accepted by then: lib/pq says so, and pgx closes its connection and returns an error.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v4"
	_ "github.com/lib/pq"
)

const insert = "INSERT INTO commentary.feed (match_id, client_ref, message) VALUES ($1, $2, 'impatient')"

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// The context ends when a session waits for the flusher.
func whenOneWaits(cancel context.CancelFunc) {
	db, err := sql.Open("postgres", fmt.Sprintf("sslmode=disable port=%s", os.Getenv("SERVER_PORT")))
	check(err)
	defer db.Close()
	for waits := false; !waits; time.Sleep(20 * time.Millisecond) {
		check(db.QueryRow("SELECT EXISTS (SELECT FROM pg_stat_activity " +
			"WHERE backend_type = 'client backend' AND wait_event_type = 'Extension')").Scan(&waits))
	}
	cancel()
}

// binary_parameters: one round trip, as a pooler in transaction mode needs.
func withLibPq(ctx context.Context, ref string) {
	db, err := sql.Open("postgres", "sslmode=disable binary_parameters=yes")
	check(err)
	defer db.Close()
	_, err = db.ExecContext(ctx, insert, os.Getenv("MATCH"), ref)
	check(err)
	var one int
	check(db.QueryRow("SELECT 1").Scan(&one))
}

func withPgx(ctx context.Context, ref string) {
	config, err := pgx.ParseConfig("")
	check(err)
	config.PreferSimpleProtocol = true // a pooler in transaction mode needs that
	db, err := pgx.ConnectConfig(context.Background(), config)
	check(err)
	_, err = db.Exec(ctx, insert, os.Getenv("MATCH"), ref)
	if err == nil || !db.IsClosed() {
		panic("pgx goes on after its context")
	}
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	go whenOneWaits(cancel)
	run := map[string]func(context.Context, string){"lib/pq": withLibPq, "pgx": withPgx}[os.Args[1]]
	run(ctx, os.Getenv("REF"))
}
