/*
 * Numbers of the rows that a database answers with.
 *
 * A bigint may be as large as it wants, if somebody has written it by hand. Here numbers have at
 * most 18 digits, as between relays (wire/link.h), so that what is counted on from one is a
 * number as well. An entry with a larger seq is not what its row says, and is left out.
 */
#ifndef ROW_H
#define ROW_H

#include <libpq-fe.h>
#include <stdint.h>
#include <stdlib.h>

#define ROW_NUMBER_MAX INT64_C(999999999999999999)

/* Of the first row, which is the only one of its result. */
static inline int64_t row_number_at(const PGresult *row, int column)
{
    int64_t number = strtoll(PQgetvalue(row, 0, column), NULL, 10);

    if (number > ROW_NUMBER_MAX)
        return ROW_NUMBER_MAX;
    return number < -ROW_NUMBER_MAX ? -ROW_NUMBER_MAX : number;
}

#endif
