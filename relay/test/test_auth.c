/* Tokens: which are good and for what, and every kind of evil one. */
#include "unit.h"

#include "auth.h"
#include "token_maker.h"

#define NOW 1800000000
#define SOON "1800000060"
#define GOOD "{\"exp\":" SOON ",\"matches\":[7,9,\"lobby\"]}"

static EVP_PKEY *rsa, *ec;
static struct auth *by_secret, *by_rsa, *by_ec, *by_all;

static struct auth *auth_of(const char *bytes)
{
    const struct auth_settings settings = {file_of(bytes, strlen(bytes)), "", ""};
    char error[KEY_ERROR_BYTES] = "";
    struct auth *auth = auth_new(&settings, error);

    if (!auth)
        fail_msg("%s", error);
    return auth;
}

static int begin(void **state)
{
    char pem[8192];
    size_t length;

    (void)state;
    rsa = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    if (!rsa || !ec)
        return -1;
    by_secret = auth_of(SECRET "\n");
    length = pem_of(rsa, pem, sizeof(pem));
    by_rsa = auth_of(pem);
    pem_of(ec, pem + length, sizeof(pem) - length);
    by_ec = auth_of(pem + length);
    by_all = auth_of(pem);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(file_of("", 0));
    auth_free(by_secret);
    auth_free(by_rsa);
    auth_free(by_ec);
    auth_free(by_all);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    return 0;
}

static struct grant *check(const struct auth *auth, const char *token, struct auth_fault *fault)
{
    return auth_check(auth, token, strlen(token), NOW, fault);
}

static void expect_good(const struct auth *auth, const char *token)
{
    struct auth_fault fault;
    struct grant *grant = check(auth, token, &fault);

    if (!grant) {
        fail_msg("%s: %s", fault.message, token);
        return; /* which clang-tidy does not see */
    }
    assert_int_equal(grant->expires_s, NOW + 60);
    assert_true(grant_covers(grant, 7));
    assert_true(grant_covers(grant, 9));
    assert_true(grant_covers(grant, 0));
    assert_false(grant_covers(grant, 8));
    grant_free(grant);
}

/* And the part of what is said of it. */
static void expect_evil(const struct auth *auth, const char *token, const char *part)
{
    struct auth_fault fault;
    struct grant *grant = check(auth, token, &fault);

    if (grant)
        fail_msg("accepted: %s", token);
    assert_non_null(fault.message);
    if (!strstr(fault.message, part))
        fail_msg("\"%s\", not \"%s\": %s", fault.message, part, token);
}

static void expect_evil_claims(const char *claims, const char *part)
{
    expect_evil(by_secret, sign_secret(HS256, claims), part);
}

static void a_token_of_each_algorithm_is_good(void **state)
{
    (void)state;
    expect_good(by_secret, sign_secret(HS256, GOOD));
    expect_good(by_rsa, sign(rsa, RS256, GOOD));
    expect_good(by_ec, sign(ec, ES256, GOOD));
}

static void each_key_of_a_file_counts(void **state)
{
    (void)state;
    expect_good(by_all, sign(rsa, RS256, GOOD));
    expect_good(by_all, sign(ec, ES256, GOOD));
    expect_evil(by_all, sign_secret(HS256, GOOD), "alg");
}

/* As somebody else made it: Appendix A.1, with a typ and newlines. */
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

