/* What a token says, signed by a right key: times, matches, parties, and nonsense. */
#include "auth_scene.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_claims_are_refused),
        cmocka_unit_test(deep_or_huge_ones_are_refused),
        cmocka_unit_test(times_are_kept_with_a_little_leeway),
        cmocka_unit_test(matches_say_what_is_covered),
        cmocka_unit_test(issuer_and_audience_count_when_they_are_asked_for),
    };

    return UNIT_RUN_WITH(tests, begin, end);
}
