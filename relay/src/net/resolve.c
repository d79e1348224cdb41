/* A lookup: what loop and thread share belongs to both, and the last of them frees it. */
#include "net/resolve.h"

#include <event2/event.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)512 * 1024) /* the resolver's plugins need some */

/* The thread writes the result, then one byte into the pipe; the loop reads in that order. */
struct question {
    atomic_int owners;
    int done_fd; /* the end of the pipe that the thread writes to */
    char name[256];
    struct resolved resolved;
};

struct resolve {
    struct question *question;
    struct event *is_done;
    resolve_done *on_done;
    void *context;
    int fd;
};

static void question_release(struct question *question)
{
    if (atomic_fetch_sub(&question->owners, 1) > 1)
        return;
    close(question->done_fd);
    free(question);
}

/* ---- in the thread ---- */

/* The list may name an address more than once, for each kind of socket. */
static bool is_known(const struct resolved *resolved, const char *address)
{
    for (size_t i = 0; i < resolved->count; i++)
        if (strcmp(resolved->addresses[i], address) == 0)
            return true;
    return false;
}

static void add_address(struct resolved *resolved, const struct addrinfo *info)
{
    char *address = resolved->addresses[resolved->count];

    if (getnameinfo(info->ai_addr, info->ai_addrlen, address, RESOLVE_ADDRESS_BYTES, NULL, 0,
                    NI_NUMERICHOST) == 0 &&
        !is_known(resolved, address))
        resolved->count++;
}

static void *ask(void *argument)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct question *question = argument;
    struct resolved *resolved = &question->resolved;
    struct addrinfo *list = NULL;
    int error = getaddrinfo(question->name, NULL, &hints, &list);

    for (struct addrinfo *i = list; i && resolved->count < RESOLVE_ADDRESSES_MAX; i = i->ai_next)
        add_address(resolved, i);
    if (list)
        freeaddrinfo(list);
    resolved->error = gai_strerror(error ? error : EAI_NONAME);
    while (write(question->done_fd, "", 1) == 0) {
    }
    question_release(question);
    return NULL;
}

/* Signals are the loop's. */
static bool start_thread(struct question *question)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;
    bool is_started;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    is_started = pthread_create(&thread, &attributes, ask, question) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return is_started;
}

/* ---- in the loop ---- */

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct resolve *resolve = context;

    (void)fd;
    (void)what;
    resolve->on_done(resolve->context, &resolve->question->resolved);
}

static struct question *question_new(const char *name, int done_fd)
{
    struct question *question =
        strlen(name) < sizeof(question->name) ? calloc(1, sizeof(*question)) : NULL;

    if (!question) {
        close(done_fd);
        return NULL;
    }
    question->owners = 1;
    question->done_fd = done_fd;
    memcpy(question->name, name, strlen(name) + 1);
    return question;
}

static bool resolve_begin(struct resolve *resolve, struct event_base *base, const char *name)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    resolve->fd = ends[0];
    resolve->question = question_new(name, ends[1]);
    resolve->is_done = event_new(base, ends[0], EV_READ, on_readable, resolve);
    if (!resolve->question || !resolve->is_done || event_add(resolve->is_done, NULL) != 0)
        return false;
    resolve->question->owners = 2;
    if (start_thread(resolve->question))
        return true;
    resolve->question->owners = 1;
    return false;
}

struct resolve *resolve_new(struct event_base *base, const char *name, resolve_done *on_done,
                            void *context)
{
    struct resolve *resolve = calloc(1, sizeof(*resolve));

    if (!resolve)
        return NULL;
    resolve->fd = -1;
    resolve->on_done = on_done;
    resolve->context = context;
    if (!resolve_begin(resolve, base, name)) {
        resolve_free(resolve);
        return NULL;
    }
    return resolve;
}

void resolve_free(struct resolve *resolve)
{
    if (!resolve)
        return;
    if (resolve->is_done)
        event_free(resolve->is_done);
    if (resolve->fd >= 0)
        close(resolve->fd);
    if (resolve->question)
        question_release(resolve->question);
    free(resolve);
}
