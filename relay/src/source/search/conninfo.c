/* The connection string and what we add to it. */
#include "source/search/conninfo.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 5000
#define SECOND_MS 1000
#define LISTS 3

struct setting {
    const char *keyword;
    const char *value;
};

/*
 * Used when neither the string nor the environment sets them. When sent data is not acknowledged
 * for tcp_user_timeout, the connection is lost.
 */
static const struct setting fallbacks[] = {
    {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "4000"},
    {"fallback_application_name", "commentary-relay"},
};

#define FALLBACK_COUNT (sizeof(fallbacks) / sizeof(fallbacks[0]))

/* The parameters that libpq gets; a later one overrides an earlier one of the same name. */
struct params {
    size_t count;
    const char *keywords[FALLBACK_COUNT + LISTS + 4]; /* the last is NULL */
    const char *values[FALLBACK_COUNT + LISTS + 4];
};

/* ---- what is said ---- */

/* In the string, or else in the environment; NULL: nothing. */
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

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options && options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val && *options->val ? options->val : NULL;
    return NULL;
}

/*
 * libpq puts string, environment and service file together when it begins to connect. A
 * value that it refuses keeps it from going on to do so.
 */
#define PARSE_ONLY "parse only"

static PGconn *parse(const char *text)
{
    static const char *const keywords[] = {"dbname", "sslmode", NULL};
    const char *const values[] = {text, PARSE_ONLY, NULL};

    return PQconnectStartParams(keywords, values, 1);
}

static PQconninfoOption *all_said(const char *text)
{
    PGconn *conn = parse(text);
    PQconninfoOption *options = conn ? PQconninfo(conn) : NULL;

    PQfinish(conn);
    return options;
}

/* ---- the lists ---- */

static size_t elements(const char *list)
{
    size_t count = list ? 1 : 0;

    for (; list && *list; list++)
        count += *list == ',';
    return count;
}

/* A list of one element applies to all hosts. False: its length does not fit. */
static bool copy_element(char *out, size_t size, const char *list, size_t number)
{
    size_t length;

    out[0] = '\0';
    if (!list)
        return true;
    for (number = elements(list) > 1 ? number : 0; number > 0; number--)
        list = strchr(list, ',') + 1;
    length = strcspn(list, ",");
    if (length >= size)
        return false;
    memcpy(out, list, length);
    out[length] = '\0';
    return true;
}

static size_t count_hosts(const PQconninfoOption *options)
{
    size_t hosts = elements(value_of(options, "host"));
    size_t addresses = elements(value_of(options, "hostaddr"));

    if (hosts < addresses)
        hosts = addresses;
    return hosts > 0 ? hosts : 1;
}

/* What is wrong with an element, or NULL. */
static const char *take_element(const PQconninfoOption *options, size_t number,
                                struct conninfo_host *host)
{
    const char *port = value_of(options, "port");

    if (!copy_element(host->host, sizeof(host->host), value_of(options, "host"), number) ||
        !copy_element(host->hostaddr, sizeof(host->hostaddr), value_of(options, "hostaddr"),
                      number) ||
        !copy_element(host->port, sizeof(host->port), port, number))
        return "a host, an address or a port is too long";
    if (!*host->host && !*host->hostaddr && count_hosts(options) > 1)
        return "one of several hosts is empty: write its name, or the folder of its socket";
    if (!*host->port && elements(port) > 1)
        return "one of several ports is empty: write its number";
    return NULL;
}

size_t conninfo_hosts(const char *text, struct conninfo_host hosts[CONNINFO_HOSTS_MAX])
{
    PQconninfoOption *options = all_said(text);
    size_t count = count_hosts(options);

    if (count > CONNINFO_HOSTS_MAX)
        count = CONNINFO_HOSTS_MAX; /* conninfo_check() refuses it */
    for (size_t i = 0; i < count; i++) {
        hosts[i] = (struct conninfo_host){"", "", ""};
        (void)take_element(options, i, &hosts[i]);
    }
    PQconninfoFree(options);
    return count;
}

bool conninfo_host_is_name(const struct conninfo_host *host)
{
    struct in6_addr address;

    return *host->host && !*host->hostaddr && *host->host != '/' && *host->host != '@' &&
           inet_pton(AF_INET, host->host, &address) != 1 &&
           inet_pton(AF_INET6, host->host, &address) != 1;
}