/* Signed by a right key, which then is in the wrong hands or in clumsy ones. */
static void odd_claims_are_refused(void **state)
{
    static const char nul[] = "{\"exp\":" SOON ",\"matches\":\"*\"}\0";

    (void)state;
    expect_evil_claims("", "not a JSON object");
    expect_evil_claims("[]", "not a JSON object");
    expect_evil_claims("7", "not a JSON object");
    expect_evil_claims("{\"exp\":" SOON ",\"exp\":" SOON ",\"matches\":\"*\"}",
                       "not a JSON object");
    expect_evil_claims("{\"exp\":" SOON ",\"matches\":[7],\"matches\":\"*\"}", "not a JSON object");
    expect_evil_claims("{\"exp\":" SOON ",\"matches\":\"*\",\"sub\":\"\xff\"}",
                       "not a JSON object");
    expect_evil_claims("{\"exp\":" SOON ",\"matches\":\"*\",\"sub\":\"\xed\xa0\x80\"}",
                       "not a JSON object");
    expect_evil_claims("{\"exp\":" SOON ",\"matches\":\"*\",\"sub\":\"\\u0000\"}",
                       "not a JSON object");
    expect_evil_claims(GOOD " trailing", "not a JSON object");
    expect_evil(by_secret, sign_secret_bytes(SECRET, strlen(SECRET), HS256, nul, sizeof(nul) - 1),
                "not a JSON object");
    expect_evil(by_secret, sign_secret("{\"alg\":\"HS256\",\"alg\":\"HS256\"}", GOOD), "header");
}

static void deep_or_huge_ones_are_refused(void **state)
{
    char text[5001], claims[6000];

    (void)state;
    memset(text, '[', sizeof(text));
    snprintf(claims, sizeof(claims), "%.2000s", text);
    expect_evil_claims(claims, "not a JSON object");
    expect_evil(by_secret, sign_secret(claims, GOOD), "header");
    snprintf(claims, sizeof(claims), "{\"exp\":" SOON ",\"matches\":\"*\",\"sub\":\"%.5000s\"}",
             text);
    expect_evil_claims(claims, "3072 bytes at most");
}

static void times_are_kept_with_a_little_leeway(void **state)
{
    struct auth_fault fault;
    struct grant *grant;

    (void)state;
    grant = check(by_secret, sign_secret(HS256, "{\"exp\":1799999991,\"matches\":\"*\"}"), &fault);
    assert_non_null(grant); /* 9 s ago */
    grant_free(grant);
    expect_evil_claims("{\"exp\":1799999990,\"matches\":\"*\"}", "expired");
    expect_evil_claims("{\"exp\":0,\"matches\":\"*\"}", "expired");
    assert_null(check(by_secret, sign_secret(HS256, "{\"exp\":9,\"matches\":[0]}"), &fault));
    assert_false(fault.is_expired); /* it would not do if it were younger either */
    assert_null(check(by_secret, sign_secret(HS256, "{\"exp\":9,\"matches\":[]}"), &fault));
    assert_true(fault.is_expired);
    expect_good(by_secret, sign_secret(HS256, "{\"exp\":1800000060.9,\"nbf\":1800000010,"
                                              "\"matches\":[9,7,\"lobby\",7]}"));
    expect_evil_claims("{\"exp\":" SOON ",\"nbf\":1800000011,\"matches\":\"*\"}", "not valid yet");
    expect_evil_claims("{\"exp\":" SOON ",\"nbf\":\"1\",\"matches\":\"*\"}", "nbf");
    expect_evil_claims("{\"exp\":" SOON ",\"nbf\":null,\"matches\":\"*\"}", "nbf");
    expect_evil_claims("{\"matches\":\"*\"}", "exp");
    expect_evil_claims("{\"exp\":\"" SOON "\",\"matches\":\"*\"}", "exp");
    expect_evil_claims("{\"exp\":-1,\"matches\":\"*\"}", "exp");
    expect_evil_claims("{\"exp\":1e300,\"matches\":\"*\"}", "exp");
    expect_evil_claims("{\"exp\":1800000060000,\"matches\":\"*\"}", "in seconds");
}

static void matches_say_what_is_covered(void **state)
{
    static const char *const wrong[] = {
        "7",
        "\"7\"",
        "null",
        "true",
        "{}",
        "\"lobby\"",
        "[0]",
        "[-7]",
        "[7.0]",
        "[\"7\"]",
        "[\"*\"]",
        "[[7]]",
        "[99999999999999999999]",
        "[7,null]",
    };
    struct auth_fault fault;
    struct grant *grant;
    char claims[128];

    (void)state;
    expect_evil_claims("{\"exp\":" SOON "}", "matches");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(claims, sizeof(claims), "{\"exp\":" SOON ",\"matches\":%s}", wrong[i]);
        expect_evil_claims(claims, "");
    }
    grant = check(by_secret, sign_secret(HS256, "{\"exp\":" SOON ",\"matches\":\"*\"}"), &fault);
    assert_true(grant_covers(grant, 0) && grant_covers(grant, INT64_MAX) && !grant_is_empty(grant));
    grant_free(grant);
    grant = check(by_secret, sign_secret(HS256, "{\"exp\":" SOON ",\"matches\":[]}"), &fault);
    assert_true(!grant_covers(grant, 0) && !grant_covers(grant, 7) && grant_is_empty(grant));
    grant_free(grant);
}

