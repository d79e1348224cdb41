/* Attributes, by which the compiler checks rules that a comment could only state. */
#ifndef ATTR_H
#define ATTR_H

/* The result says whether the call has worked; ignoring it is an error of the compiler. */
#define MUST_CHECK __attribute__((warn_unused_result))

#define PRINTF_LIKE(place, first) __attribute__((format(printf, place, first)))

#endif
