/*
 * Messages to the service manager: the datagrams of sd_notify(3), sent without its
 * library. When no manager has started the relay ($NOTIFY_SOCKET is not set), nothing is sent.
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

/* One line for `systemctl status`. The same line is not sent twice in a row. */
void service_manager_status(const char *text);

/* Call it in each turn of the loop: sends a sign of life at half of the watchdog time. */
void service_manager_turn(void);

/* How long the manager waits for a sign of life; 0: it does not. */
int64_t service_manager_watchdog_ms(void);

#endif
