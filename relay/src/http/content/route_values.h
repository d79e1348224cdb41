/*
 * The values of the parameters of an HTTP request, already decoded: route.c says which request
 * has which, and has the grammar.
 */
#ifndef ROUTE_VALUES_H
#define ROUTE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "http/content/route_state.h"

/* A whole number without a sign, within these bounds. False: it is none. */
bool route_number(const char *text, size_t length, int64_t min, int64_t max,
                  int64_t *number) MUST_CHECK;

/* Each takes one value. False: it is wrong. */
bool route_take_place(struct route *route, const char *text, size_t length) MUST_CHECK;
bool route_take_before(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_limit(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_history(struct route *route, const char *value, size_t length) MUST_CHECK;

/* Of streams. The matches are taken before the place in them, and the id behind that. */
bool route_take_match(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_since(struct route *route, const char *text, size_t length) MUST_CHECK;
bool route_take_id(struct route *route, const char *value, size_t length) MUST_CHECK;

/* Of lists of matches. */
bool route_take_before_match(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_rows(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_status(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_competition(struct route *route, const char *value, size_t length) MUST_CHECK;

/*
 * Takes the id of the last event that a client had. With an id that is none of the relay's, the
 * stream begins afresh: to refuse it would end an EventSource for good.
 */
void route_take_last_id(struct route *route, const char *id, size_t length);

#endif
