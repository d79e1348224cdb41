/*
 * A notice, the payload of a notification, taken apart.
 *
 *     payload = header *( LF entry ) [ LF ]
 *     header  = "1" SP epoch SP match SP first-seq SP count [ SP flushed-us ]
 *     epoch   = 1*64 of visible characters
 *     entry   = "{" … "}"      count of them, or none: announced only
 *
 * Match, first seq and count are all 0 when an epoch has begun, without an entry.
 *
 * Valid:    1 9f3c 7 58 2\n{…}\n{…}     1 9f3c 7 60 1 1795464901123456     1 9f3c 7 60 1
 *           1 9f3c 0 0 0
 * Invalid:  2 9f3c 7 58 1\n{…}     1 9f3c 7 58 2\n{…}     1 9f3c 7 0 1     1 9f3c -7 58 1
 *           1 9f3c 7 0 0
 */
#include "wire/notice.h"

#include <string.h>

/*
 * Takes a number of 1 to 18 digits and the separator after it; 18 cannot overflow. False:
 * something else is there, and nothing is taken.
 */
static bool take_number(const char **at, char separator, int64_t *number)
{
    size_t digits = strspn(*at, "0123456789");

    if (digits < 1 || digits > 18 || (*at)[digits] != separator)
        return false;
    *number = 0;
    for (size_t i = 0; i < digits; i++)
        *number = *number * 10 + ((*at)[i] - '0');
    *at += digits;
    *at += separator != '\0';
    return true;
}

static bool take_epoch(const char **at, char *epoch)
{
    size_t length = strcspn(*at, " \n");

    if (length < 1 || length > EPOCH_BYTES_MAX || (*at)[length] != ' ')
        return false;
    memcpy(epoch, *at, length);
    epoch[length] = '\0';
    *at += length + 1;
    return true;
}

static bool take_header(struct notice *notice, const char **at)
{
    char end = strchr(*at, '\n') ? '\n' : '\0';
    int64_t version;

    if (!take_number(at, ' ', &version) || version != 1 || !take_epoch(at, notice->epoch))
        return false;
    if (!take_number(at, ' ', &notice->match_id) || !take_number(at, ' ', &notice->first_seq))
        return false;
    notice->flushed_us = 0;
    if (!take_number(at, end, &notice->count) &&
        !(take_number(at, ' ', &notice->count) && take_number(at, end, &notice->flushed_us)))
        return false;
    if (notice->count == 0)
        return notice->match_id == 0 && notice->first_seq == 0;
    return notice->first_seq >= 1;
}

bool notice_next(struct notice *notice, const char **body, size_t *length)
{
    if (!*notice->rest)
        return false;
    *body = notice->rest;
    *length = strcspn(notice->rest, "\n");
    notice->rest += *length;
    notice->rest += *notice->rest == '\n';
    return true;
}

/* All entries are checked before the first is used: half a notice is worse than none. */
bool notice_parse(struct notice *notice, const char *payload)
{
    struct notice ahead;
    const char *body;
    size_t length;
    int64_t entries = 0;

    notice->rest = payload;
    if (!take_header(notice, &notice->rest))
        return false;
    for (ahead = *notice; notice_next(&ahead, &body, &length); entries++)
        if (length < 2 || body[0] != '{' || body[length - 1] != '}')
            return false;
    notice->has_entries = entries > 0;
    return entries == 0 || entries == notice->count;
}
