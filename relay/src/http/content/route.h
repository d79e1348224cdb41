/*
 * The resource that an HTTP request asks for, from its path and its query: see PROTOCOL.md.
 *
 * Requests come from the open internet and are not trusted. The result is a resource with checked
 * parameters, or an error for the client.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/content/route_state.h"

/* Takes the query without its question mark. False: status and error_* of the route say why. */
bool route_parse(struct route *route, const char *path, const char *query) MUST_CHECK;

#endif
