/*
 * characters.h
 *		What a Unicode character does to the text around it.
 */
#ifndef COMMENTARY_CHARACTERS_H
#define COMMENTARY_CHARACTERS_H

/* Is it invisible: a space, or a character that only joins, selects or directs others? */
extern bool character_is_invisible(uint32 character);

/* C0, DEL or C1. */
extern bool character_is_control(uint32 character);

/* Embeds, overrides or isolates: it turns round the text that follows, also of others. */
extern bool character_turns_text(uint32 character);

/* U+2028 and U+2029. */
extern bool character_breaks_line(uint32 character);

#endif /* COMMENTARY_CHARACTERS_H */
