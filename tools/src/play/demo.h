/*
 * The format of the demo's matches, which `sql/demo/play --help` describes:
 *
 *   @teams | Rovers | City
 *   1 45:30 | goal #first > live | Rovers | A. Striker | In! | home=1; away=0; match.clock=HT
 *   1 46:10 | retract first | | | It was offside.
 *
 * A period begins a minute after the last line of the period before. A goal of a team increases its
 * score, unless the line gives the score itself.
 */
#ifndef DEMO_H
#define DEMO_H

#include <stddef.h>

#include "play/script.h"

/* speed: set to @speed, if the file has it. */
void demo_read(struct script *script, char *text, long long *speed);

#endif
