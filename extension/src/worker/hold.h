/*
 * hold.h
 *		What only a person can mend: the flusher says so, and waits.
 */
#ifndef COMMENTARY_HOLD_H
#define COMMENTARY_HOLD_H

/* Tells the log that nothing can be flushed for now; again when it lasts, or is another error. */
extern void hold_tell(const ErrorData *error);

/* Something could be flushed: tells the log when it could not before. */
extern void hold_end(void);

#endif /* COMMENTARY_HOLD_H */
