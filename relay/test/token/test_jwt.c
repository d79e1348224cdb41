/* What a token is made of: the algorithm, the signature, and each letter of it. */
#include "auth_scene.h"

/* A token of another maker: Appendix A.1, with a typ and newlines. */
static void the_token_of_rfc_7515_opens(void **state)
{
    static const uint8_t secret[] = {
        3,   35,  53, 75,  43,  15, 165, 188, 131, 126, 6,   101, 119, 123, 166, 143,
        90,  179, 40, 230, 240, 84, 201, 40,  169, 15,  132, 178, 210, 80,  46,  191,
        211, 251, 90, 146, 210, 6,  71,  239, 150, 138, 180, 195, 119, 98,  61,  34,
        61,  46,  33, 114, 5,   46, 79,  8,   192, 205, 154, 245, 103, 208, 128, 163};
    static const char token[] =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    char error[KEY_ERROR_BYTES];
    const char *problem;
    struct keys keys;
    json_t *claims;

    (void)state;
    assert_true(keys_read(&keys, file_of(secret, sizeof(secret)), error));
    claims = jwt_open(&keys, token, strlen(token), &problem);
    assert_non_null(claims);
    assert_string_equal(json_string_value(json_object_get(claims, "iss")), "joe");
    json_decref(claims);
    keys_free(&keys);
}

static void the_algorithm_follows_from_the_key(void **state)
{
    char pem[4096];
    size_t length = pem_of(rsa, pem, sizeof(pem));

    (void)state;
    expect_evil(by_secret, sign_secret("{\"alg\":\"none\"}", GOOD), "alg");
    expect_evil(by_secret, sign_secret("{\"alg\":\"None\"}", GOOD), "alg");
    expect_evil(by_secret, sign_secret("{\"alg\":\"hs256\"}", GOOD), "alg");
    expect_evil(by_secret, sign_secret("{\"alg\":\"HS384\"}", GOOD), "alg");
    expect_evil(by_secret, sign_secret("{\"alg\":\"\"}", GOOD), "alg");
    expect_evil(by_secret, sign_secret("{\"alg\":[\"HS256\"]}", GOOD), "alg");
    expect_evil(by_secret, sign_secret("{}", GOOD), "alg");
    expect_evil(by_secret, sign(rsa, RS256, GOOD), "alg");
    expect_evil(by_rsa, sign(rsa, "{\"alg\":\"none\"}", GOOD), "alg");
    expect_evil(by_rsa, sign(rsa, "{\"alg\":\"PS256\"}", GOOD), "alg");
    expect_evil(by_rsa, sign(ec, RS256, GOOD), "not signed");
    expect_evil(by_ec, sign(rsa, ES256, GOOD), "not signed");
    /* The public key, which everybody has, as a secret. */
    expect_evil(by_rsa, sign_secret_bytes(pem, length, HS256, GOOD, strlen(GOOD)), "alg");
    expect_evil(by_rsa, sign_secret_bytes(pem, length - 1, HS256, GOOD, strlen(GOOD)), "alg");
    expect_evil(by_rsa, sign_secret_bytes(pem, length, RS256, GOOD, strlen(GOOD)), "not signed");
}

static void a_header_that_brings_its_own_key_brings_nothing(void **state)
{
    EVP_PKEY *other = EVP_EC_gen("P-256");

    (void)state;
    expect_evil(by_ec, sign(other, "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"}}", GOOD),
                "not signed");
    expect_evil(by_ec, sign(other, "{\"alg\":\"ES256\",\"jku\":\"http://127.0.0.1/\"}", GOOD),
                "not signed");
    expect_good(by_ec, sign(ec, "{\"alg\":\"ES256\",\"kid\":\"../../dev/null\"}", GOOD));
    expect_evil(by_ec, sign(ec, "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}", GOOD),
                "crit");
    EVP_PKEY_free(other);
}

/* Every token that is one letter away, or shorter, or longer. */
static void not_a_letter_may_change(void **state)
{
    char token[TOKEN_BYTES], changed[TOKEN_BYTES + 1];
    struct auth_fault fault;
    size_t length;

    (void)state;
    length = (size_t)snprintf(token, sizeof(token), "%s", sign_secret(HS256, GOOD));
    for (size_t i = 0; i < length; i++) {
        memcpy(changed, token, length + 1);
        changed[i] = token[i] == 'A' ? 'B' : 'A';
        assert_null(check(by_secret, changed, &fault));
        assert_null(auth_check(by_secret, token, i, NOW, &fault));
    }
    for (const char *more = "A.="; *more; more++) {
        snprintf(changed, sizeof(changed), "%s%c", token, *more);
        assert_null(check(by_secret, changed, &fault));
    }
    assert_null(auth_check(by_secret, token, length + 1, NOW, &fault)); /* with its NUL */
}

static void what_is_no_token_is_refused(void **state)
{
    static const char *const evil[] = {
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "e30.e30.",
        "e30.e30.e30",
        "e30=.e30=.e30=",
        "eyJhbGciOiJub25lIn0.eyJleHAiOjE4MDAwMDAwNjB9.",
        "eyJhbGciOiJIUzI1NiJ9..",
        "eyJhbGciOiJIUzI1NiJ9.e30",
        "Bearer eyJhbGciOiJIUzI1NiJ9.e30.e30",
        "'; DROP TABLE commentary.match; --",
        "\xff\xfe.\xc3\x28.\xed\xa0\x80",
        " eyJhbGciOiJIUzI1NiJ9.e30.e30",
        "eyJhbGciOiJIUzI1NiJ9\n.e30.e30",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++)
        expect_evil(by_secret, evil[i], "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_token_of_rfc_7515_opens),
        cmocka_unit_test(the_algorithm_follows_from_the_key),
        cmocka_unit_test(a_header_that_brings_its_own_key_brings_nothing),
        cmocka_unit_test(not_a_letter_may_change),
        cmocka_unit_test(what_is_no_token_is_refused),
    };

    return UNIT_RUN_WITH(tests, begin, end);
}