/* libpq has no address for a socket in a folder. */
void conninfo_host_of(const PGconn *conn, struct conninfo_host *host)
{
    const char *hostaddr = PQhostaddr(conn);

    snprintf(host->host, sizeof(host->host), "%s", PQhost(conn));
    snprintf(host->hostaddr, sizeof(host->hostaddr), "%s", hostaddr ? hostaddr : "");
    snprintf(host->port, sizeof(host->port), "%s", PQport(conn));
}

/* ---- connecting ---- */

static void add(struct params *params, const char *keyword, const char *value)
{
    params->keywords[params->count] = keyword;
    params->values[params->count++] = value;
}

static void add_fallbacks(struct params *params, const PQconninfoOption *options)
{
    for (size_t i = 0; i < FALLBACK_COUNT; i++)
        if (!said(options, fallbacks[i].keyword))
            add(params, fallbacks[i].keyword, fallbacks[i].value);
}

/* Replaces the lists of the string: these are the only host, address and port. */
static void add_host(struct params *params, const struct conninfo_host *host)
{
    if (*host->host || *host->hostaddr)
        add(params, "host", *host->host ? host->host : host->hostaddr);
    if (*host->hostaddr)
        add(params, "hostaddr", host->hostaddr);
    if (*host->port)
        add(params, "port", host->port);
}

PGconn *conninfo_connect(const char *text, const struct conninfo_host *host)
{
    PQconninfoOption *options = PQconninfoParse(text, NULL);
    struct params params = {0};
    PGconn *conn;

    if (!options)
        return NULL;
    add_fallbacks(&params, options);
    add(&params, "dbname", text);
    add(&params, "client_encoding", "UTF8");
    add(&params, "target_session_attrs", "any"); /* the search asks what the session is */
    add_host(&params, host);
    conn = PQconnectStartParams(params.keywords, params.values, 1);
    PQconninfoFree(options);
    return conn;
}

/* ---- what else it says ---- */

static bool says(const char *text, const char *keyword, const char *value)
{
    PQconninfoOption *options = all_said(text);
    const char *is = value_of(options, keyword);
    bool is_equal = is && strcmp(is, value) == 0;

    PQconninfoFree(options);
    return is_equal;
}

bool conninfo_needs_read_write(const char *text)
{
    return says(text, "target_session_attrs", "read-write");
}

bool conninfo_wants_primary(const char *text)
{
    return conninfo_needs_read_write(text) || says(text, "target_session_attrs", "primary");
}

bool conninfo_is_shuffled(const char *text)
{
    return says(text, "load_balance_hosts", "random");
}

int64_t conninfo_patience_ms(const char *text)
{
    PQconninfoOption *options = all_said(text);
    const char *seconds = value_of(options, "connect_timeout");
    long value = seconds ? strtol(seconds, NULL, 10) : 0;

    PQconninfoFree(options);
    return value > 0 && value <= 3600 ? value * SECOND_MS : PATIENCE_MS;
}

/* ---- checking ---- */

/* libpq's own complaint, of what comes before it refuses to go on; or ours; or NULL. */
static const char *wrong_with(const PGconn *conn, const PQconninfoOption *options)
{
    struct conninfo_host host;

    if (!strstr(PQerrorMessage(conn), PARSE_ONLY))
        return PQerrorMessage(conn);
    if (count_hosts(options) > CONNINFO_HOSTS_MAX)
        return "too many hosts: at most 32";
    for (size_t i = 0; i < count_hosts(options); i++)
        if (take_element(options, i, &host))
            return take_element(options, i, &host);
    return NULL;
}

static char *line_of(const char *text)
{
    return strndup(text, strcspn(text, "\n"));
}

/* What libpq says of a string that it cannot read repeats a part of it, maybe a password. */
char *conninfo_check(const char *text)
{
    PQconninfoOption *options = PQconninfoParse(text, NULL), *all;
    const char *wrong;
    char *copy;
    PGconn *conn;

    if (!options)
        return strdup("not a connection string or URI of libpq; write host=... dbname=..., and "
                      "quotes around a value with blanks");
    conn = parse(text);
    all = all_said(text);
    wrong = conn && all ? wrong_with(conn, all) : "out of memory";
    copy = wrong ? line_of(wrong) : NULL;
    PQfinish(conn);
    PQconninfoFree(all);
    PQconninfoFree(options);
    return copy;
}
