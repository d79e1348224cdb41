/* The relay as it is at this moment, for /metrics and for reports. */
#ifndef GAUGES_H
#define GAUGES_H

#include "stats/metrics.h"

struct source;

void gauges_take(struct gauges *now, const struct source *source);

#endif
