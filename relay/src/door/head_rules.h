/* What a head must be as a whole: Host, framing, connection options, upgrade, expectation. */
#ifndef HEAD_RULES_H
#define HEAD_RULES_H

#include "door/head.h"

/* The head has been read. Sets the rest of its members, or refuses it. */
void head_rules_apply(struct head *head);

#endif
