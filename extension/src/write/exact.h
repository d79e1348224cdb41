/*
 * exact.h
 *		Refuses numbers that PostgreSQL would round on their way into integer columns.
 */
#ifndef COMMENTARY_EXACT_H
#define COMMENTARY_EXACT_H

/* Call once, when the server starts. */
extern void exact_install_hook(void);

#endif /* COMMENTARY_EXACT_H */