static void issuer_and_audience_count_when_they_are_asked_for(void **state)
{
    const struct auth_settings settings = {file_of(SECRET, strlen(SECRET)), "relay", "club"};
    char error[KEY_ERROR_BYTES];
    struct auth *auth = auth_new(&settings, error);

    (void)state;
    assert_non_null(auth);
#define OF(parties) sign_secret(HS256, "{\"exp\":" SOON ",\"matches\":[7,9,\"lobby\"]" parties "}")
    expect_good(auth, OF(",\"iss\":\"club\",\"aud\":\"relay\""));
    expect_good(auth, OF(",\"iss\":\"club\",\"aud\":[\"other\",\"relay\"]"));
    expect_evil(auth, OF(""), "issuer");
    expect_evil(auth, OF(",\"iss\":\"Club\",\"aud\":\"relay\""), "issuer");
    expect_evil(auth, OF(",\"iss\":[\"club\"],\"aud\":\"relay\""), "issuer");
    expect_evil(auth, OF(",\"iss\":\"club\""), "audience");
    expect_evil(auth, OF(",\"iss\":\"club\",\"aud\":\"relay2\""), "audience");
    expect_evil(auth, OF(",\"iss\":\"club\",\"aud\":[]"), "audience");
    expect_evil(auth, OF(",\"iss\":\"club\",\"aud\":{\"relay\":1}"), "audience");
    expect_good(by_secret, OF(",\"iss\":\"anybody\",\"aud\":\"anything\""));
    auth_free(auth);
}

/* ---- files ---- */

static void expect_wrong_file(const void *bytes, size_t length, const char *part)
{
    struct keys keys;
    char error[KEY_ERROR_BYTES] = "";

    if (keys_read(&keys, file_of(bytes, length), error))
        fail_msg("accepted, but for: %s", part);
    if (!strstr(error, part))
        fail_msg("\"%s\" is not in: %s", part, error);
    assert_int_equal(keys.count, 0);
}

static void expect_wrong_key(EVP_PKEY *key, const char *part)
{
    char pem[4096];
    size_t length;

    assert_non_null(key);
    length = pem_of(key, pem, sizeof(pem));
    expect_wrong_file(pem, length, part);
    EVP_PKEY_free(key);
}

static void only_keys_that_are_good_enough_are_taken(void **state)
{
    (void)state;
    expect_wrong_key(EVP_RSA_gen(1024), "2048");
    expect_wrong_key(EVP_EC_gen("P-384"), "P-256");
    expect_wrong_key(EVP_EC_gen("secp256k1"), "P-256");
    expect_wrong_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "P-256");
    expect_wrong_file("", 0, "32 bytes");
    expect_wrong_file("too short a secret\n", 19, "32 bytes");
    expect_wrong_file("31 bytes, and the newline is no\n", 32, "32 bytes");
}

/* What everybody may know must not become a secret. */
static void a_public_key_in_another_form_is_no_secret(void **state)
{
    static const char ssh[] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPublicForEverybodyToSee";
    static const char jwk[] = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"public\",\"y\":\"too\"}\n";
    unsigned char der[1024], *at = der;
    int length = i2d_PUBKEY(rsa, &at);

    (void)state;
    expect_wrong_file(der, (size_t)length, "as PEM");
    expect_wrong_file(ssh, strlen(ssh), "as PEM");
    expect_wrong_file(jwk, strlen(jwk), "as PEM");
}

