/* Attributes by which the compiler checks the use of a function. */
#ifndef ATTR_H
#define ATTR_H

/* The result says whether the function worked; code that ignores it does not compile. */
#define MUST_CHECK __attribute__((warn_unused_result))

#define PRINTF_LIKE(format, first) __attribute__((format(printf, format, first)))

#endif
