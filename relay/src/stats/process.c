/* What the kernel says of this process. */
#include "stats/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* The second number of statm is what is resident, in pages. */
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

static size_t max_fds(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (size_t)limit.rlim_cur : 0;
}

/*
 * Linux 6.2 and later tell the number as the size of this folder. Before, each descriptor is
 * asked for: reading the folder took 24 ms for 19,000 of them, in which nobody is served.
 */
static size_t open_fds(size_t below)
{
    struct stat folder;
    size_t count = 0;

    if (stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0)
        return (size_t)folder.st_size;
    for (size_t fd = 0; fd < below; fd++)
        count += fcntl((int)fd, F_GETFD) >= 0;
    return count;
}

void process_take(struct process *process)
{
    *process = (struct process){
        .cpu_s = cpu_s(), .resident_bytes = resident_bytes(), .max_fds = max_fds()};
    process->open_fds = open_fds(process->max_fds);
}
