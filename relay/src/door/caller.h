/*
 * Callers: who comes to the door, from which address, and whether that address has
 * sent enough already. Behind a trusted proxy it is the address that the proxy tells.
 */
#ifndef CALLER_H
#define CALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "door/handshake.h"
#include "door/limits.h"
#include "net/network.h"

struct lws;

struct callers_settings {
    const char *trusted_proxies; /* see network.h; read, and not kept */
    struct limits_settings limits;
};

struct callers {
    struct networks proxies;
    struct limits limits;
    int64_t reported_ms;
};

/* False: memory ran out, or the system has no random numbers for us. */
bool callers_init(struct callers *callers, const struct callers_settings *settings) MUST_CHECK;

/* For those who come from now on. False: memory ran out, and all is as before. */
bool callers_change(struct callers *callers, const struct callers_settings *settings) MUST_CHECK;

/* A handshake that has its headers. A refusal is logged, though not each. */
struct handshake_refusal callers_knock(struct callers *callers, struct lws *wsi) MUST_CHECK;

/* It has become a viewer, and has its headers still. What is returned is for callers_leave. */
struct visitor *callers_enter(struct callers *callers, struct lws *wsi) MUST_CHECK;

void callers_leave(struct callers *callers, struct visitor *visitor);

void callers_free(struct callers *callers);

#endif
