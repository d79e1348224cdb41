/*
 * A hash that strangers cannot foresee: SipHash-1-3 of one number, with a key that each
 * process draws by lot. So no client can choose numbers that all fall into one place of a
 * table, and make each look-up as long as the table.
 */
#ifndef SECRET_H
#define SECRET_H

#include <stdint.h>

uint64_t secret_hash(uint64_t number);

#endif
