/*
 * encoding.c
 *		Text as viewers get it: UTF-8.
 *
 * Most encodings of a server have characters that PostgreSQL cannot convert to
 * UTF-8 (A9A9 in EUC_JP, say), and the relay, which reads in UTF-8, would fail at
 * such a row for ever.  So we convert once, before the row is staged.
 */
#include "postgres.h"

#include "catalog/pg_conversion.h"
#include "catalog/pg_namespace.h"
#include "mb/pg_wchar.h"

#include "base/encoding.h"

static int first_not_ascii(const char *bytes, int len);
static const char *convert(int encoding, const char *bytes, int len, int *utf8_len);

const char *
encoding_to_utf8(const char *bytes, int len, int *utf8_len)
{
	int encoding = GetDatabaseEncoding();

	*utf8_len = len;
	if (encoding == PG_UTF8 || first_not_ascii(bytes, len) == len)
		return bytes;
	if (encoding != PG_SQL_ASCII)
		return convert(encoding, bytes, len, utf8_len);
	*utf8_len = pg_encoding_verifymbstr(PG_UTF8, bytes, len);
	return *utf8_len == len ? bytes : NULL;
}

uint32
encoding_decode(const char *utf8, int *len)
{
	*len = pg_utf_mblen((const unsigned char *) utf8);
	return utf8_to_unicode((const unsigned char *) utf8);
}

static int
first_not_ascii(const char *bytes, int len)
{
	int i = 0;

	while (i < len && !IS_HIGHBIT_SET(bytes[i]))
		i++;
	return i;
}

/* Use PostgreSQL's own conversion: the relay does not use a conversion that a user made. */
static const char *
convert(int encoding, const char *bytes, int len, int *utf8_len)
{
	Oid function = FindDefaultConversion(PG_CATALOG_NAMESPACE, encoding, PG_UTF8);
	int size = len * MAX_CONVERSION_GROWTH + 1;
	char *utf8;
	int converted;

	if (!OidIsValid(function))
	{
		*utf8_len = first_not_ascii(bytes, len); /* MULE_INTERNAL has none */
		return NULL;
	}
	utf8 = palloc(size);
	converted = pg_do_encoding_conversion_buf(function, encoding, PG_UTF8,
											  (unsigned char *) unconstify(char *, bytes), len,
											  (unsigned char *) utf8, size, true);
	*utf8_len = converted == len ? strlen(utf8) : converted;
	return converted == len ? utf8 : NULL;
}
