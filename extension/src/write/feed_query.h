/*
 * feed_query.h
 *		Statements on commentary.feed that PostgreSQL would take, or refuse, without
 *		saying what to do.
 */
#ifndef COMMENTARY_FEED_QUERY_H
#define COMMENTARY_FEED_QUERY_H

extern void feed_query_install_hook(void);

#endif /* COMMENTARY_FEED_QUERY_H */
