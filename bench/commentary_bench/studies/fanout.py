"""`make bench-fanout`: how fast an entry reaches every viewer, and what a viewer costs."""

from .. import servers, viewers, wrk
from ..chart import Lines, Panel
from ..goals import Goal, at_most
from ..page import goals, table, tables
from ..run import Study, in_order, reference, step
from ..summaries import summary_of

VIEWERS = [100, 1000, 5000, 10000]
QUICK_VIEWERS = [1000]
MATCHES = 128
HTTP_CONNECTIONS = 64
NAMES = {
    "loop": "send() loop",
    "coalescing": "coalescing send() loop",
    "relay": "**relay**",
    "nchan": "nginx + nchan",
    "ws": "npm ws",
    "nats": "nats-server",
    "mosquitto": "mosquitto",
    "trigger": "trigger + send() loop",
}
CASES = {
    "one": ["loop", "relay", "nchan", "nats", "mosquitto", "ws"],
    "bursts": ["coalescing", "relay", "nchan", "nats", "mosquitto", "ws"],
    "paced": ["loop", "relay"],
}

BROKERS = ["nats", "mosquitto"]
MOST_OF_BROKERS = 1000  # viewers: a cell of mosquitto's with more takes half a minute

# --- measuring --------------------------------------------------------------------


def prepare(run):
    run.need_files(viewer_counts(run)[-1] + 100)
    run.start_cluster("max_connections = 20", "max_worker_processes = 16")
    servers.prepare_nginx(run)
    servers.prepare_ws(run)
    servers.prepare_brokers(run)
    run.create_matches(MATCHES)
    run.cluster.pin(servers.LOAD_CPU)  # the server under test has a core of its own


def viewer_counts(run):
    return run.chosen(VIEWERS, QUICK_VIEWERS)


