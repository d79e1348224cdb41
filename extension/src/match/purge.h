/*
 * purge.h
 *		Removes a match that is over, with its log, and old entries of the lobby.
 */
#ifndef COMMENTARY_PURGE_H
#define COMMENTARY_PURGE_H

#include "c.h"

/* Are entries under this number still to be removed?  Needs SPI to be connected. */
extern bool purge_is_under_way(int64 match_id);

#endif /* COMMENTARY_PURGE_H */
