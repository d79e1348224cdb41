/* Answering a key. */
#include "ws/accept.h"

#include <openssl/evp.h>
#include <string.h>

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define KEY_LETTERS 22 /* 16 bytes in base64, without what fills them up: "==" */
#define KEY_BYTES (KEY_LETTERS + 2)
#define SHA1_BYTES 20

/*
 * Kept for the life of the process: to find the digest again for each key takes OpenSSL 3
 * longer than the digest itself.
 */
static const EVP_MD *sha1;
static EVP_MD_CTX *hasher;

static bool begin(void)
{
    if (!sha1)
        sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    if (!hasher)
        hasher = EVP_MD_CTX_new();
    return sha1 && hasher;
}

static bool digest_of(const uint8_t *text, size_t length, uint8_t digest[SHA1_BYTES])
{
    return begin() && EVP_DigestInit_ex(hasher, sha1, NULL) == 1 &&
           EVP_DigestUpdate(hasher, text, length) == 1 &&
           EVP_DigestFinal_ex(hasher, digest, NULL) == 1;
}

bool accept_key_is_right(const char *key)
{
    return strspn(key, BASE64) == KEY_LETTERS && strcmp(key + KEY_LETTERS, "==") == 0;
}

bool accept_answer(const char *key, char answer[ACCEPT_BYTES])
{
    static const char guid[] = GUID;
    uint8_t text[KEY_BYTES + sizeof(guid) - 1], digest[SHA1_BYTES];

    if (!accept_key_is_right(key))
        return false;
    memcpy(text, key, KEY_BYTES);
    memcpy(text + KEY_BYTES, guid, sizeof(guid) - 1);
    if (!digest_of(text, sizeof(text), digest))
        return false;
    EVP_EncodeBlock((unsigned char *)answer, digest, SHA1_BYTES);
    return true;
}
