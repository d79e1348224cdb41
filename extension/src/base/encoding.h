/*
 * encoding.h
 *		Text as viewers get it: UTF-8, whatever the encoding of the database is.
 */
#ifndef COMMENTARY_ENCODING_H
#define COMMENTARY_ENCODING_H

/*
 * The same text in UTF-8, and its length; the bytes themselves where they are that
 * already, palloc'd otherwise.  NULL when a character has no equivalent, or the
 * bytes of an SQL_ASCII database are not UTF-8; *utf8_len is then where.
 */
extern const char *encoding_to_utf8(const char *bytes, int len, int *utf8_len);

/* The character at the beginning of valid UTF-8, and how many bytes it has. */
extern uint32 encoding_decode(const char *utf8, int *len);

#endif /* COMMENTARY_ENCODING_H */
