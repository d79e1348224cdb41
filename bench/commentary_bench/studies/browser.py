"""`make bench-browser`: what the page costs a fan's device: the first line over a slow line, CPU at a fast
pace, and what a long match takes in memory and in drawing."""

import contextlib
import importlib.util
import os
import sys
import time

from .. import servers
from ..chart import Lines, Panel
from ..goals import at_most
from ..page import goals, table
from ..run import Study, in_order, reference, step

# case: (is the cache warm?, how many times slower the CPU is)
VISITS = {"first visit": (False, 1), "next visit": (True, 1), "first visit, slow phone": (False, 4)}
QUICK_VISITS = ["first visit"]
HELD = [50, 500, 5000]
QUICK_HELD = [50, 500]
RATE = 20
DRAWINGS = 20
DRAWN_EVERY_S = 0.3  # further apart than the page's drawings
SUPPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../regress/relay")
POST = "select commentary.post({match}, '{message}', minute => 95)"  # after all lines, or it would come late
INSERT = (
    "insert into commentary.feed (match_id, minute, message)"
    " select {match}, n / 56, 'Line ' || n || repeat(' and so it goes on', n % 9) from generate_series(1, {count}) n"
)

# --- measuring --------------------------------------------------------------------


def costs():
    """What the tests of the page measure with, too."""
    if SUPPORT not in sys.path:
        sys.path.append(SUPPORT)
    return importlib.import_module("support.browser.page_costs")


def skipped(_places):
    if not importlib.util.find_spec("selenium"):
        return "python3-selenium is not installed"
    costs()
    return importlib.import_module("support.browser.browsers").missing("chromium")


@contextlib.contextmanager
def chromium():
    """A fresh one, which ends with the step."""
    costs()
    with contextlib.ExitStack() as endings:

        class Ending:
            """As a class of unittest ends what was started for it."""

            @staticmethod
            def addClassCleanup(function, *arguments, **options):  # pylint: disable=invalid-name
                endings.callback(function, *arguments, **options)

        yield importlib.import_module("support.browser.browsers").launch("chromium", Ending)


def prepare(run):
    run.start_cluster("max_connections = 20")
    run.cluster.pin(servers.LOAD_CPU)
    with chromium() as driver:
        run.software.append(f"Chromium {driver.capabilities['browserVersion']}, headless")


