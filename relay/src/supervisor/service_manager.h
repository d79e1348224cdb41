/*
 * What the service manager is told: the datagrams of sd_notify(3), sent without its
 * library. Started by no manager ($NOTIFY_SOCKET is not set), nothing is sent.
 *
 * There is one manager for a process, so this has one state, as the log has. It
 * never blocks; a datagram that finds no room is lost.
 */
#ifndef SERVICE_MANAGER_H
#define SERVICE_MANAGER_H

#include <stdint.h>

#define SERVICE_MANAGER_STATUS_BYTES 256

/* By $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID. */
void service_manager_init(void);

/* The manager is at the other end of this socket, and waits so long for a sign of life; 0: for
 * none. */
void service_manager_init_with(int fd, int64_t watchdog_ms);

/* It has begun to listen, or has reloaded. */
void service_manager_ready(void);
void service_manager_reloading(void);
void service_manager_stopping(void);

/* One line for `systemctl status`. What was told last is not told again. */
void service_manager_status(const char *text);

/* In each turn of the loop: says that it lives, at half of the time that the manager waits. */
void service_manager_turn(void);

/* How long the manager waits for a sign of life; 0: it does not. */
int64_t service_manager_watchdog_ms(void);

#endif
