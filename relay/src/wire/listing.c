/*
 * The parameters of a list of matches.
 *
 *     statuses    = status *( "," status )        each of commentary.match.status
 *     competition = 1*200 bytes of UTF-8, none of them a control character
 *
 * Valid:    "finished"   "live,paused,live"   "Coupe de France"   "⚽"
 * Invalid:  ""   "Finished"   "live,"   "live, paused"   a NUL, a line feed, half a character
 */
#include "wire/listing.h"

#include <string.h>

#include "base/secret.h"
#include "base/utf8.h"

static const char *const statuses[] = {"scheduled", "live",      "paused",   "finished",
                                       "abandoned", "postponed", "cancelled"};

#define STATUSES (sizeof(statuses) / sizeof(statuses[0]))

static bool take_status(struct listing_wish *wish, const char *text, size_t length)
{
    for (size_t i = 0; i < STATUSES; i++) {
        if (strlen(statuses[i]) != length || memcmp(statuses[i], text, length) != 0)
            continue;
        wish->statuses |= 1u << i;
        return true;
    }
    return false;
}

bool listing_take_statuses(struct listing_wish *wish, const char *text, size_t length)
{
    const char *end = text + length;

    for (;;) {
        const char *comma = memchr(text, ',', (size_t)(end - text));

        if (!take_status(wish, text, (size_t)((comma ? comma : end) - text)))
            return false;
        if (!comma)
            return true;
        text = comma + 1;
    }
}

void listing_write_statuses(struct buffer *out, const struct listing_wish *wish)
{
    const char *between = "";

    for (size_t i = 0; i < STATUSES; i++) {
        if (!(wish->statuses & 1u << i))
            continue;
        buffer_add_text(out, between);
        buffer_add_text(out, statuses[i]);
        between = ",";
    }
}

bool listing_take_competition(struct listing_wish *wish, const char *text, size_t length)
{
    if (length < 1 || length > LISTING_COMPETITION_BYTES)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    if (!utf8_is_right((const uint8_t *)text, length))
        return false;
    memcpy(wish->competition, text, length);
    wish->competition[length] = '\0';
    return true;
}

bool listing_is_same(const struct listing_wish *one, const struct listing_wish *other)
{
    return one->before == other->before && one->statuses == other->statuses &&
           one->rows == other->rows && strcmp(one->competition, other->competition) == 0;
}

uint64_t listing_hash(const struct listing_wish *wish)
{
    uint64_t hash = secret_hash((uint64_t)wish->before);

    hash = secret_hash(hash ^ (uint64_t)wish->rows << 32 ^ wish->statuses);
    for (const char *at = wish->competition; *at; at++)
        hash = secret_hash(hash ^ (unsigned char)*at);
    return hash;
}