def steps(run):
    repetitions = run.repetitions(2, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for case in in_order(repetition, run.chosen(list(VISITS), QUICK_VISITS)):
            yield step(visit, case, repetition)
        yield step(pace, repetition)
        for count in in_order(repetition, run.chosen(HELD, QUICK_HELD)):
            yield step(hold, count, repetition)
    yield step(reference, len(repetitions) + 1)


def create_match(run, count):
    match = run.cluster.number("select commentary.create_match('Rovers', 'City', status => 'live', competition => 'Coast Cup')")
    run.cluster.sql(INSERT.format(match=match, count=count), "select commentary.flush()")
    return match


def is_first(text):
    """A script: is it in the newest row?"""
    return f"return document.querySelector('#timeline [data-seq]').textContent.includes('{text}')"


def post(run, match, message):
    run.cluster.sql(POST.format(match=match, message=message))


def visit(run, case, repetition):
    """The page of a match of 50 lines at 400 ms and 400 kbit/s."""
    is_cached, cpu = VISITS[case]
    match = create_match(run, 50)
    with servers.running(run, "live relay") as server, chromium() as driver:
        url = f"http://127.0.0.1:{server.port}/match/{match}"
        if is_cached:
            costs().first_entry(driver, url)
        seen_ms, loaded = costs().first_entry(driver, url, is_cached, cpu)
    size = sum(size for _, size in loaded)
    run.record(case, 50, repetition, first_ms=round(seen_ms), requests=len(loaded), kilobytes=round(size / 1000, 1))
    return f"{case}: first line after {seen_ms:.0f} ms, {len(loaded)} requests, {size} bytes"


def pace(run, repetition):
    """20 lines a second for ten seconds, to a reader at the top of 200 lines."""
    match, seconds = create_match(run, 200), run.chosen(10, 2)
    with servers.running(run, "live relay") as server, chromium() as driver:
        driver.get(f"http://127.0.0.1:{server.port}/match/{match}")
        costs().await_true(driver, costs().IS_LIVE)
        time.sleep(1)  # until it is at rest
        cpu, lines = costs().BrowserCpu(driver), RATE * seconds
        for n in range(lines):
            time.sleep(max(0, cpu.began_s + n / RATE - time.monotonic()))
            post(run, match, f"quick {n}")
        costs().await_true(driver, is_first(f"quick {lines - 1}"))
        cores = cpu.cores()
    run.record("pace", RATE, repetition, cores=round(cores, 3))
    return f"{RATE} lines/s: {cores:.2f} of a core"


def hold(run, count, repetition):
    """All lines of a match are read, then one comes after the other."""
    match = create_match(run, count)
    with servers.running(run, "live relay") as server, chromium() as driver:
        driver.get(f"http://127.0.0.1:{server.port}/match/{match}")
        costs().await_true(driver, costs().IS_LIVE)
        costs().show_all(driver, "Line 1 and")
        before = costs().page_metrics(driver)
        for n in range(DRAWINGS):
            post(run, match, f"further {n}")
            costs().await_true(driver, is_first(f"further {n}"))
            time.sleep(DRAWN_EVERY_S)
        after = costs().page_metrics(driver)
        rows = driver.execute_script("return document.querySelectorAll('#timeline [data-seq]').length")
    megabytes, line_ms = after["JSHeapUsedSize"] / 1e6, costs().drawing_ms(before, after) / DRAWINGS
    run.record("held", count, repetition, heap_mb=round(megabytes, 2), line_ms=round(line_ms, 2), rows=rows)
    return f"{count} lines held: heap {megabytes:.1f} MB, {line_ms:.1f} ms a line, {rows} rows"


# --- telling ----------------------------------------------------------------------


def my_goals(figures):
    first, held = "first visit", ("held", HELD[-1])
    return [
        at_most("first line at 400 ms and 400 kbit/s, ms", figures.summary(first, 50, "first_ms"), 1500, 1200),
        at_most("requests until the page follows", figures.summary(first, 50, "requests"), 8),
        at_most("kB until the page follows", figures.summary(first, 50, "kilobytes"), 45),
        at_most("20 lines/s, cores of all processes of the browser", figures.summary("pace", RATE, "cores"), 0.25),
        at_most("5,000 lines held: heap of the page, MB", figures.summary(*held, "heap_mb"), 30),
        at_most("5,000 lines held: script and layout of a new line, ms", figures.summary(*held, "line_ms"), 16),
        at_most("5,000 lines held: rows in the document", figures.summary(*held, "rows"), 160),
    ]


STUDY = Study(
    title="The page in a browser: weight, CPU, memory",
    prepare=prepare,
    steps=steps,
    skipped=skipped,
    report=[
        "![](browser.svg)",
        "What the page costs a viewer's device. Each figure comes from a fresh headless Chromium, which draws"
        " without a graphics card, on the machine that also runs the relay and PostgreSQL.",
        goals(my_goals),
        "### Until the page is there\n\nAt 400 ms to each answer and 400 kbit/s. A slow phone is this CPU, four times slower."
        "\n\nms to the first line:",
        table("first_ms", list(VISITS), [50], "lines"),
        "Requests:",
        table("requests", list(VISITS), [50], "lines"),
        "kB over the line:",
        table("kilobytes", list(VISITS), [50], "lines"),
        "### While it is live\n\nCores at 20 lines a second, of all processes of the browser:",
        table("cores", ["pace"], [RATE], "lines/s", {"pace": "reader at the top"}),
        "### A long match\n\nThe page has loaded all lines, and the reader is at the top. Heap of the page after"
        " a garbage collection, MB:",
        table("heap_mb", ["held"], HELD, "lines held", {"held": "heap"}),
        "Script, style and layout for a new line, with the measuring itself, ms:",
        table("line_ms", ["held"], HELD, "lines held", {"held": "a line"}),
    ],
    chart=Lines(
        "lines held",
        [
            Panel("heap of the page, MB", "heap_mb", ["held"], HELD, names={"held": "heap"}),
            Panel("script and layout, ms a line", "line_ms", ["held"], HELD, names={"held": "a line"}),
        ],
    ),
)
