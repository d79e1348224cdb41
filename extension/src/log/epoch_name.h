/*
 * epoch_name.h
 *		What an epoch may be called.
 */
#ifndef COMMENTARY_EPOCH_NAME_H
#define COMMENTARY_EPOCH_NAME_H

#include "commands/trigger.h"

/* Bytes of an epoch, with the closing zero: 64 random bits in hex. */
#define EPOCH_BYTES 17

/* Makes one of EPOCH_BYTES - 1 random hexadecimal digits. */
extern void epoch_name_make(char *name);

/* Of 1 to 16 letters and digits. */
extern bool epoch_name_is_right(const char *name);

/* ERROR when the row that fired the trigger gives an epoch another name. */
extern void epoch_name_check(const TriggerData *trigger);

#endif /* COMMENTARY_EPOCH_NAME_H */
