/*
 * ddl.h
 *		Commands that a running flusher would stand in the way of.
 */
#ifndef COMMENTARY_DDL_H
#define COMMENTARY_DDL_H

extern void ddl_install_hook(void);

#endif /* COMMENTARY_DDL_H */
