/* The relay as it is at this moment. */
#include "source/gauges.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hub/hub.h"
#include "source/catchup.h"
#include "source/source.h"

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static double cpu_s(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
}

/* The second number of statm is what is resident, in pages. 0: there is no /proc. */
static size_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    size_t pages = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%*u %zu", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

void gauges_take(struct gauges *now, const struct source *source)
{
    const struct hub *hub = source->hub;
    const char *reason;

    *now = (struct gauges){.viewers = hub->viewer_count - hub->edge_count,
                           .edges = hub->edge_count,
                           .hops = (strlen(source->path) + 1) / SOURCE_ID_BYTES,
                           .viewers_max = hub->settings.max_viewers,
                           .topics = hub->topics.count,
                           .cached_bytes = hub->cached_bytes,
                           .cached_bytes_max = hub->settings.cache_bytes,
                           .history_bytes = hub->histories.bytes,
                           .feed_state = source_state_name(source),
                           .heard_ms = source_heard_ms(source),
                           .lag_entries = catchup_lag(source->catchup),
                           .ack_ms = source_ack_ms(source),
                           .is_acknowledged = source_is_acknowledged(source, &reason),
                           .cpu_s = cpu_s(),
                           .resident_bytes = resident_bytes(),
                           .started_s = relay_stats.started_s};
}
