/*
 * The resource that an HTTP request asks for, from its path and its query: see PROTOCOL.md.
 *
 * Requests come from the open internet. Parsing one ends in a resource with checked
 * parameters, or in an error to send back.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include <stdbool.h>

#include "base/attr.h"
#include "http/content/route_state.h"

/* The query without its question mark. False: the error members say why. */
bool route_parse(struct route *route, const char *path, const char *query) MUST_CHECK;

#endif
