/*
 * hold.h
 *		Reports errors that only a person can correct, for which the flusher waits.
 */
#ifndef COMMENTARY_HOLD_H
#define COMMENTARY_HOLD_H

/*
 * Logs that nothing can be flushed because of this error.  The same error is logged again after
 * a while, another one at once.
 */
extern void hold_tell(const ErrorData *error);

/* Call it after each success: logs it if an error was reported before. */
extern void hold_end(void);

#endif /* COMMENTARY_HOLD_H */
