/*
 * feed_query.h
 *		Refuses statements on commentary.feed that cannot work, with a hint that says
 *		what to do instead.
 */
#ifndef COMMENTARY_FEED_QUERY_H
#define COMMENTARY_FEED_QUERY_H

extern void feed_query_install_hook(void);

#endif /* COMMENTARY_FEED_QUERY_H */
