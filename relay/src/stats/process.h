/* What the kernel says of this process: the part of /metrics that each program has. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stddef.h>

struct process {
    double cpu_s; /* user and system */
    size_t resident_bytes;
    size_t open_fds;
    size_t max_fds;
};

/* A value that is not known, as without /proc, is 0. No descriptor is needed to count them. */
void process_take(struct process *process);

#endif
