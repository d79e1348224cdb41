/* What the service manager is told, on sockets of every kind. */
#include "unit.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "supervisor/service_manager.h"

static int manager = -1;

/* Listens on an abstract name that the kernel chooses, and puts it into $NOTIFY_SOCKET. */
static int begin(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = sizeof(address);
    char name[sizeof(address.sun_path) + 1] = "@";

    (void)state;
    log_set_level(LOG_ERROR); /* what is wrong here is on purpose */
    manager = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (manager < 0 ||
        bind(manager, (struct sockaddr *)&address, sizeof(address.sun_family)) != 0 ||
        getsockname(manager, (struct sockaddr *)&address, &length) != 0)
        return -1;
    memcpy(name + 1, address.sun_path + 1, length - sizeof(address.sun_family) - 1);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return setenv("NOTIFY_SOCKET", name, 1);
}

static int end(void **state)
{
    (void)state;
    service_manager_init_with(-1, 0);
    return close(manager);
}

static void hears(const char *expected)
{
    char text[512];
    ssize_t length = recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT);

    if (!expected) {
        assert_int_equal(length, -1);
        return;
    }
    assert_true(length >= 0);
    text[length] = '\0';
    assert_string_equal(text, expected);
}

static void it_is_told_what_happens(void **state)
{
    char text[512] = "";

    (void)state;
    service_manager_init();
    service_manager_ready();
    hears("READY=1");
    service_manager_reloading();
    assert_true(recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
    assert_int_equal(strncmp(text, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    assert_true(strtoll(text + 27, NULL, 10) > 0);
    service_manager_stopping();
    hears("STOPPING=1");
}

static void a_status_is_told_once(void **state)
{
    (void)state;
    service_manager_init();
    service_manager_status("3 viewers");
    service_manager_status("3 viewers");
    service_manager_status("4 viewers");
    hears("STATUS=3 viewers");
    hears("STATUS=4 viewers");
    hears(NULL);
}

static void a_long_status_is_cut(void **state)
{
    char status[1000], expected[SERVICE_MANAGER_STATUS_BYTES + 7];

    (void)state;
    memset(status, 'x', sizeof(status) - 1);
    status[sizeof(status) - 1] = '\0';
    snprintf(expected, sizeof(expected), "STATUS=%.*s", SERVICE_MANAGER_STATUS_BYTES - 1, status);
    service_manager_init();
    service_manager_status(status);
    hears(expected);
}

static void it_is_told_that_we_live_if_it_asks(void **state)
{
    (void)state;
    service_manager_init();
    service_manager_turn();
    hears(NULL);
    setenv("WATCHDOG_USEC", "60000000", 1);
    service_manager_init_with(-1, 0);
    service_manager_init();
    assert_int_equal(service_manager_watchdog_ms(), 60000);
    service_manager_turn();
    service_manager_turn(); /* not before half the time is over */
    hears("WATCHDOG=1");
    hears(NULL);
}

static void the_watchdog_of_another_process_is_not_ours(void **state)
{
    (void)state;
    setenv("WATCHDOG_USEC", "60000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    service_manager_init();
    service_manager_turn();
    hears(NULL);
}

static void without_a_manager_nothing_is_told(void **state)
{
    static const char *const names[] = {"", "relative/path", "vsock:2:1", "/no/such/socket"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        service_manager_init();
        service_manager_ready();
        service_manager_init_with(-1, 0);
    }
    hears(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_told_what_happens, begin, end),
        cmocka_unit_test_setup_teardown(a_status_is_told_once, begin, end),
        cmocka_unit_test_setup_teardown(a_long_status_is_cut, begin, end),
        cmocka_unit_test_setup_teardown(it_is_told_that_we_live_if_it_asks, begin, end),
        cmocka_unit_test_setup_teardown(the_watchdog_of_another_process_is_not_ours, begin, end),
        cmocka_unit_test_setup_teardown(without_a_manager_nothing_is_told, begin, end),
    };

    return UNIT_RUN(tests);
}
