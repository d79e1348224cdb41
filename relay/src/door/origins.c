/* Origins of requests. */
#include "door/origins.h"

#include "door/head.h"
#include "net/origin.h"

/* Only browsers send an Origin, and each request of theirs has one. */
bool origins_allow(const char *origins, const struct head *head)
{
    unsigned count = head_count(head, "origin");

    if (!*origins || count == 0)
        return true;
    return count == 1 && origin_is_allowed(origins, head_field(head, "origin"), head->host);
}
