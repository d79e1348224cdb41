/*
 * Reload, at SIGHUP: reads all options again, and the files that they name. If an
 * option is wrong, all stay as they were; if a file is wrong, what came from it stays.
 */
#ifndef RELOAD_H
#define RELOAD_H

struct auth;
struct certificate;
struct config;
struct hub;
struct server;

/* What it reads, and whom it tells. */
struct reload {
    int argc;
    char *const *argv; /* the arguments as given, before secrets were covered */
    struct config *config;
    struct certificate **certificate; /* owned; NULL in it: without TLS */
    struct auth *auth;                /* its keys are read again; NULL: everything is public */
    struct hub *hub;
    struct server *server; /* NULL: this is a supervisor, which has neither of the two */
};

/* Logs the result. */
void reload_config(const struct reload *reload);

#endif
