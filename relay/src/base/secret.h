/*
 * A hash that strangers cannot predict: SipHash-1-3 of one number, with a random key in each
 * process. So no client can choose numbers that all have the same place in a table, which would
 * make each look-up as long as the table.
 */
#ifndef SECRET_H
#define SECRET_H

#include <stdint.h>

uint64_t secret_hash(uint64_t number);

#endif
