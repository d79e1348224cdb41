/*
 * place.h
 *		Where this data directory is, to tell a copy of it from the one copied.
 */
#ifndef COMMENTARY_PLACE_H
#define COMMENTARY_PLACE_H

/* The place as text, in the current memory context: "HOST PATH DEVICE INODE BORN". */
extern char *place_here(void);

/*
 * Why a server that runs here is not the one that noted its place before, as an
 * errdetail; NULL when it may be the same.  A place that cannot be read counts as unknown.
 */
extern const char *place_difference(const char *before, const char *here);

#endif /* COMMENTARY_PLACE_H */
