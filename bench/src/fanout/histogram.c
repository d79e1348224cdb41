/* Delays in buckets: the upper bits of the delay name the power of two, six more the bucket. */
#include "histogram.h"

#include <inttypes.h>
#include <stdio.h>

#define STEPS 64
#define STEP_BITS 6
#define WRITTEN_TOGETHER 8

static unsigned bucket_of(uint64_t delay_ns)
{
    unsigned power;

    if (delay_ns < STEPS)
        return (unsigned)delay_ns;
    power = 63 - (unsigned)__builtin_clzll(delay_ns) - STEP_BITS;
    return power * STEPS + (unsigned)(delay_ns >> power);
}

static double bucket_ns(unsigned bucket)
{
    unsigned power = bucket < STEPS ? 0 : bucket / STEPS - 1;

    return (double)((uint64_t)(bucket - power * STEPS) << power);
}

void histogram_add(struct histogram *histogram, int64_t delay_ns)
{
    unsigned bucket = delay_ns < 0 ? 0 : bucket_of((uint64_t)delay_ns);

    histogram->buckets[bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1]++;
    histogram->count++;
}

double histogram_percentile_us(const struct histogram *histogram, double percent)
{
    double wanted = (double)histogram->count * percent / 100;
    uint64_t seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen > 0 && (double)seen >= wanted)
            return bucket_ns(i) / 1000;
    }
    return 0;
}

bool histogram_write(const struct histogram *histogram, const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file)
        return false;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i += WRITTEN_TOGETHER) {
        uint64_t count = 0;

        for (unsigned j = i; j < i + WRITTEN_TOGETHER; j++)
            count += histogram->buckets[j];
        if (count > 0)
            fprintf(file, "%.1f %" PRIu64 "\n", bucket_ns(i) / 1000, count);
    }
    return fclose(file) == 0;
}
