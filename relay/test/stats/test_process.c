/* What the kernel says of this process is true of it. */
#include "unit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "stats/process.h"

#define OPENED 40

static size_t count_fds(void)
{
    struct process process;

    process_take(&process);
    return process.open_fds;
}

static void descriptors_are_counted(void **state)
{
    size_t before = count_fds();
    int fds[OPENED];

    (void)state;
    assert_true(before >= 3);
    for (int i = 0; i < OPENED; i++)
        assert_true((fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
    assert_int_equal(count_fds(), before + OPENED);
    for (int i = 0; i < OPENED; i++)
        close(fds[i]);
    assert_int_equal(count_fds(), before);
}

/* When none is left, that has to be told. */
static void none_is_needed_to_count_them(void **state)
{
    size_t before = count_fds(), opened = 0;
    struct rlimit limit, few;
    int fds[OPENED];

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    few = (struct rlimit){OPENED, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    while (opened < OPENED && (fds[opened] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        opened++;
    assert_true(opened >= 1 && opened < OPENED);
    assert_int_equal(count_fds(), before + opened);
    while (opened-- > 0)
        close(fds[opened]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void the_rest_is_not_nothing(void **state)
{
    struct process process;
    struct rlimit limit;

    (void)state;
    process_take(&process);
    assert_true(process.cpu_s > 0);
    assert_true(process.resident_bytes >= (size_t)sysconf(_SC_PAGESIZE));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(process.max_fds == limit.rlim_cur);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_are_counted),
        cmocka_unit_test(none_is_needed_to_count_them),
        cmocka_unit_test(the_rest_is_not_nothing),
    };

    return UNIT_RUN(tests);
}
