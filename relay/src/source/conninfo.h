/*
 * The connection string, with what we add where nothing is said: patience, and with
 * several hosts that it must be a primary.
 *
 * libpq tries several hosts one after the other, but leaves it to us to give up on
 * one that takes the connection and is silent: then the next attempt has to begin
 * with another host, or it would never get beyond that one.
 */
#ifndef CONNINFO_H
#define CONNINFO_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/* Checks the connection string alone. NULL, or what is wrong with it: free() it. */
char *conninfo_check(const char *text) MUST_CHECK;

/* Begins to connect, with the host of that number first. NULL: out of memory. */
PGconn *conninfo_connect(const char *text, unsigned first_host) MUST_CHECK;

/* How many hosts are named. */
unsigned conninfo_hosts(const char *text);

/* How long one host may be silent while connecting: connect_timeout. */
int64_t conninfo_patience_ms(const char *text);

#endif