static void broken_pem_is_told(void **state)
{
    char pem[16384];
    size_t length = pem_of(ec, pem, sizeof(pem)), all = 0;
    BIO *out = BIO_new(BIO_s_mem());
    int private_length;

    (void)state;
    expect_wrong_file(pem, length - 10, "broken");
    pem[60] = '!';
    expect_wrong_file(pem, length, "broken");
    expect_wrong_file("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", 57,
                      "is none");
    expect_wrong_file("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 59,
                      "only -----BEGIN PUBLIC KEY");
    PEM_write_bio_PrivateKey(out, ec, NULL, NULL, 0, NULL, NULL);
    private_length = BIO_read(out, pem, sizeof(pem));
    BIO_free(out);
    expect_wrong_file(pem, (size_t)private_length, "private");
    for (int i = 0; i <= KEYS_MAX; i++)
        all += pem_of(ec, pem + all, sizeof(pem) - all);
    expect_wrong_file(pem, all, "more than 8");
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    static char large[65537];
    struct keys keys;
    char error[KEY_ERROR_BYTES];

    (void)state;
    assert_false(keys_read(&keys, "/nonexistent/key", error));
    assert_non_null(strstr(error, "/nonexistent/key: No such file"));
    assert_false(keys_read(&keys, "/", error));
    assert_false(keys_read(&keys, "/dev/zero", error));
    memset(large, 'x', sizeof(large));
    expect_wrong_file(large, sizeof(large), "64 KiB");
}

static void a_reload_that_fails_leaves_the_old_key_in_force(void **state)
{
    struct auth *auth = auth_of(SECRET);
    char error[KEY_ERROR_BYTES] = "", pem[4096];
    size_t length;

    (void)state;
    file_of("too short", 9);
    assert_false(auth_reload(auth, error));
    assert_non_null(strstr(error, "32 bytes"));
    expect_good(auth, sign_secret(HS256, GOOD));
    length = pem_of(rsa, pem, sizeof(pem));
    file_of(pem, length);
    assert_true(auth_reload(auth, error));
    expect_good(auth, sign(rsa, RS256, GOOD));
    expect_evil(auth, sign_secret(HS256, GOOD), "alg");
    auth_free(auth);
}

static void the_header_authorization_is_read(void **state)
{
    static const char *const wrong[] = {
        "",           "Bearer",     "Bearer ",           "Basic dTpw",
        "abc",        "Bearer a b", "Bearer a,Bearer b", "Bearerabc",
        " Bearer abc"};
    const char *token;
    size_t length;

    (void)state;
    assert_true(auth_find_bearer("Bearer abc", &token, &length));
    assert_int_equal(length, 3);
    assert_memory_equal(token, "abc", 3);
    assert_true(auth_find_bearer("bearer   abc", &token, &length));
    assert_memory_equal(token, "abc", 3);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (auth_find_bearer(wrong[i], &token, &length))
            fail_msg("accepted: %s", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_of_each_algorithm_is_good),
        cmocka_unit_test(each_key_of_a_file_counts),
        cmocka_unit_test(the_token_of_rfc_7515_opens),
        cmocka_unit_test(the_algorithm_follows_from_the_key),
        cmocka_unit_test(a_header_that_brings_its_own_key_brings_nothing),
        cmocka_unit_test(not_a_letter_may_change),
        cmocka_unit_test(what_is_no_token_is_refused),
        cmocka_unit_test(odd_claims_are_refused),
        cmocka_unit_test(deep_or_huge_ones_are_refused),
        cmocka_unit_test(times_are_kept_with_a_little_leeway),
        cmocka_unit_test(matches_say_what_is_covered),
        cmocka_unit_test(issuer_and_audience_count_when_they_are_asked_for),
        cmocka_unit_test(only_keys_that_are_good_enough_are_taken),
        cmocka_unit_test(a_public_key_in_another_form_is_no_secret),
        cmocka_unit_test(broken_pem_is_told),
        cmocka_unit_test(a_file_that_cannot_be_read_is_told),
        cmocka_unit_test(a_reload_that_fails_leaves_the_old_key_in_force),
        cmocka_unit_test(the_header_authorization_is_read),
    };

    return UNIT_RUN_WITH(tests, begin, end);
}
