/* An HTTP request: any path and query end in checked parameters or in an error to send back. */
#include "fuzz.h"
#include "http/content/etag.h"
#include "http/content/route.h"
#include "wire/listing.h"

/* A relay can pass the request on to another relay, which reads the same. */
static void check_listing(const struct listing_wish *wish)
{
    struct listing_wish same = *wish;
    struct buffer statuses = {0};

    fuzz_expect(wish->before >= 0 && wish->rows >= 1 && wish->rows <= LISTING_ROWS_MAX);
    fuzz_expect(memchr(wish->competition, '\0', sizeof(wish->competition)) != NULL);
    fuzz_expect(!*wish->competition ||
                listing_take_competition(&same, wish->competition, strlen(wish->competition)));
    listing_write_statuses(&statuses, wish);
    same.statuses = 0;
    fuzz_expect(!wish->statuses ||
                listing_take_statuses(&same, (const char *)statuses.bytes, statuses.length));
    fuzz_expect(listing_is_same(wish, &same) && listing_hash(wish) == listing_hash(&same));
    buffer_free(&statuses);
}

static void check_good(const struct route *route)
{
    if (route->resource == RESOURCE_MATCHES)
        check_listing(&route->listing);
    fuzz_expect(route->match_id >= 0 && route->since_seq >= 0);
    fuzz_expect(route->limit >= 1 && route->limit <= ROUTE_LIMIT_MAX);
    fuzz_expect(route->history >= 0 && route->history <= REQUEST_HISTORY_MAX);
    fuzz_expect(memchr(route->since_epoch, '\0', sizeof(route->since_epoch)) != NULL);
}

/* Path, query and If-None-Match, a line each. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = fuzz_text(data, size), *query, *list;
    struct route route;

    query = path + strcspn(path, "\n");
    query += *query == '\n' ? (*query = '\0', 1) : 0;
    list = query + strcspn(query, "\n");
    list += *list == '\n' ? (*list = '\0', 1) : 0;
    if (route_parse(&route, path, query))
        check_good(&route);
    else
        fuzz_expect(route.status >= 400 && route.error_code && route.error_message);
    if (etag_matches(list, "W/\"9f3c.41\""))
        fuzz_expect(strcmp(list, "*") == 0 || strstr(list, "\"9f3c.41\""));
    free(path);
    return 0;
}
