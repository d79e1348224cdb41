/*
 * exact.h
 *		No number is rounded on its way into our columns.
 */
#ifndef COMMENTARY_EXACT_H
#define COMMENTARY_EXACT_H

/* At the start of the server, once. */
extern void exact_install_hook(void);

#endif /* COMMENTARY_EXACT_H */
