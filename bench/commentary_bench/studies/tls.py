"""`make bench-tls`: what encryption costs: wss against ws, and against nginx with nchan."""

from .. import certificates, servers, viewers
from ..chart import Lines, Panel
from ..goals import Goal, at_most
from ..page import goals, tables
from ..run import Study, in_order, reference, step

VIEWERS = [100, 1000]
QUICK_VIEWERS = [100]
MODES = {"one": 1, "bursts": 16}
NAMES = {"relay": "**relay**, ws", "relay tls": "**relay**, wss", "nchan": "nginx + nchan, ws", "nchan tls": "nginx + nchan, wss"}

# --- measuring --------------------------------------------------------------------


def prepare(run):
    run.need_files(VIEWERS[-1] + 100)
    run.start_cluster("max_connections = 20", "max_worker_processes = 16")
    servers.prepare_nginx(run)
    run.create_matches(1)
    run.cluster.pin(servers.LOAD_CPU)
    run.certificate = certificates.make(run)
    run.software.append(certificates.openssl_version())
    run.tell(f"kernel TLS: {certificates.kernel_tls()}")


def steps(run):
    repetitions = run.repetitions(3, 1)
    for repetition in repetitions:
        yield step(reference, repetition)
        for count in run.chosen(VIEWERS, QUICK_VIEWERS):
            for mode in MODES:
                for kind in in_order(repetition, NAMES):
                    yield step(fan_out, kind, count, mode, repetition)
    yield step(reference, len(repetitions) + 1)


def fan_out(run, kind, count, mode, repetition):
    """One entry outstanding, or bursts of 16."""
    told = f"{kind}, {count} viewers, {mode}"
    options = {"viewers": count, "burst": MODES[mode], "warm_up": 0.3, "seconds": run.chosen(1.5, 0.5)}
    with servers.running(run, *command(run, kind)) as server:
        publishing = server.publishing | ({"tls": "yes"} if is_secure(kind) else {})
        found = viewers.load(run, told, server, **publishing | options)
    metrics = ["deliveries_per_s", "cpu_us", "p99_us", "rss_per_viewer", "connect_per_s"]
    run.record(kind, count, repetition, **found.taken(mode, *metrics))
    return f"{told}: {found['deliveries_per_s']} deliveries/s, CPU {found['cpu_us']} µs"


def is_secure(kind):
    return kind.endswith(" tls")


def command(run, kind):
    """The server with its options."""
    certificate = run.certificate
    if kind == "relay tls":
        return ["relay tls", "--tls-cert", certificate.path, "--tls-key", certificate.key]
    if kind == "nchan tls":
        return ["nchan tls", f" ssl; ssl_certificate {certificate.path}; ssl_certificate_key {certificate.key}"]
    return [kind]


# --- telling ----------------------------------------------------------------------


def my_goals(figures):
    found = []
    for mode, title in (("one", "one outstanding"), ("bursts", "bursts of 16")):
        for x in VIEWERS:

            def ratio(this, that, metric, x=x, mode=mode):
                return figures.ratio((this, x, f"{mode}_{metric}"), (that, x, f"{mode}_{metric}"))

            told = f"{title}, {x:,} viewers"
            peer = 1.1 if mode == "one" else 1.5
            found += [
                Goal(f"{told}: wss ÷ nginx + nchan with TLS", ratio("relay tls", "nchan tls", "deliveries_per_s"), peer),
                at_most(f"{told}: CPU of a delivery, wss ÷ ws", ratio("relay tls", "relay", "cpu_us"), 2, 1.5),
            ]
    return found


def mode_blocks(mode, title):
    titled = [
        ("Deliveries per second:", f"{mode}_deliveries_per_s"),
        ("The server's CPU, µs per delivery:", f"{mode}_cpu_us"),
        ("p99, µs:", f"{mode}_p99_us"),
    ]
    return [f"### {title}"] + tables(titled, list(NAMES), VIEWERS, "viewers", NAMES)


STUDY = Study(
    title="TLS: wss against ws, and against nginx with nchan",
    prepare=prepare,
    steps=steps,
    report=[
        "![](tls.svg)",
        "As bench-fanout, with TLS 1.3 (AES-256-GCM) and a certificate of an elliptic curve (P-256). The load"
        " decrypts on its own core, which limits deliveries per second sooner than the server does: judge"
        " by the CPU.",
        goals(my_goals),
        *mode_blocks("one", "One entry outstanding"),
        *mode_blocks("bursts", "Bursts of 16"),
        "### What a viewer costs",
        *tables(
            [
                ("RSS, bytes per idle viewer:", "one_rss_per_viewer"),
                ("Connections per second, until subscribed:", "one_connect_per_s"),
            ],
            *[list(NAMES), VIEWERS, "viewers", NAMES],
        ),
    ],
    chart=Lines(
        "viewers",
        [
            Panel(
                *[f"CPU, µs a delivery, {title}", f"{mode}_cpu_us", list(NAMES), VIEWERS],
                names={case: name.replace("**", "") for case, name in NAMES.items()},
                log_y=True,
            )
            for mode, title in (("one", "one outstanding"), ("bursts", "bursts of 16"))
        ],
    ),
)
