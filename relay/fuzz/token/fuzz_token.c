/*
 * A token: any bytes end in a grant with checked values or in a fault to tell. Without
 * the key nothing gets past the signature, so an input that begins with "+" is a header
 * and claims, a line each, which are signed here.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base64url.h"
#include "fuzz.h"
#include "token/auth.h"
#include "wire/protocol.h"

#define SECRET "a secret of thirty-two bytes ...."
#define NOW 1800000000

static struct auth *auth_make(void)
{
    struct auth_settings settings = {.audience = "", .issuer = ""};
    int fd = memfd_create("key", 0);
    char path[64], error[KEY_ERROR_BYTES];
    struct auth *auth;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    settings.key_file = path;
    fuzz_expect(write(fd, SECRET, strlen(SECRET)) == (ssize_t)strlen(SECRET));
    auth = auth_new(&settings, error);
    fuzz_expect(auth != NULL);
    close(fd);
    return auth;
}

/* Returns the token and sets its length. */
static char *sign(const char *text, size_t *length)
{
    const char *claims = text + strcspn(text, "\n");
    char *token = malloc(2 * *length + 128);
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_length = 0;
    size_t written;

    fuzz_expect(token != NULL);
    written = base64url_encode(token, text, (size_t)(claims - text));
    token[written++] = '.';
    claims += *claims == '\n';
    written += base64url_encode(token + written, claims, *length - (size_t)(claims - text));
    fuzz_expect(HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (uint8_t *)token, written, mac,
                     &mac_length) != NULL);
    token[written++] = '.';
    *length = written + base64url_encode(token + written, mac, mac_length);
    return token;
}

static void check(const struct auth *auth, const char *token, size_t length, bool is_signed)
{
    struct auth_fault fault;
    struct grant *grant = auth_check(auth, token, length, NOW, &fault);

    if (!grant) {
        fuzz_expect(fault.message != NULL);
        return;
    }
    fuzz_expect(is_signed && length <= TOKEN_BYTES_MAX && !fault.is_expired);
    fuzz_expect(grant->expires_s > NOW - AUTH_LEEWAY_S && grant->expires_s <= 253402300799);
    for (size_t i = 0; i < grant->count; i++) {
        fuzz_expect(grant->matches[i] >= 0 && grant_covers(grant, grant->matches[i]));
        fuzz_expect(i == 0 || grant->matches[i - 1] <= grant->matches[i]);
    }
    fuzz_expect(!grant->is_for_all || grant->count == 0);
    fuzz_expect(grant->is_for_all || !grant_covers(grant, -1));
    grant_free(grant);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct auth *auth;
    bool is_signed = size > 0 && data[0] == '+';
    size_t length = size - is_signed;
    char *text = fuzz_text(data + is_signed, length);
    char *token = is_signed ? sign(text, &length) : text;

    if (!auth)
        auth = auth_make();
    check(auth, token, length, is_signed);
    if (is_signed)
        free(token);
    free(text);
    return 0;
}
