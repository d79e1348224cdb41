#!/bin/sh
# Follows a match with curl: follow.sh https://relay.example 7
# Each line of output is one message; after a lost connection it resumes behind the last one.

last=
place=$(mktemp)
trap 'rm -f "$place"; exit' INT TERM
while :; do
    curl -sN -H "Last-Event-ID: $last" "$1/matches/$2/events?history=50" | while IFS= read -r line; do
        case $line in
        id:*) echo "${line#id: }" >"$place" ;;
        data:*) echo "${line#data: }" ;;
        esac
    done
    last=$(cat "$place")
    sleep 2
done
