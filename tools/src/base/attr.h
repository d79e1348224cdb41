/* Marks that let the compiler check what a comment can only ask for. */
#ifndef ATTR_H
#define ATTR_H

/* The result tells whether it worked; a function that drops it does not compile. */
#define MUST_CHECK __attribute__((warn_unused_result))

#define PRINTF_LIKE(place, first) __attribute__((format(printf, place, first)))

#endif
