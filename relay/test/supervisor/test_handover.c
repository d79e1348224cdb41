/* What one program tells the next, as text. */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "supervisor/handover.h"

#define PID 4711

static struct handover handover;

static void what_is_written_is_read(void **state)
{
    static const char text[] = "1 4711 own 5,6 4712:8,4713:9 127.0.0.1:8080";
    struct buffer out = {0};

    (void)state;
    assert_true(handover_read(&handover, text, PID));
    assert_false(handover.is_lent);
    assert_int_equal(handover.socket_count, 2);
    assert_int_equal(handover.sockets[1], 6);
    assert_int_equal(handover.process_count, 2);
    assert_int_equal(handover.processes[1].pid, 4713);
    assert_int_equal(handover.processes[1].channel, 9);
    assert_string_equal(handover.listen, "127.0.0.1:8080");
    handover_write(&out, &handover, PID);
    assert_int_equal(out.length, sizeof(text) - 1);
    assert_memory_equal(out.bytes, text, out.length);
    buffer_free(&out);
}

static void a_socket_of_the_service_manager_and_nobody_left(void **state)
{
    (void)state;
    assert_true(handover_read(&handover, "1 4711 lent 3 - [::]:80", PID));
    assert_true(handover.is_lent);
    assert_int_equal(handover.process_count, 0);
    assert_string_equal(handover.listen, "[::]:80");
}

static void what_is_no_handover_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "1",
        "2 4711 own 5 - x:1",
        "1 4712 own 5 - x:1",
        "1 4711 mine 5 - x:1",
        "1 4711 own  - x:1",
        "1 4711 own 5, - x:1",
        "1 4711 own 5",
        "1 4711 own 5 -",
        "1 4711 own 5 4712 x:1",
        "1 4711 own 5 0:8 x:1",
        "1 4711 own 5 4712:8, x:1",
        "1 4711 own 5555555555 - x:1",
        "1 4711 own -5 - x:1",
        " 1 4711 own 5 - x:1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(handover_read(&handover, wrong[i], PID));
}

static void what_is_too_long_is_refused(void **state)
{
    struct buffer text = {0};

    (void)state;
    buffer_add_text(&text, "1 4711 own 5");
    for (int i = 0; i < HANDOVER_SOCKETS_MAX; i++)
        buffer_add_text(&text, ",5");
    buffer_add(&text, " - x:1", sizeof(" - x:1"));
    assert_false(handover_read(&handover, (const char *)text.bytes, PID));
    buffer_clear(&text);
    buffer_add_text(&text, "1 4711 own 5 - ");
    for (int i = 0; i < HANDOVER_LISTEN_BYTES; i++)
        buffer_add_text(&text, "x");
    buffer_add(&text, "", 1);
    assert_false(handover_read(&handover, (const char *)text.bytes, PID));
    buffer_free(&text);
}

static void the_environment_keeps_it_for_nobody_else(void **state)
{
    (void)state;
    setenv(HANDOVER_VARIABLE, "1 1 own 5 - x:1", 1);
    assert_false(handover_take(&handover));
    assert_null(getenv(HANDOVER_VARIABLE));
    assert_int_equal(handover.socket_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_socket_of_the_service_manager_and_nobody_left),
        cmocka_unit_test(what_is_no_handover_is_refused),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(the_environment_keeps_it_for_nobody_else),
    };

    return UNIT_RUN(tests);
}
