// Follows a match in Go: go run follow.go https://relay.example 7
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// The relay says something every 30 s.
const silence = 75 * time.Second

func main() {
	last := ""
	for {
		last = follow(os.Args[1]+"/matches/"+os.Args[2]+"/events?history=50", last)
		time.Sleep(2 * time.Second)
	}
}

// follow shows what comes until the connection is lost, and returns where to resume.
func follow(address, last string) string {
	request, err := http.NewRequest("GET", address, nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Last-Event-ID", last)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lost:", err)
		return last
	}
	defer answer.Body.Close()
	watch := time.AfterFunc(silence, func() { answer.Body.Close() })
	defer watch.Stop()

	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		watch.Reset(silence)
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			last = value
		case "data":
			show(value)
		}
	}
	return last
}

func show(text string) {
	var event struct {
		Type, Op, Message string
		Minute            *int
	}
	if json.Unmarshal([]byte(text), &event) != nil || event.Type != "commentary" {
		return
	}
	if event.Minute != nil {
		fmt.Print(*event.Minute, " ")
	}
	fmt.Println(event.Op, event.Message)
}
