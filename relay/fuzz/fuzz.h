/*
 * What every fuzz target includes: libFuzzer's entry point, and how a target
 * says that what it got is wrong though nothing crashed.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Called with one input after the other; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run: libFuzzer keeps the input. The line is told, because code may be merged. */
#define fuzz_expect(is_so) ((is_so) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #is_so))

static inline void fuzz_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}

/* A copy of exactly the input's size, and a NUL: a read beyond that is reported. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    fuzz_expect(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
