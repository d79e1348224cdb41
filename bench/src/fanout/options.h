/* What the load tool is told on its command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define MATCHES_MAX 1000
#define FOLLOW_MAX 128
#define BURST_MAX 16

enum protocol {
    PROTOCOL_RELAY, /* WebSocket, commentary.v1: subscribes */
    PROTOCOL_PLAIN, /* WebSocket that sends everything to everybody */
    PROTOCOL_LINES, /* bare TCP, a line for each entry; the first line is a greeting */
    PROTOCOL_NATS,  /* WebSocket, and NATS in its frames */
    PROTOCOL_MQTT,  /* WebSocket, and MQTT in its frames */
};

enum publisher {
    PUBLISH_NOTHING, /* viewers are silent */
    PUBLISH_TCP,     /* lines to a port of the server */
    PUBLISH_HTTP,    /* a POST for each entry */
    PUBLISH_NOTIFY,  /* NOTIFY with ready payloads, through PostgreSQL */
    PUBLISH_INSERT,  /* a statement for each entry: the whole line */
    PUBLISH_BROKER,  /* over TCP, in the broker's protocol */
    PUBLISH_OTHER,   /* another program publishes: what comes is counted */
};

struct options {
    enum protocol protocol;
    enum publisher publisher;
    bool has_tls;
    bool comes_back; /* viewers that the server sends away */
    const char *path;
    const char *publish_path; /* PUBLISH_HTTP */
    const char *database;     /* PUBLISH_NOTIFY, PUBLISH_INSERT */
    const char *insert;       /* PUBLISH_INSERT */
    int port, publish_port;
    int viewers;
    int first_match, matches; /* consecutive */
    int follow;               /* so many of them each viewer, in turn */
    int burst;                /* entries outstanding at once */
    int rate;                 /* entries per second; 0: the next when all have the last */
    double seconds, warm_up_seconds;
    int connecting;        /* connections being made at once */
    int connect_rate;      /* connections begun in a second; 0: as many as may be on their way */
    int source, sources;   /* addresses to connect from: so many, from 127.0.0.SOURCE */
    double leave_seconds;  /* in which all must be gone from the server; 0: not looked at */
    const char *histogram; /* a file for the delays, or NULL */
    int slow_percent;
    int server_pid;
    int text_bytes;
};

/* Ends the program when something is wrong with them. */
struct options options_read(int argc, char **argv);

#endif
