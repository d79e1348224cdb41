/* Which tokens are good, and what of. */
#include "token/auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The end of the year 9999. An exp in milliseconds is beyond it, and would be as good as none. */
#define TIME_MAX_S INT64_C(253402300799)

struct auth {
    struct auth_settings settings;
    struct keys keys;
};

struct auth *auth_new(const struct auth_settings *settings, char error[KEY_ERROR_BYTES])
{
    struct auth *auth = calloc(1, sizeof(*auth));

    if (!auth) {
        memcpy(error, "out of memory", sizeof("out of memory"));
        return NULL;
    }
    auth->settings = *settings;
    if (auth_reload(auth, error))
        return auth;
    auth_free(auth);
    return NULL;
}

bool auth_reload(struct auth *auth, char error[KEY_ERROR_BYTES])
{
    struct keys keys;

    if (!keys_read(&keys, auth->settings.key_file, error))
        return false;
    keys_free(&auth->keys);
    auth->keys = keys;
    return true;
}

void auth_free(struct auth *auth)
{
    if (!auth)
        return;
    keys_free(&auth->keys);
    free(auth);
}

/* ---- claims ---- */

/* A claim in seconds since 1970, of which a fraction does not count. False: it is no such number.
 */
static bool read_time(const json_t *claim, int64_t *time_s)
{
    double number = json_number_value(claim); /* 0 for what is no number */

    if (!json_is_number(claim) || !(number >= 0 && number <= (double)TIME_MAX_S))
        return false;
    *time_s = (int64_t)number;
    return true;
}

static const char *check_times(const json_t *claims, int64_t now_s, int64_t *expires_s)
{
    const json_t *not_before = json_object_get(claims, "nbf");
    int64_t begins_s = 0;

    if (!read_time(json_object_get(claims, "exp"), expires_s))
        return "the token must have an exp, in seconds since 1970";
    if (not_before && !read_time(not_before, &begins_s))
        return "the token's nbf must be in seconds since 1970";
    if (begins_s - AUTH_LEEWAY_S > now_s)
        return "the token is not valid yet";
    return NULL;
}

static bool is_text(const json_t *json, const char *text)
{
    return json_is_string(json) && strcmp(json_string_value(json), text) == 0;
}

/* One text, or an array of them. */
static bool names(const json_t *claim, const char *text)
{
    for (size_t i = 0; i < json_array_size(claim); i++)
        if (is_text(json_array_get(claim, i), text))
            return true;
    return is_text(claim, text);
}

static const char *check_parties(const struct auth_settings *settings, const json_t *claims)
{
    if (*settings->issuer && !is_text(json_object_get(claims, "iss"), settings->issuer))
        return "the token is of another issuer";
    if (*settings->audience && !names(json_object_get(claims, "aud"), settings->audience))
        return "the token is for another audience";
    return NULL;
}

static struct grant *read_claims(const struct auth *auth, const json_t *claims, int64_t now_s,
                                 struct auth_fault *fault)
{
    struct grant *grant;
    int64_t expires_s;

    fault->message = check_times(claims, now_s, &expires_s);
    if (!fault->message)
        fault->message = check_parties(&auth->settings, claims);
    if (fault->message)
        return NULL;
    grant = grant_new(json_object_get(claims, "matches"), &fault->message);
    if (!grant)
        return NULL;
    grant->expires_s = expires_s;
    grant->is_for_edge = json_is_true(json_object_get(claims, "edge"));
    if (expires_s + AUTH_LEEWAY_S > now_s)
        return grant;
    *fault = (struct auth_fault){"the token has expired", true};
    grant_free(grant);
    return NULL;
}

struct grant *auth_check(const struct auth *auth, const char *token, size_t length, int64_t now_s,
                         struct auth_fault *fault)
{
    struct grant *grant;
    json_t *claims;

    *fault = (struct auth_fault){0};
    claims = jwt_open(&auth->keys, token, length, &fault->message);
    if (!claims)
        return NULL;
    grant = read_claims(auth, claims, now_s, fault);
    json_decref(claims);
    return grant;
}

bool auth_find_bearer(const char *header, const char **token, size_t *length)
{
    static const char scheme[] = "Bearer ";

    if (strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
        return false;
    *token = header + strspn(header + sizeof(scheme) - 1, " ") + sizeof(scheme) - 1;
    *length = strcspn(*token, " ");
    return *length > 0 && (*token)[*length] == '\0';
}
