/*
 * characters.c
 *		What a Unicode character does to the text around it.
 */
#include "postgres.h"

#include "base/characters.h"

typedef struct Range
{
	uint32 first;
	uint32 last;
} Range;

/* White_Space and Default_Ignorable_Code_Point of Unicode, and blank letters. In order. */
static const Range invisible[] = {
	{ 0x0009, 0x000d },
	{ 0x0020, 0x0020 },
	{ 0x0085, 0x0085 },
	{ 0x00a0, 0x00a0 },
	{ 0x00ad, 0x00ad }, /* soft hyphen */
	{ 0x034f, 0x034f },
	{ 0x061c, 0x061c },
	{ 0x115f, 0x1160 }, /* Hangul fillers */
	{ 0x1680, 0x1680 },
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },
	{ 0x2000, 0x200f }, /* spaces, zero width, marks of direction */
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x2800, 0x2800 }, /* Braille without dots */
	{ 0x3000, 0x3000 },
	{ 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f }, /* variation selectors */
	{ 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },
	{ 0x1bca0, 0x1bca3 },
	{ 0x1d159, 0x1d159 },
	{ 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff }, /* tags and more variation selectors */
};

bool
character_is_invisible(uint32 character)
{
	for (int i = 0; i < lengthof(invisible) && character >= invisible[i].first; i++)
	{
		if (character <= invisible[i].last)
			return true;
	}
	return false;
}

bool
character_is_control(uint32 character)
{
	return character < 0x20 || (character >= 0x7f && character <= 0x9f);
}

bool
character_turns_text(uint32 character)
{
	return (character >= 0x202a && character <= 0x202e) ||
		   (character >= 0x2066 && character <= 0x2069);
}

bool
character_breaks_line(uint32 character)
{
	return character == 0x2028 || character == 0x2029;
}
