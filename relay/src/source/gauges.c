/* The relay as it is at this moment. */
#include "source/gauges.h"

#include <string.h>

#include "hub/hub.h"
#include "source/catchup.h"
#include "source/source.h"

/* A feeder and its workers are one relay. */
static size_t count_hops(const struct source *source)
{
    size_t hops = (strlen(source->path) + 1) / SOURCE_ID_BYTES;

    return hops - (hops > 0 && source->has_feeder);
}

void gauges_take(struct gauges *now, const struct source *source)
{
    const struct hub *hub = source->hub;
    const char *reason;

    *now = (struct gauges){.viewers = hub->viewer_count - hub->edge_count,
                           .edges = source->is_feeder ? 0 : hub->edge_count,
                           .hops = count_hops(source),
                           .viewers_max = hub->settings.max_viewers,
                           .topics = hub->topics.count,
                           .cached_bytes = hub->cached_bytes,
                           .cached_bytes_max = hub->settings.cache_bytes,
                           .history_bytes = hub->histories.bytes,
                           .feed_state = source_state_name(source),
                           .heard_ms = source_heard_ms(source),
                           .lag_entries = catchup_lag(source->catchup),
                           .region_lag_ms = source->region.lag_ms,
                           .ack_ms = source_ack_ms(source),
                           .is_acknowledged = source_is_acknowledged(source, &reason),
                           .started_s = relay_stats.started_s};
}
