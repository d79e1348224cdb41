/* Files with keys: which are taken, and what is said of the others. */
#include "unit.h"

#include "token/key.h"
#include "token_maker.h"

static EVP_PKEY *rsa, *ec;

static int begin(void **state)
{
    (void)state;
    rsa = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    return rsa && ec ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    unlink(file_of("", 0));
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    return 0;
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_keys_that_are_good_enough_are_taken),
        cmocka_unit_test(a_public_key_in_another_form_is_no_secret),
        cmocka_unit_test(broken_pem_is_told),
        cmocka_unit_test(a_file_that_cannot_be_read_is_told),
    };

    return UNIT_RUN_WITH(tests, begin, end);
}
