"""`make bench-workers`: what several workers of one relay deliver and cost, with and without a feeder."""

from .. import machine, servers, sessions, viewers
from ..chart import Lines, Panel
from ..goals import Goal, at_most
from ..page import goals, of_figures, table, tables
from ..run import Study, in_order, reference, step

VIEWERS = [100, 1000]
MOST = VIEWERS[-1]
BOTH_CORES = "both cores"
WORKERS = {
    "1 worker": ("1", "off"),
    "2 workers": ("2", "off"),
    "2 workers, feeder": ("2", "on"),
    "4 workers": ("4", "off"),
    "4 workers, feeder": ("4", "on"),
}
CASES = list(WORKERS)
SHARING = ["1 worker", "2 workers"]  # both cores with the load

# --- measuring --------------------------------------------------------------------


def prepare(run):
    viewers.prepare(run, MOST, "max_connections = 50")


def steps(run):
    repetitions = run.repetitions(3, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for count in run.chosen(VIEWERS, VIEWERS[:1]):
            for case in in_order(repetition, CASES):
                yield step(deliver, case, count, repetition)
        for case in in_order(repetition, run.chosen(SHARING, SHARING[1:])):
            yield step(share, case, repetition)
    yield step(reference, len(repetitions) + 1)


def deliver(run, case, count, repetition):
    """All workers have one core, and the load with PostgreSQL has the other."""
    with servers.running(run, "relay", *options_of(case)) as server:
        found, listening_us = measured(run, f"{case}, {count} viewers", server, count)
    run.record(case, count, repetition, **taken(found), listening_us=f"{listening_us:.3f}")
    return told(f"{case}, {count} viewers", found)


def share(run, case, repetition):
    """All of them may use both cores, as on a machine without pinning."""
    cpus = f"{servers.SERVER_CPU},{servers.LOAD_CPU}"
    with servers.running(run, "relay", *options_of(case)) as server:
        for pid in [server.process.pid, *machine.children(server.process.pid)]:
            machine.pin(pid, cpus)
        run.cluster.pin(cpus)
        try:
            found, _ = measured(run, f"{case}, {BOTH_CORES}", server, MOST, cpus=cpus)
        finally:
            run.cluster.pin(servers.LOAD_CPU)
    run.record(case, BOTH_CORES, repetition, **taken(found))
    return told(f"{case}, {BOTH_CORES}", found)


def options_of(case):
    workers, feeder = WORKERS[case]
    return ["--workers", workers, "--feeder", feeder]


def measured(run, cell, server, count, **options):
    """What the load found, and what the sessions that LISTEN used of PostgreSQL's CPU, µs an entry."""
    options |= {"viewers": count, "warm_up": 0.3, "seconds": run.chosen(2, 0.5)}
    options |= {"server_pid": server.process.pid}  # the supervisor's, with all of its workers
    before = sessions.cpu_ns(run.cluster).get("relays", {})
    found = viewers.load(run, cell, server, **server.publishing | options)
    after = sessions.cpu_ns(run.cluster).get("relays", {})
    used_ns = sum(after.get(pid, ns) - ns for pid, ns in before.items())
    return found, used_ns / 1000 / max(int(found["published"] or 0), 1)


def taken(found):
    names = ("deliveries_per_s", "cpu_us", "entry_cpu_us", "p50_us", "p99_us")
    return {name: found[name] for name in names}


def told(cell, found):
    return f"{cell}: {found['deliveries_per_s']} deliveries/s, CPU {found['cpu_us']} µs a delivery"


# --- telling ----------------------------------------------------------------------


def ratio(figures, metric, this, that, x=MOST):
    return figures.ratio((this, x, metric), (that, x, metric))


def my_goals(figures):
    return [
        at_most("CPU of a delivery: 2 workers ÷ 1", ratio(figures, "cpu_us", "2 workers", "1 worker"), 1.1, 1.02),
        Goal("deliveries/s on the same one core: 2 workers ÷ 1", ratio(figures, "deliveries_per_s", "2 workers", "1 worker"), 0.9, 1),
        Goal(
            "deliveries/s on both cores, which the load shares: 2 workers ÷ 1",
            ratio(figures, "deliveries_per_s", "2 workers", "1 worker", BOTH_CORES),
            *[1, 1.2],
        ),
        at_most(
            "PostgreSQL's CPU for those that LISTEN: 4 workers with a feeder ÷ 1 worker",
            ratio(figures, "listening_us", "4 workers, feeder", "1 worker"),
            *[1.25, 1.05],
        ),
        at_most(
            "CPU of a delivery, 4 workers: with a feeder ÷ without",
            ratio(figures, "cpu_us", "4 workers, feeder", "4 workers"),
            *[1.1, 1],
        ),
    ]


def sentence(figures):
    """What two cores can say of the scaling, and what they cannot."""
    one, two = (figures.summary(case, MOST, "cpu_us") for case in SHARING)
    if not one or not two:
        return ""
    return (
        "Two cores for the relay, the load and PostgreSQL cannot show whether two workers deliver twice as much"
        " as one, since the load needs as much CPU for a delivery as the relay does. What carries over to other"
        f" machines is the relay's CPU for a delivery, {one} µs with one worker and {two} µs with two. As long as"
        " that stays the same, each core that is added delivers as much as the first, until the network card or"
        " PostgreSQL is the limit."
    )


STUDY = Study(
    title="Workers: what several processes of one relay deliver and cost, with and without a feeder",
    prepare=prepare,
    steps=steps,
    report=[
        "![](workers.svg)",
        "One entry outstanding, by NOTIFY. All processes of the relay share one core, the load and PostgreSQL the"
        " other, so that all cases have the same CPU. The CPU figures are of all processes of the relay, the"
        f" feeder and the supervisor included. *{BOTH_CORES}*: every process may run on either core.",
        goals(my_goals),
        of_figures(sentence),
        "### Deliveries per second",
        table("deliveries_per_s", CASES, [*VIEWERS, BOTH_CORES], "viewers"),
        "### CPU",
        *tables(
            [
                ("Of the relay, µs per delivery:", "cpu_us"),
                ("Of the relay, µs per entry:", "entry_cpu_us"),
                ("Of PostgreSQL's sessions that LISTEN, µs per entry:", "listening_us"),
            ],
            *[CASES, VIEWERS, "viewers"],
        ),
        "### How late",
        *tables([("p50, µs:", "p50_us"), ("p99, µs:", "p99_us")], CASES, VIEWERS, "viewers"),
    ],
    chart=Lines(
        "viewers",
        [
            Panel("CPU of the relay, µs a delivery", "cpu_us", CASES, VIEWERS),
            Panel("CPU of sessions that LISTEN, µs an entry", "listening_us", CASES, VIEWERS),
        ],
    ),
)
