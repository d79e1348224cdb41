/*
 * An entry as it is published, and the check of one that has arrived.
 *
 *     {"type":"commentary","match":7,"seq":58, … "message":"bench STAMP TEXT"}
 *
 * Servers may put members between seq and message, and nothing before them. The
 * first arrival of an entry is checked by its parts; all others must then equal it
 * byte by byte, which is the stricter check and the cheaper one.
 */
#ifndef ENTRY_H
#define ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTRY_BYTES_MAX 1024

struct entry {
    int match;
    int64_t seq;
    int64_t stamp_ns; /* when it was published, of clock_ns() */
    bool is_whole;    /* its text is what was published */
};

void entry_use(int first_match, int text_bytes);

/* The message alone, for who lets the server make the entry. Returns its length. */
size_t entry_make_message(char *out, int64_t stamp_ns);

/* The whole, without a newline. Returns its length, below ENTRY_BYTES_MAX. */
size_t entry_make(char *out, int match, int64_t seq, int64_t stamp_ns);

/* False: another message. */
bool entry_read(struct entry *entry, const char *bytes, size_t length);

/* The number after name, which is `"head":` or the like, in any message; -1: there is none. */
int64_t entry_member(const char *bytes, size_t length, const char *name);

#endif
