/* What every unit test includes: cmocka and what it wants before it. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Runs the tests of one file and prints TAP, so that prove(1) can read it. */
#define UNIT_RUN(tests) UNIT_RUN_WITH(tests, NULL, NULL)
/* With what comes before all of them, and after. */
#define UNIT_RUN_WITH(tests, before, after)                                                        \
    (cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests(tests, before, after))

/* cmocka 2 warns of the name under which cmocka 1 has this. */
static inline void assert_between(int64_t value, int64_t low, int64_t high)
{
    assert_true(value >= low && value <= high);
}

#endif
