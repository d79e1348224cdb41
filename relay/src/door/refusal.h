/* What is said over HTTP to a client that is not let in. */
#ifndef REFUSAL_H
#define REFUSAL_H

struct refusal {
    unsigned status; /* of HTTP; 0: it is let in */
    const char *text;
    int retry_after_s;     /* 0: to come back is of no use */
    const char *challenge; /* WWW-Authenticate; NULL: none */
};

#endif
