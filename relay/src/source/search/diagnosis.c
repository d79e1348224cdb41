/* The SQLSTATEs that a relay meets, and what to do about each. */
#include "source/search/diagnosis.h"

#include <stdio.h>
#include <string.h>

/* A message with several (libpq tries several hosts) is known by the first of these. */
static const struct diagnosis diagnoses[] = {
    {"28P01", true, false, "check role and password in --database, PG* or ~/.pgpass"},
    {"28000", true, false,
     "check role and database in --database or PG*, and what pg_hba.conf allows"},
    {"3D000", true, false, "check the name of the database in --database or PG*"},
    {"3F000", false, false, "run CREATE EXTENSION commentary in this database"},
    {"42P01", false, false,
     "run CREATE EXTENSION commentary in this database; if it is there, commentary.check() says "
     "which of its tables is missing"},
    {"42883", false, false, "run ALTER EXTENSION commentary UPDATE in this database"},
    {"42501", false, false,
     "let the relay's role connect, and GRANT commentary_relay TO it: see sql/roles.sql; a table "
     "with row-level security wants BYPASSRLS of it as well"},
    {"53300", false, false, "all connections are taken: raise max_connections, or close some"},
    {"57P03", false, true, "PostgreSQL is starting or stopping"},
    {"25006", false, false, "this is a standby: name the primary as well, or promote it"},
};

static const struct diagnosis unknown = {"", false, false, "see the reason"};
static const struct diagnosis unreachable = {"", false, true,
                                             "is PostgreSQL running and reachable?"};

#define DIAGNOSIS_COUNT (sizeof(diagnoses) / sizeof(diagnoses[0]))

const struct diagnosis *diagnosis_of_state(const char *sqlstate)
{
    if (!sqlstate)
        return &unreachable;
    for (size_t i = 0; i < DIAGNOSIS_COUNT; i++)
        if (strcmp(sqlstate, diagnoses[i].sqlstate) == 0)
            return &diagnoses[i];
    return &unknown;
}

/* The severity is translated, the two blanks and the colons are not. */
static bool message_has(const char *message, const char *sqlstate)
{
    char pattern[16];

    snprintf(pattern, sizeof(pattern), ":  %s:", sqlstate);
    return strstr(message, pattern) != NULL;
}

const struct diagnosis *diagnosis_of_message(const char *message)
{
    for (size_t i = 0; i < DIAGNOSIS_COUNT; i++)
        if (message_has(message, diagnoses[i].sqlstate))
            return &diagnoses[i];
    return &unreachable;
}

void diagnosis_reason(char reason[DIAGNOSIS_REASON_BYTES], const char *message)
{
    static const char location[] = "LOCATION:";
    size_t used = 0;

    reason[0] = '\0';
    while (*message && used + 1 < DIAGNOSIS_REASON_BYTES) {
        size_t blank = strspn(message, " \t\n"), length = strcspn(message + blank, "\n");

        message += blank;
        if (length > 0 && strncmp(message, location, sizeof(location) - 1) != 0)
            used += (size_t)snprintf(reason + used, DIAGNOSIS_REASON_BYTES - used, "%s%.*s",
                                     used > 0 ? "; " : "", (int)length, message);
        message += length;
    }
}
