/* SipHash-1-3 as its authors describe it, for a message of eight bytes. */
#include "base/secret.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/random.h>

struct state {
    uint64_t a, b, c, d;
};

static uint64_t key[2];
static bool has_key;

/* Without random numbers there would be no secret, nor TLS, nor tokens: the kernel has them. */
static void draw_key(void)
{
    while (getrandom(key, sizeof(key), 0) != sizeof(key))
        if (errno != EINTR)
            abort();
    has_key = true;
}

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static void mix(struct state *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = rotate(s->b, 17) ^ s->c;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c = rotate(s->c, 32);
}

static void take(struct state *s, uint64_t word)
{
    s->d ^= word;
    mix(s);
    s->a ^= word;
}

uint64_t secret_hash(uint64_t number)
{
    struct state s;

    if (!has_key)
        draw_key();
    s = (struct state){key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                       key[0] ^ UINT64_C(0x6c7967656e657261),
                       key[1] ^ UINT64_C(0x7465646279746573)};
    take(&s, number);
    take(&s, UINT64_C(8) << 56); /* the length, after the message */
    s.c ^= 0xff;
    mix(&s);
    mix(&s);
    mix(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
