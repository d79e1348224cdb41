/*
 * JSON lines: an object on each line, whose members are columns of commentary.feed, `match.COLUMN`
 * or `at`; and the entries that the relay, commentary-tail --json and commentary.read() give:
 *
 *   {"minute":12,"kind":"goal","actor":"Kane","message":"In!","match.home_score":1}
 *   {"type":"commentary","match":7,"seq":58,"op":"amend","ref_seq":57,"actor":"Saka"}
 *   {"type":"match","match":7,"seq":59,"state":{"status":"live",…}}
 *
 * Entries of one match only. Messages of other types are passed over.
 */
#ifndef JSONL_H
#define JSONL_H

#include <stddef.h>

#include "play/script.h"

void jsonl_read(struct script *script, const char *bytes, size_t length);

#endif
