/* The connection string and what we add to it. */
#include "source/conninfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 5000
#define SECOND_MS 1000

struct setting {
    const char *keyword;
    const char *value;
};

/*
 * Where neither the string nor the environment says something. What is sent and not
 * acknowledged for tcp_user_timeout is lost, and so is a host that does not answer
 * our first packet: libpq goes on to its next address, before our patience ends.
 */
static const struct setting fallbacks[] = {
    {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "4000"},
    {"fallback_application_name", "commentary-relay"},
};

/* Only a primary is LISTENed to, so that libpq passes over standbys. */
static const struct setting with_several_hosts = {"target_session_attrs", "read-write"};

/* Lists that belong together, an element for each host. */
static const char *const lists[] = {"host", "hostaddr", "port"};

#define FALLBACK_COUNT (sizeof(fallbacks) / sizeof(fallbacks[0]))
#define LIST_COUNT (sizeof(lists) / sizeof(lists[0]))

/* All that we say to libpq; later ones win over earlier ones. */
struct params {
    size_t count;
    const char *keywords[FALLBACK_COUNT + LIST_COUNT + 4]; /* the last is NULL */
    const char *values[FALLBACK_COUNT + LIST_COUNT + 4];
    char *owned[LIST_COUNT];
};

/* What is said in the string, or else in the environment; NULL: nothing. */
static const char *said(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++) {
        if (strcmp(options->keyword, keyword) != 0)
            continue;
        if (options->val && *options->val)
            return options->val;
        return options->envvar ? getenv(options->envvar) : NULL;
    }
    return NULL;
}

static unsigned elements(const char *list)
{
    unsigned count = 1;

    for (; list && *list; list++)
        count += *list == ',';
    return count;
}

/* The list, begun with the element of that number. NULL: out of memory. */
static char *rotate(const char *list, unsigned first)
{
    const char *from = list;
    size_t length = strlen(list);
    char *rotated = malloc(length + 1);

    if (!rotated)
        return NULL;
    for (first %= elements(list); first > 0; first--)
        from = strchr(from, ',') + 1;
    if (from == list)
        memcpy(rotated, list, length + 1);
    else
        snprintf(rotated, length + 1, "%s,%.*s", from, (int)(from - list) - 1, list);
    return rotated;
}

static void add(struct params *params, const char *keyword, const char *value)
{
    params->keywords[params->count] = keyword;
    params->values[params->count++] = value;
}

static void add_unless_said(struct params *params, const PQconninfoOption *options,
                            const struct setting *setting)
{
    if (!said(options, setting->keyword))
        add(params, setting->keyword, setting->value);
}

static unsigned hosts_of(const PQconninfoOption *options)
{
    unsigned hosts = elements(said(options, "host"));
    unsigned addresses = elements(said(options, "hostaddr"));

    return hosts > addresses ? hosts : addresses;
}

static bool add_hosts(struct params *params, const PQconninfoOption *options, unsigned first_host)
{
    for (size_t i = 0; i < LIST_COUNT; i++) {
        const char *list = said(options, lists[i]);

        if (!list)
            continue;
        params->owned[i] = rotate(list, first_host);
        if (!params->owned[i])
            return false;
        add(params, lists[i], params->owned[i]);
    }
    return true;
}

PGconn *conninfo_connect(const char *text, unsigned first_host)
{
    PQconninfoOption *options = PQconninfoParse(text, NULL);
    struct params params = {0};
    PGconn *conn = NULL;

    if (!options)
        return NULL;
    for (size_t i = 0; i < FALLBACK_COUNT; i++)
        add_unless_said(&params, options, &fallbacks[i]);
    if (hosts_of(options) > 1)
        add_unless_said(&params, options, &with_several_hosts);
    add(&params, "dbname", text);
    add(&params, "client_encoding", "UTF8");
    if (add_hosts(&params, options, first_host))
        conn = PQconnectStartParams(params.keywords, params.values, 1);
    for (size_t i = 0; i < LIST_COUNT; i++)
        free(params.owned[i]);
    PQconninfoFree(options);
    return conn;
}

unsigned conninfo_hosts(const char *text)
{
    PQconninfoOption *options = PQconninfoParse(text, NULL);
    unsigned hosts = options ? hosts_of(options) : 1;

    PQconninfoFree(options);
    return hosts;
}

int64_t conninfo_patience_ms(const char *text)
{
    PQconninfoOption *options = PQconninfoParse(text, NULL);
    const char *seconds = options ? said(options, "connect_timeout") : NULL;
    long value = seconds ? strtol(seconds, NULL, 10) : 0;

    PQconninfoFree(options);
    return value > 0 && value <= 3600 ? value * SECOND_MS : PATIENCE_MS;
}

char *conninfo_check(const char *text)
{
    char *error = NULL, *copy;
    PQconninfoOption *options = PQconninfoParse(text, &error);

    PQconninfoFree(options);
    if (options)
        return NULL;
    copy = strdup(error ? error : "out of memory");
    PQfreemem(error);
    return copy;
}
