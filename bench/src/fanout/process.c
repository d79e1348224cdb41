/* CPU time, resident memory, and the kernel's memory. */
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../fail.h"

/* The number after a word at the start of a line, or within it; 0: not there. */
static int64_t number_in(const char *path, const char *line_start, const char *word)
{
    FILE *file = fopen(path, "r");
    char line[512];
    int64_t number = 0;

    while (file && fgets(line, sizeof(line), file)) {
        const char *found = strncmp(line, line_start, strlen(line_start)) == 0 ? line : NULL;

        if (found && *word)
            found = strstr(line, word);
        if (found && sscanf(found + strlen(*word ? word : line_start), "%" SCNd64, &number) == 1)
            break;
    }
    if (file)
        fclose(file);
    return number;
}

/* Of all its threads that live: those of a server do. 0: there is no such process. */
static int64_t cpu_ns_of(int pid)
{
    const struct dirent *entry;
    char path[320];
    int64_t cpu_ns = 0;
    DIR *folder;

    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    folder = opendir(path);
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid, entry->d_name);
        cpu_ns += number_in(path, "", "");
    }
    if (folder)
        closedir(folder);
    return cpu_ns;
}

static void add_process(struct usage *usage, int pid)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    usage->cpu_ns += cpu_ns_of(pid);
    usage->rss_bytes += number_in(path, "VmRSS:", "") * 1024;
}

/* Its workers, if it supervises some. */
static void add_children(struct usage *usage, int pid)
{
    char path[64];
    FILE *file;
    int child;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
    file = fopen(path, "r");
    while (file && fscanf(file, "%d", &child) == 1)
        add_process(usage, child);
    if (file)
        fclose(file);
}

struct usage process_usage(int pid)
{
    struct usage usage = {.cpu_ns = 0};

    if (kill(pid, 0) != 0 && errno == ESRCH)
        fail("the server is not there any more");
    add_process(&usage, pid);
    add_children(&usage, pid);
    usage.kernel_bytes = number_in("/proc/meminfo", "Slab:", "") * 1024 +
                         number_in("/proc/net/sockstat", "TCP:", " mem ") * sysconf(_SC_PAGESIZE);
    return usage;
}

int process_descriptors(int pid)
{
    const struct dirent *entry;
    char path[64];
    int count = 0;
    DIR *folder;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    folder = opendir(path);
    if (!folder)
        fail("cannot read %s: is the server still there?", path);
    while ((entry = readdir(folder)))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}
