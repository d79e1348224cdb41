/* The lineage of a topic. */
#include "topic/lineage.h"

#include <stdlib.h>
#include <string.h>

void lineage_add(struct lineage *lineage, const char *epoch, int64_t seq)
{
    struct branch *branches;
    size_t length = strlen(epoch);

    if (lineage->count == LINEAGE_MAX || length > EPOCH_BYTES_MAX)
        return;
    branches = realloc(lineage->branches, (lineage->count + 1) * sizeof(*branches));
    if (!branches)
        return;
    lineage->branches = branches;
    memcpy(branches[lineage->count].epoch, epoch, length + 1);
    branches[lineage->count++].seq = seq;
}

int64_t lineage_find(const struct lineage *lineage, const char *epoch)
{
    for (size_t i = 0; i < lineage->count; i++)
        if (strcmp(lineage->branches[i].epoch, epoch) == 0)
            return lineage->branches[i].seq;
    return -1;
}

void lineage_free(struct lineage *lineage)
{
    free(lineage->branches);
    *lineage = (struct lineage){0};
}

void lineage_leave(struct left_epochs *left, const char *epoch)
{
    memcpy(left->epochs[left->next], epoch, strlen(epoch) + 1);
    left->next = (left->next + 1) % LINEAGE_LEFT;
}

bool lineage_has_left(const struct left_epochs *left, const char *epoch)
{
    for (size_t i = 0; i < LINEAGE_LEFT; i++)
        if (strcmp(left->epochs[i], epoch) == 0)
            return true;
    return false;
}
