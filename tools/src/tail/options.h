/* The options of commentary-tail. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#define OPTIONS_MATCHES_MAX 128 /* as many as one viewer may follow at a relay */

struct options {
    const char *url;     /* of the relay, without a slash at its end */
    const char *token;   /* NULL: none */
    const char *ca_file; /* NULL: that of the system */
    const char *since;   /* SEQ or EPOCH:SEQ; NULL: begin with the last lines */
    int lines;
    bool is_following;
    bool until_end; /* end when all matches are over */
    bool is_json;
    bool is_coloured;
    long long timeout_ms; /* how long it may be without a connection; 0: for ever */
    const char *matches[OPTIONS_MATCHES_MAX];
    int match_count;
};

/* Reads the options. Ends the program if one is wrong, and after --help and --version. */
void options_read(struct options *options, int argc, char **argv);

#endif
