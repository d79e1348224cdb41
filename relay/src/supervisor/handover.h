/*
 * The handover: the data that a supervisor gives to the program that replaces it, in one variable
 * of the environment.
 *
 * The process stays, and with it its descriptors and its children: the new program only has
 * to be told which they are. It works with the program of another version, so this format may
 * only grow at its end.
 *
 *     COMMENTARY_HANDOVER = VERSION " " PID " " KIND " " SOCKETS " " PROCESSES " " LISTEN
 *     KIND                = "own" | "lent"         who has opened the sockets
 *     SOCKETS             = FD {"," FD} | "-"
 *     PROCESSES           = PROCESS {"," PROCESS} | "-"
 *     PROCESS             = PID ":" FD             a worker, and its channel
 *     LISTEN              = the option --listen, to the end
 *
 * Valid:    "1 4711 own 5,6 4712:8,4713:9 127.0.0.1:8080"   "1 4711 lent 3 - [::]:80"
 * Invalid:  "1 4711 own 5 -"   "1 4711 own 5, - x:1"   "1 4711 own 5 4712 x:1"   "2 …" of another
 *           version; a PID that is not this process: then the variable was inherited.
 */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/buffer.h"

#define HANDOVER_VARIABLE "COMMENTARY_HANDOVER"
#define HANDOVER_SOCKETS_MAX 256
/* Of all programs before: those that are still sending their viewers away count. */
#define HANDOVER_PROCESSES_MAX 1024
#define HANDOVER_LISTEN_BYTES 272

/* A worker of the program before. */
struct handover_process {
    pid_t pid;
    int channel;
};

struct handover {
    bool is_lent;
    int sockets[HANDOVER_SOCKETS_MAX];
    size_t socket_count;
    struct handover_process processes[HANDOVER_PROCESSES_MAX];
    size_t process_count;
    char listen[HANDOVER_LISTEN_BYTES];
};

/* False: it is full. */
bool handover_add_socket(struct handover *handover, int fd) MUST_CHECK;
bool handover_add_process(struct handover *handover, pid_t pid, int channel) MUST_CHECK;

/* Adds its text, for the process `pid`. */
void handover_write(struct buffer *out, const struct handover *handover, pid_t pid);

/* Parses a text. False: it is not valid, or not for the process `pid`. */
bool handover_read(struct handover *handover, const char *text, pid_t pid) MUST_CHECK;

/* The same from the environment, from which the variable is removed. */
bool handover_take(struct handover *handover) MUST_CHECK;

#endif
