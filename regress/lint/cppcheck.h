/*
 * What cppcheck has to know of the headers that it does not follow: which macros
 * are loops, and which never return. It cannot read the real ones.
 */
#define LIST_FOREACH(var, head, field) for ((var) = list_first(head); (var); (var) = list_next(var))
#define TAILQ_FOREACH(var, head, field) LIST_FOREACH(var, head, field)
#define TAILQ_FOREACH_REVERSE(var, head, headname, field) LIST_FOREACH(var, head, field)

#define WARNING 19
#define ERROR 21
#define FATAL 22
#define ereport(level, ...)                                                                        \
    do {                                                                                           \
        if ((level) >= ERROR)                                                                      \
            abort();                                                                               \
    } while (0)
#define elog(level, ...) ereport(level, )
