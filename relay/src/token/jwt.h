/*
 * JSON Web Tokens (RFC 7519) in their only form here: signed, compact (RFC 7515).
 *
 * Tokens come from the open internet. Only the header of a token is looked at before its
 * signature has been checked.
 */
#ifndef JWT_H
#define JWT_H

#include <jansson.h>
#include <stddef.h>

#include "base/attr.h"
#include "token/key.h"

/*
 * The claims of a token that one of the keys has signed: an object, which the caller owns.
 * NULL: the token is bad, and *problem says why.
 */
json_t *jwt_open(const struct keys *keys, const char *token, size_t length,
                 const char **problem) MUST_CHECK;

#endif
