/* Headers of HTTP that we read ourselves: any value ends in what it says or in that it says
 * nothing. */
#include <strings.h>

#include "fuzz.h"
#include "http/content/etag.h"
#include "http/content/route.h"
#include "http/content/route_values.h"
#include "net/origin.h"
#include "token/auth.h"

#define LINES 5
#define LISTED "https://example.org"

/* Cuts the text into lines; those that it has not are empty. */
static void cut(char *text, char *lines[LINES])
{
    for (int i = 0; i < LINES; i++) {
        lines[i] = text;
        text += strcspn(text, "\n");
        if (*text == '\n')
            *text++ = '\0';
    }
}

static void check_authorization(const char *value)
{
    const char *token;
    size_t length;

    if (!auth_find_bearer(value, &token, &length))
        return;
    fuzz_expect(strncasecmp(value, "bearer ", 7) == 0 && token >= value + 7);
    fuzz_expect(length > 0 && token + length == value + strlen(value) && !strchr(token, ' '));
}

static void check_origin(const char *origin, const char *host)
{
    fuzz_expect(origin_is_allowed("", origin, host));
    if (origin_is_allowed(LISTED, origin, ""))
        fuzz_expect(strcasecmp(origin, LISTED) == 0 || strcasecmp(origin, LISTED ":443") == 0);
    /* What is allowed is echoed in a header. */
    if (origin_is_allowed(LISTED, origin, host))
        for (; *origin; origin++)
            fuzz_expect(*origin > ' ' && *origin != ',');
}

static void check_last_event_id(const char *id)
{
    struct route route = {0};

    route_take_last_id(&route, id, strlen(id));
    if (!route.has_since) {
        fuzz_expect(!*route.since_epoch && route.since_seq == 0);
        return;
    }
    fuzz_expect(route.since_seq >= 0);
    fuzz_expect(strlen(route.since_epoch) >= 1 && strlen(route.since_epoch) <= REQUEST_EPOCH_MAX);
    fuzz_expect(strncmp(id, route.since_epoch, strlen(route.since_epoch)) == 0);
}

/* Authorization, Origin, Host, If-None-Match and Last-Event-ID, a line each. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *lines[LINES];

    cut(text, lines);
    check_authorization(lines[0]);
    check_origin(lines[1], lines[2]);
    if (etag_matches(lines[3], "W/\"9f3c.41\""))
        fuzz_expect(strcmp(lines[3], "*") == 0 || strstr(lines[3], "\"9f3c.41\""));
    check_last_event_id(lines[4]);
    free(text);
    return 0;
}
