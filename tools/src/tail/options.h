/* What is asked of commentary-tail. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#define OPTIONS_MATCHES_MAX 128 /* as many as one viewer may follow at a relay */

struct options {
    const char *url;     /* of the relay, without a slash at its end */
    const char *token;   /* NULL: none */
    const char *ca_file; /* NULL: the system's */
    const char *since;   /* SEQ or EPOCH:SEQ; NULL: the last lines */
    int lines;
    bool is_following;
    bool until_end; /* of the matches */
    bool is_json;
    bool is_coloured;
    long long timeout_ms; /* how long without a connection; 0: for ever */
    const char *matches[OPTIONS_MATCHES_MAX];
    int match_count;
};

/* Ends the program when an option is wrong, and after --help and --version. */
void options_read(struct options *options, int argc, char **argv);

#endif
