/*
 * Delays, counted in buckets whose width grows with the delay: 64 for each power of
 * two, so that a percentile is exact to 1.6 %.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS (64 * 36)

struct histogram {
    uint64_t buckets[HISTOGRAM_BUCKETS];
    uint64_t count;
};

void histogram_add(struct histogram *histogram, int64_t delay_ns);

/* In microseconds; 0 when nothing was counted. */
double histogram_percentile_us(const struct histogram *histogram, double percent);

/* A line for each eighth of a power of two that has some: from µs, count. */
bool histogram_write(const struct histogram *histogram, const char *path);

#endif