def steps(run):
    repetitions = run.repetitions(3, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for count in viewer_counts(run):
            for mode, kinds in CASES.items():
                for kind in in_order(repetition, able(kinds, count)):
                    yield step(fan_out, kind, count, mode, repetition)
        for matches in (1, MATCHES):
            yield step(many_matches, matches, repetition)
        for percent in (0, 10):
            yield step(slow_viewers, percent, repetition)
        for kind in in_order(repetition, ["trigger", "relay"]):
            yield step(whole_line, kind, repetition)
        yield step(get_matches, repetition)
    yield step(reference, len(repetitions) + 1)
    yield step(silence, viewer_counts(run)[-1])


def able(kinds, count):
    """Those that are measured with so many viewers."""
    return [kind for kind in kinds if kind not in BROKERS or count <= MOST_OF_BROKERS]


def fan_out(run, kind, count, mode, repetition):
    """One entry outstanding, bursts of 16, or ten entries a second."""
    told = f"{kind}, {count} viewers, {mode}"
    how = {
        "one": {"burst": 1, "seconds": run.chosen(1.5, 0.5)},
        "bursts": {"burst": 16, "seconds": run.chosen(1.5, 0.5)},
        "paced": {"rate": 10, "seconds": run.chosen(3, 1)},
    }[mode]
    with servers.running(run, kind) as server:
        found = viewers.load(run, told, server, **server.publishing | {"viewers": count, "warm_up": 0.3} | how)
    metrics = ["deliveries_per_s", "cpu_us", "p50_us", "p99_us"]
    metrics += ["connect_per_s", "ready_pct", "rss_per_viewer", "kernel_per_viewer"]
    run.record(kind, count, repetition, **found.taken(mode, *metrics))
    return (
        f"{told}: {found['deliveries_per_s']} deliveries/s, p99 {found['p99_us']} µs, CPU {found['cpu_us']} µs"
    )


def many_matches(run, matches, repetition):
    """Each viewer follows so many; entries come in turn."""
    told = f"relay, {matches} matches a viewer"
    options = {"viewers": 1000, "matches": matches, "warm_up": 0.3, "seconds": run.chosen(1.5, 0.5)}
    with servers.running(run, "relay") as server:
        found = viewers.load(run, told, server, **server.publishing | options)
    figures = found.taken("follow", "cpu_us", "deliveries_per_s", "rss_per_viewer")
    run.record("relay", f"{matches} matches", repetition, **figures)
    return f"{told}: CPU {found['cpu_us']} µs a delivery"


def slow_viewers(run, percent, repetition):
    told = f"relay, {percent} % slow viewers"
    options = {"viewers": 500, "slow": percent, "rate": 40, "burst": 16, "warm_up": 0.5, "seconds": run.chosen(4, 2)}
    with servers.running(run, "relay", "--topic-bytes", "256KiB") as server:
        found = viewers.load(run, told, server, **server.publishing | options)
    run.record("relay", f"{percent} % slow", repetition, **found.taken("slow", "rss_growth", "p50_us", "p99_us"))
    return f"{told}: p99 of the others {found['p99_us']} µs, RSS grew by {found['rss_growth']} bytes"


def silence(run, count):
    """Nobody publishes; pings go on."""
    seconds = run.chosen(30, 3)
    with servers.running(run, "relay", "--ping-interval", f"{seconds}s") as server:
        options = {"protocol": "relay", "viewers": count, "seconds": seconds}
        found = viewers.load(run, "relay, silent viewers", server, **options)
    run.record("relay", count, 1, **found.taken("silent", "cpu_pct"))
    return f"{count} silent viewers, a ping every {seconds} s: {found['cpu_pct']} % of a core"


def whole_line(run, kind, repetition):
    """From INSERT to viewer, 10 a second."""
    told = f"{kind}, INSERT to viewer"
    into = "commentary.feed" if kind == "relay" else "bench.entry"
    options = {
        "publish": "insert",
        "viewers": 1000,
        "rate": 10,
        "insert": f"INSERT INTO {into} (match_id, message) VALUES ($1, $2)",
        "seconds": run.chosen(5, 2),
    }
    run.cluster.sql("truncate bench.entry restart identity")
    with servers.running(run, kind) as server:
        found = viewers.load(run, told, server, **server.publishing | options)
    run.record(kind, 1000, repetition, **found.taken("line", "p50_us", "p99_us"))
    return f"{told}: p50 {found['p50_us']} µs, p99 {found['p99_us']} µs"


def get_matches(run, repetition):
    """The relay's list of matches, then the same bytes as a file of nginx."""
    with servers.running(run, "relay") as server:
        status, answer = server.get("/matches")
        if status != 200:
            run.fault(f"the relay answers GET /matches with {status}")
        ours = requests_per_s(run, server)
    servers.serve_file(run, "matches", answer)
    with servers.running(run, "nginx") as server:
        run.record("nginx", HTTP_CONNECTIONS, repetition, http_per_s=requests_per_s(run, server))
    run.record("relay", HTTP_CONNECTIONS, repetition, http_per_s=ours)
    return f"GET /matches, {len(answer)} bytes: {ours}/s"


def requests_per_s(run, server):
    """Nothing when a request failed: that is a missing figure, and so a fault."""
    found = wrk.requests(run, server, "/matches", HTTP_CONNECTIONS, run.chosen(3, 1))
    return found["per_s"] if found["failed"] == "0" else ""


# --- telling ----------------------------------------------------------------------


def each_viewers(figures, mode, that, metric, counts):
    """The ratio relay ÷ that at each number of viewers that was measured."""
    for x in counts:
        found = figures.ratio(("relay", x, f"{mode}_{metric}"), (that, x, f"{mode}_{metric}"))
        if found:
            yield x, found


def speed(figures, title, mode, that, reach, stretch=None):
    return [
        Goal(f"{title} ÷ {NAMES[that]}, {x:,} viewers", found, reach, stretch)
        for x, found in each_viewers(figures, mode, that, "deliveries_per_s", VIEWERS)
    ]


def delay(figures, metric):
    return [
        at_most(f"paced 10/s, {metric[:3]} ÷ send() loop, {x:,} viewers", found, 1.25, 1.1)
        for x, found in each_viewers(figures, "paced", "loop", metric, VIEWERS[:3])
    ]


def growth(figures):
    """What slow viewers added to the memory, beside what the log itself took, in KB."""
    with_slow, without = (figures.of("relay", f"{n} % slow", "slow_rss_growth") for n in (10, 0))
    return summary_of((with_slow[r] - without[r]) / 1024 for r in with_slow if r in without)


def goals_of_line(figures):
    return [
        at_most(
            f"INSERT → viewer, 10/s, 1,000 viewers, {metric[5:8]} ÷ trigger + send() loop",
            figures.ratio(("relay", 1000, metric), ("trigger", 1000, metric)),
            *[1.25, 1.0],
        )
        for metric in ("line_p50_us", "line_p99_us")
    ]


def goals_of_viewer(figures, x):
    """What a viewer costs, at the largest number of them."""
    rss = figures.summary("relay", x, "one_rss_per_viewer")
    connect = figures.ratio(("relay", x, "one_connect_per_s"), ("loop", x, "one_connect_per_s"))
    return [
        at_most(f"RSS per idle viewer, {x:,} viewers", rss and rss.divided(1024), 2.2, 1.6, " KB"),
        Goal(f"{x:,} viewers connect: success", figures.summary("relay", x, "one_ready_pct"), 100, None, " %"),
        Goal(f"{x:,} viewers connect: rate ÷ accept loop", connect, 0.7, 0.9),
    ]


def goals_of_burdens(figures, x):
    follow = [("relay", f"{n} matches", "follow_cpu_us") for n in (128, 1)]
    slow = [("relay", f"{n} % slow", "slow_p99_us") for n in (10, 0)]
    files = figures.ratio(("relay", 64, "http_per_s"), ("nginx", 64, "http_per_s"))
    silent = figures.summary("relay", x, "silent_cpu_pct")
    return [
        at_most("128 matches a viewer, CPU ÷ one match", figures.ratio(*follow), 1.3, 1.1),
        at_most("10 % slow viewers, p99 of the others ÷ without", figures.ratio(*slow), 1.1),
        at_most("10 % slow viewers, RSS growth", growth(figures), 0, None, " KB"),
        Goal("GET /matches ÷ nginx with a file", files, 0.5, 0.8),
        at_most(f"CPU with {x:,} silent viewers", silent, 2, 1, " %"),
    ]


def my_goals(figures):
    most = figures.most_measured("relay", VIEWERS, "one_ready_pct")
    found = speed(figures, "one outstanding", "one", "loop", 0.97, 1.05)
    found += speed(figures, "bursts of 16", "bursts", "coalescing", 0.9, 1.1)
    for that, one, bursts in (("nchan", 1.2, 1.5), ("nats", 1, 1), ("mosquitto", 1, 1), ("ws", 8, 10)):
        found += speed(figures, "one outstanding", "one", that, one)
        found += speed(figures, "bursts of 16", "bursts", that, bursts)
    found += delay(figures, "p50_us") + delay(figures, "p99_us") + goals_of_line(figures)
    return found + goals_of_viewer(figures, most) + goals_of_burdens(figures, most)


def mode_blocks(mode, title):
    titled = [
        ("Deliveries per second:", f"{mode}_deliveries_per_s"),
        ("The server's CPU, µs per delivery:", f"{mode}_cpu_us"),
        ("p99, µs:", f"{mode}_p99_us"),
    ]
    return [f"### {title}"] + tables(titled, CASES[mode], VIEWERS, "viewers", NAMES)


STUDY = Study(
    title="Fan-out: the relay against a bare send() loop, nchan, nats-server, mosquitto and npm ws",
    prepare=prepare,
    steps=steps,
    report=[
        "![](fanout.svg)",
        "Each server has one core; the load and PostgreSQL share the other. `send() loop` is the limit: a program"
        " that LISTENs, accepts and sends, and does nothing else. The coalescing loop sends entries that arrive"
        " together in one send(). The relay and the loops get their entries by NOTIFY from the same publisher;"
        " nchan gets them by pipelined POSTs, npm ws by lines over TCP, and the brokers by their own protocol over"
        " TCP, which is cheaper. nats-server and mosquitto speak NATS and MQTT inside WebSocket frames, QoS 0:"
        " they keep nothing, so a viewer that reconnects has a gap.",
        goals(my_goals),
        *mode_blocks("one", "One entry outstanding"),
        *mode_blocks("bursts", "Bursts of 16"),
        "### Ten entries a second",
        *tables([("p50, µs:", "paced_p50_us"), ("p99, µs:", "paced_p99_us")], CASES["paced"], VIEWERS, "viewers", NAMES),
        "### From INSERT to viewer",
        "1,000 viewers, ten entries a second, p50 and p99, µs:",
        table("line_p50_us", ["trigger", "relay"], [1000], "p50", NAMES),
        table("line_p99_us", ["trigger", "relay"], [1000], "p99", NAMES),
        "### What a viewer costs",
        *tables(
            [
                ("RSS, bytes per idle viewer:", "one_rss_per_viewer"),
                ("Kernel memory, bytes per connection, both ends of it:", "one_kernel_per_viewer"),
                ("Connections per second, until subscribed:", "one_connect_per_s"),
            ],
            *[CASES["one"], VIEWERS, "viewers", NAMES],
        ),
    ],
    chart=Lines(
        "viewers",
        [
            Panel(
                *[f"deliveries/s, {title}", f"{mode}_deliveries_per_s", CASES[mode], VIEWERS],
                names={case: name.strip("*") for case, name in NAMES.items()},
                log_y=True,
            )
            for mode, title in (("one", "one outstanding"), ("bursts", "bursts of 16"))
        ],
    ),
)
