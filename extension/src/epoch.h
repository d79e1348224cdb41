/*
 * epoch.h
 *		The epoch: the name of this history of the log.
 */
#ifndef COMMENTARY_EPOCH_H
#define COMMENTARY_EPOCH_H

/* Bytes of an epoch, with the closing zero: 64 random bits in hex. */
#define EPOCH_BYTES 17

/*
 * Makes sure that the newest row of commentary.epoch belongs to this system
 * and timeline, adding one where it does not.  For the flusher, in a
 * transaction, before it numbers anything.  False when it is the first epoch of
 * this log: there was no flusher before.
 */
extern bool epoch_ensure(void);

/* The epoch that epoch_ensure() found or made. */
extern const char *epoch_current(void);

#endif /* COMMENTARY_EPOCH_H */
