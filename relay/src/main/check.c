/* What can be wrong with options that have been read. */
#include "main/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "door/port.h"
#include "main/privileges.h"
#include "net/certificate.h"
#include "net/network.h"
#include "net/origin.h"
#include "net/url.h"
#include "source/search/conninfo.h"
#include "token/auth.h"

static bool address_is_right(const char *option, const char *address, char *error)
{
    if (port_of_address(address) >= 0)
        return true;
    snprintf(error, CHECK_ERROR_BYTES,
             "%s: \"%.100s\" is not an address; write ADDR:PORT with a port from 0 to %d", option,
             address, PORT_MAX);
    return false;
}

/* Each worker has one, on the port after that of the worker before. */
static bool metrics_address_is_right(const struct config *config, char *error)
{
    const char *address = config->metrics_listen;

    if (!*address)
        return true;
    if (!address_is_right("--metrics-listen", address, error))
        return false;
    if (port_of_address(address) == 0 || port_of_address(address) + config->workers - 1 <= PORT_MAX)
        return true;
    snprintf(error, CHECK_ERROR_BYTES,
             "--metrics-listen: there are no ports for %" PRId64 " workers from this one on",
             config->workers);
    return false;
}

static bool database_is_right(const struct config *config, char *error)
{
    char *wrong = conninfo_check(config->database);

    if (!wrong)
        return true;
    snprintf(error, CHECK_ERROR_BYTES, "--database: %s", wrong);
    free(wrong);
    return false;
}

static bool origins_are_right(const char *option, const char *list, char *error)
{
    size_t length;
    const char *wrong = origin_find_wrong(list, &length);

    if (wrong)
        snprintf(error, CHECK_ERROR_BYTES,
                 "%s: \"%.*s\" is not an origin; write scheme://host or scheme://host:port", option,
                 (int)length, wrong);
    return !wrong;
}

static bool networks_are_right(const char *option, const char *list, char *error)
{
    size_t length;
    const char *wrong = networks_find_wrong(list, &length);

    if (wrong)
        snprintf(error, CHECK_ERROR_BYTES,
                 "%s: \"%.*s\" is not a network; write 192.0.2.1, 10.0.0.0/8 or "
                 "2001:db8::/32, with no bit set behind the length",
                 option, (int)length, wrong);
    return !wrong;
}

static bool urls_are_right(const struct config *config, char *error)
{
    size_t length;
    const char *wrong = url_find_wrong(config->upstream, &length);

    if (wrong)
        snprintf(error, CHECK_ERROR_BYTES,
                 "--upstream: \"%.*s\" is not the address of a relay; write ws://HOST:PORT or "
                 "wss://HOST",
                 (int)length, wrong);
    return !wrong;
}

static bool file_is_there(const char *option, const char *path, char *error)
{
    if (!*path || access(path, R_OK) == 0)
        return true;
    snprintf(error, CHECK_ERROR_BYTES, "%s: cannot read %.200s: %s", option, path, strerror(errno));
    return false;
}

/* The password of a database that is not used should not be lying about. */
static bool upstream_is_alone(const struct config *config, char *error)
{
    if (!*config->upstream || !*config->database)
        return true;
    snprintf(error, CHECK_ERROR_BYTES,
             "--upstream and --database exclude each other: a relay has one source");
    return false;
}

static bool upstream_is_right(const struct config *config, char *error)
{
    return urls_are_right(config, error) && upstream_is_alone(config, error) &&
           file_is_there("--upstream-ca", config->upstream_ca, error) &&
           file_is_there("--upstream-token", config->upstream_token, error);
}

static bool user_is_right(const struct config *config, char *error)
{
    char wrong[PRIVILEGES_ERROR_BYTES];
    struct identity identity;

    if (!*config->user || privileges_find(config->user, &identity, wrong))
        return true;
    snprintf(error, CHECK_ERROR_BYTES, "--user: %s", wrong);
    return false;
}

static bool tls_is_whole(const struct config *config, char *error)
{
    if (!*config->tls_cert == !*config->tls_key)
        return true;
    snprintf(error, CHECK_ERROR_BYTES, "--tls-cert and --tls-key belong together: %s",
             *config->tls_cert ? "where is the key?" : "where is the certificate?");
    return false;
}

static bool tokens_have_key(const struct config *config, char *error)
{
    if (*config->token_key || (!*config->token_audience && !*config->token_issuer))
        return true;
    snprintf(error, CHECK_ERROR_BYTES, "--token-audience and --token-issuer need --token-key");
    return false;
}

bool check_config(const struct config *config, char error[CHECK_ERROR_BYTES])
{
    return address_is_right("--listen", config->listen, error) &&
           metrics_address_is_right(config, error) && database_is_right(config, error) &&
           origins_are_right("--origins", config->origins, error) &&
           origins_are_right("--images", config->images, error) &&
           networks_are_right("--trusted-proxies", config->trusted_proxies, error) &&
           networks_are_right("--edges", config->edges, error) &&
           upstream_is_right(config, error) && user_is_right(config, error) &&
           tls_is_whole(config, error) && tokens_have_key(config, error);
}

bool check_certificate(const struct config *config, struct certificate **certificate,
                       char error[CHECK_ERROR_BYTES])
{
    char wrong[CERTIFICATE_ERROR_BYTES];

    *certificate = NULL;
    if (!*config->tls_cert)
        return true;
    *certificate = certificate_load(config->tls_cert, config->tls_key, wrong);
    if (!*certificate)
        snprintf(error, CHECK_ERROR_BYTES, "--tls-cert and --tls-key: %s", wrong);
    return *certificate != NULL;
}

bool check_tokens(const struct config *config, struct auth **auth, char error[CHECK_ERROR_BYTES])
{
    const struct auth_settings settings = {.key_file = config->token_key,
                                           .audience = config->token_audience,
                                           .issuer = config->token_issuer};
    char wrong[KEY_ERROR_BYTES];

    *auth = NULL;
    if (!*config->token_key)
        return true;
    *auth = auth_new(&settings, wrong);
    if (!*auth)
        snprintf(error, CHECK_ERROR_BYTES, "--token-key: %s", wrong);
    return *auth != NULL;
}
