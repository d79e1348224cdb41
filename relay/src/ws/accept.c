/* Answering a key. */
#include "ws/accept.h"

#include <openssl/evp.h>
#include <string.h>

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define KEY_LETTERS 22 /* 16 bytes in base64, without what fills them up: "==" */
#define KEY_BYTES (KEY_LETTERS + 2)
#define SHA1_BYTES 20

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
    if (EVP_Digest(text, sizeof(text), digest, NULL, EVP_sha1(), NULL) != 1)
        return false;
    EVP_EncodeBlock((unsigned char *)answer, digest, SHA1_BYTES);
    return true;
}
