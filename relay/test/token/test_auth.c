/* Tokens: which keys they are good by, and where they are found. */
#include "auth_scene.h"

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
        cmocka_unit_test(a_reload_that_fails_leaves_the_old_key_in_force),
        cmocka_unit_test(the_header_authorization_is_read),
    };

    return UNIT_RUN_WITH(tests, begin, end);
}
