/* What the server under test takes from the machine, as /proc tells it. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdint.h>

struct usage {
    int64_t cpu_ns;       /* of the server's process, and of its children */
    int64_t rss_bytes;    /* the same */
    int64_t kernel_bytes; /* slab and TCP buffers of the whole machine: both ends */
};

/* Ends the program when there is no such process. */
struct usage process_usage(int pid);

/* Its open descriptors. */
int process_descriptors(int pid);

#endif
