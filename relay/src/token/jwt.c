/*
 * Opening a token.
 *
 *     token = part "." part "." part     header, claims, signature
 *     part  = base64url, without padding; bits that are left over are 0
 *
 * Header and claims are JSON objects in which no member is repeated. The header's
 * alg must be that of a key; it may have no crit, for nothing that would stand
 * there is known. All else in it is ignored: no key is taken from there.
 *
 * Not a token: "", "a.b", "a.b.c.d", "e30=.e30.", {"alg":"none"}, {"alg":["HS256"]}
 */
#include "token/jwt.h"

#include <string.h>

#include "base/json.h"
#include "wire/protocol.h"

#define DECODED_MAX (TOKEN_BYTES_MAX / 4 * 3)

struct part {
    const char *text;
    size_t length;
};

enum { HEADER, CLAIMS, SIGNATURE, PARTS };

static int value_of(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    return letter == '-' ? 62 : letter == '_' ? 63 : -1;
}

/* False: it is not base64url, or not the only way to write these bytes. */
static bool decode(const struct part *part, uint8_t bytes[DECODED_MAX], size_t *length)
{
    uint32_t bits = 0;
    int count = 0;

    *length = 0;
    for (size_t i = 0; i < part->length; i++) {
        int value = value_of(part->text[i]);

        if (value < 0)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xffff;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        bytes[(*length)++] = (uint8_t)(bits >> count);
    }
    return count < 6 && (bits & ((1u << count) - 1)) == 0;
}

static bool split(struct part parts[PARTS], const char *token, size_t length)
{
    for (int i = 0; i < PARTS; i++) {
        const char *dot = memchr(token, '.', length);

        if ((dot != NULL) != (i < SIGNATURE))
            return false;
        parts[i] = (struct part){token, dot ? (size_t)(dot - token) : length};
        token += parts[i].length + 1;
        length -= parts[i].length + (dot != NULL);
    }
    return true;
}

/* NULL: it is not an object. */
static json_t *load_object(const struct part *part)
{
    uint8_t bytes[DECODED_MAX];
    size_t length;
    json_t *json;

    if (!decode(part, bytes, &length))
        return NULL;
    json = json_read((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

static const char *check_signature(const struct keys *keys, const struct part parts[PARTS],
                                   const json_t *header)
{
    const char *algorithm = json_string_value(json_object_get(header, "alg"));
    uint8_t signature[DECODED_MAX];
    size_t length, signed_length = parts[HEADER].length + 1 + parts[CLAIMS].length;

    if (json_object_get(header, "crit"))
        return "the token's header has crit, of which nothing is known here";
    if (!algorithm)
        return "the token's header has no alg";
    if (!decode(&parts[SIGNATURE], signature, &length))
        return "the token's signature is not base64url";
    switch (keys_verify(keys, algorithm, parts[HEADER].text, signed_length, signature, length)) {
    case KEY_SIGNED:
        return NULL;
    case KEY_OTHER_ALGORITHM:
        return "the token's alg is not that of a key here";
    default:
        return "the token is not signed by a key that is known here";
    }
}

json_t *jwt_open(const struct keys *keys, const char *token, size_t length, const char **problem)
{
    struct part parts[PARTS];
    json_t *header, *claims;

    *problem = "a token is three parts of base64url with dots between them, of 3072 bytes at most";
    if (length > TOKEN_BYTES_MAX || !split(parts, token, length))
        return NULL;
    *problem = "the token's header is not a JSON object in base64url";
    header = load_object(&parts[HEADER]);
    if (!header)
        return NULL;
    *problem = check_signature(keys, parts, header);
    json_decref(header);
    if (*problem)
        return NULL;
    claims = load_object(&parts[CLAIMS]);
    if (!claims)
        *problem = "the token's claims are not a JSON object in base64url";
    return claims;
}
