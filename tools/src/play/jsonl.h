/*
 * JSON lines: each line is an object whose members are columns of commentary.feed, `match.COLUMN`
 * or `at`, or an entry as the relay, commentary-tail --json or commentary.read() write it:
 *
 *   {"minute":12,"kind":"goal","actor":"Kane","message":"In!","match.home_score":1}
 *   {"type":"commentary","match":7,"seq":58,"op":"amend","ref_seq":57,"actor":"Saka"}
 *   {"type":"match","match":7,"seq":59,"state":{"status":"live",…}}
 *
 * All entries must be of one match. Messages of other types are ignored.
 */
#ifndef JSONL_H
#define JSONL_H

#include <stddef.h>

#include "play/script.h"

void jsonl_read(struct script *script, const char *bytes, size_t length);

#endif
