/* What can be wrong with options that have been read. */
#include "main/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "main/privileges.h"
#include "net/certificate.h"
#include "net/network.h"
#include "net/origin.h"
#include "source/search/conninfo.h"
#include "token/auth.h"

static bool database_is_right(const struct config *config, char *error)
{
    char *wrong = conninfo_check(config->database);

    if (!wrong)
        return true;
    snprintf(error, CHECK_ERROR_BYTES, "--database: %s", wrong);
    free(wrong);
    return false;
}

static bool origins_are_right(const struct config *config, char *error)
{
    size_t length;
    const char *wrong = origin_find_wrong(config->origins, &length);

    if (wrong)
        snprintf(error, CHECK_ERROR_BYTES,
                 "--origins: \"%.*s\" is not an origin; write scheme://host or scheme://host:port",
                 (int)length, wrong);
    return !wrong;
}

static bool proxies_are_right(const struct config *config, char *error)
{
    size_t length;
    const char *wrong = networks_find_wrong(config->trusted_proxies, &length);

    if (wrong)
        snprintf(error, CHECK_ERROR_BYTES,
                 "--trusted-proxies: \"%.*s\" is not a network; write 192.0.2.1, 10.0.0.0/8 or "
                 "2001:db8::/32, with no bit set behind the length",
                 (int)length, wrong);
    return !wrong;
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
    return database_is_right(config, error) && origins_are_right(config, error) &&
           proxies_are_right(config, error) && user_is_right(config, error) &&
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
