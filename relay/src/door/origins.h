/* Whether the page that a browser asks for may have the answer: see net/origin.h. */
#ifndef ORIGINS_H
#define ORIGINS_H

#include <stdbool.h>

#include "base/attr.h"

struct head;

/* Whether the request comes from no page, or from one of these origins. */
bool origins_allow(const char *origins, const struct head *head) MUST_CHECK;

#endif
