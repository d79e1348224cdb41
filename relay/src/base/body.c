/* A shared body. */
#include "base/body.h"

#include <stdlib.h>
#include <string.h>

static size_t total;

struct body *body_new(const void *bytes, size_t length)
{
    struct body *body = malloc(sizeof(*body) + length);

    if (!body)
        return NULL;
    body->users = 1;
    body->length = length;
    body->packed = NULL;
    total += length;
    if (length > 0)
        memcpy(body->bytes, bytes, length);
    return body;
}

struct body *body_use(struct body *body)
{
    body->users++;
    return body;
}

void body_release(struct body *body)
{
    if (!body || --body->users > 0)
        return;
    total -= body->length;
    body_release(body->packed);
    free(body);
}

size_t body_total(void)
{
    return total;
}

void body_count(size_t before, size_t now)
{
    total += now - before;
}
