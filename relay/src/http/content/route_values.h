/*
 * The values of the parameters of an HTTP request, already decoded. route.c says which request
 * has which parameters, and has the grammar.
 */
#ifndef ROUTE_VALUES_H
#define ROUTE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "http/content/route_state.h"

/* Reads a whole number without a sign from min to max. False: the text is no such number. */
bool route_number(const char *text, size_t length, int64_t min, int64_t max,
                  int64_t *number) MUST_CHECK;

/* Each takes one value. False: it is wrong. */
bool route_take_place(struct route *route, const char *text, size_t length) MUST_CHECK;
bool route_take_before(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_limit(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_history(struct route *route, const char *value, size_t length) MUST_CHECK;

/* For streams. Take all matches first, then `since`, then the id. */
bool route_take_match(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_since(struct route *route, const char *text, size_t length) MUST_CHECK;
bool route_take_id(struct route *route, const char *value, size_t length) MUST_CHECK;

/* For lists of matches. */
bool route_take_before_match(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_rows(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_status(struct route *route, const char *value, size_t length) MUST_CHECK;
bool route_take_competition(struct route *route, const char *value, size_t length) MUST_CHECK;

/*
 * Takes the id of the last event that a client has received. If the relay did not make this id, the
 * stream begins afresh: an error would end an EventSource for good.
 */
void route_take_last_id(struct route *route, const char *id, size_t length);

#endif
