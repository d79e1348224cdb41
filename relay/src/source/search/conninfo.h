/*
 * The connection string: the hosts that it names, how to connect to each, and the parameters
 * that the relay adds where the string sets none.
 *
 * libpq tries the hosts of a string one after the other, and stops at one that refuses or
 * is silent. So the relay takes the list apart, and gives libpq one address at a time:
 * see search.h.
 */
#ifndef CONNINFO_H
#define CONNINFO_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define CONNINFO_HOSTS_MAX 32

/* One element of the lists; "": not set. */
struct conninfo_host {
    char host[256];    /* a name, an address, or the folder of a socket */
    char hostaddr[80]; /* an address, which is used in place of the host's */
    char port[16];
};

/*
 * Checks the connection string, with what the environment and a service file add to it.
 * NULL, or what is wrong with it, without anything secret: free() it.
 */
char *conninfo_check(const char *text) MUST_CHECK;

/* The hosts that it names, or the environment or a service file, in their order. At least one. */
size_t conninfo_hosts(const char *text, struct conninfo_host hosts[CONNINFO_HOSTS_MAX]);

/* Has it addresses that have to be looked up? */
bool conninfo_host_is_name(const struct conninfo_host *host);

/* Where this connection leads. */
void conninfo_host_of(const PGconn *conn, struct conninfo_host *host);

/* Begins to connect to that one. NULL: out of memory. */
PGconn *conninfo_connect(const char *text, const struct conninfo_host *host) MUST_CHECK;

/* How long one host may be silent while connecting: connect_timeout. */
int64_t conninfo_patience_ms(const char *text);

/* The session must be able to write; else it is enough that it is no standby's. */
bool conninfo_needs_read_write(const char *text);

/* It says that a standby will not do. */
bool conninfo_wants_primary(const char *text);

/* Hosts are tried in random order: load_balance_hosts, which libpq knows from 16 on. */
bool conninfo_is_shuffled(const char *text);

#endif
