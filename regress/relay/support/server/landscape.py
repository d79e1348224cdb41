"""Servers and relays on hosts of their own: see network.py.

    PostgreSQL   primary --> standby (synchronous) --> cascade
                 primary ==> follower, by logical replication
    relays       home: primary, else standby    near: standby    far: cascade    region: follower
    edges        edge: of home, else near       branch: of far, else near
                 leaf: of edge
"""
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile

from support.base.port import free_port
from support.base.stack import Stack, wait_for
from support.server.guided import run_chapter
from support.server.network import SUBNET, Network

# Little memory, for there are several servers; WAL enough for one that was cut off for a while; a cut is
# noticed in seconds; a former primary can be rewound.
SETTINGS = """
shared_buffers = '16MB'
wal_log_hints = on
wal_keep_size = '256MB'
wal_sender_timeout = '4s'
wal_receiver_timeout = '4s'
wal_retrieve_retry_interval = '500ms'
wal_level = logical
"""
GUIDE, FAILS_OVER = "extension/REGIONS.md", "When the primary fails over"
TABLES = "commentary.match, commentary.entry, commentary.epoch"
# With these options programs on other hosts notice within seconds that a connection is lost.
IMPATIENT = "connect_timeout=3 tcp_user_timeout=3000 keepalives_idle=1 keepalives_interval=1 keepalives_count=3"
RELAY_PORT = 8080
RELAY_OPTIONS = ("--edges", SUBNET, "--heartbeat", "1s", "--report-interval", "2s")


class Server(Stack):
    """A PostgreSQL that trusts the whole network."""

    def __init__(self, host, settings=""):
        self.host, self.within = host, host.within
        self.hba = tempfile.NamedTemporaryFile("w", prefix="hba-")  # pylint: disable=consider-using-with
        self.hba.write(f"local all all trust\nhost all all {SUBNET} trust\nhost replication all {SUBNET} trust\n")
        self.hba.flush()
        super().__init__(f"{SETTINGS}listen_addresses = '{host.address}'\nhba_file = '{self.hba.name}'\n{settings}")

    def reached_by(self, *others):
        """The conninfo with which programs on other hosts find it, or else one of the others."""
        hosts = [self, *others]
        return (f"host={','.join(server.host.address for server in hosts)}"
                f" port={','.join(str(server.pg_port) for server in hosts)} user=postgres dbname=postgres")

    def set(self, **settings):
        for name, value in settings.items():
            self.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self.sql("SELECT pg_reload_conf()")

    def wait_for_standby(self, name):
        """Makes it synchronous: nothing is acknowledged without it from here on."""
        self.set(synchronous_standby_names=name)
        wait_for(lambda: self.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
                                  f" AND application_name = '{name}'") == "1", f"{name} is synchronous")

    def promote(self):
        """It waits for no standby until wait_for_standby()."""
        self.pg("pg_ctl", "-D", self.data, "-w", "promote")
        self.set(synchronous_standby_names="")

    def follow(self, upstream):
        """The primary_conninfo for following that server."""
        return f"{upstream.reached_by()} application_name={self.host.name}"

    def rewind(self, primary):
        """Makes a former primary, which does not run, a standby of the new one."""
        primary.sql("CHECKPOINT")
        try:
            self.pg("pg_rewind", "--no-sync", "--target-pgdata", self.data, "--source-server", primary.reached_by())
        except subprocess.CalledProcessError as error:
            raise AssertionError(error.output.decode()) from error
        self.configure_copy(primary)
        open(f"{self.data}/standby.signal", "w", encoding="ascii").close()
        self.start_postgres()

    def configure_copy(self, upstream):
        """Its files are a copy of another server's: it gets its own port, folder, address and upstream."""
        with open(f"{self.data}/postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"port = {self.pg_port}\nunix_socket_directories = '{self.dir}'\n"
                       f"listen_addresses = '{self.host.address}'\n")
        with open(f"{self.data}/postgresql.auto.conf", "a", encoding="utf-8") as conf:
            conf.write(f"primary_conninfo = '{self.follow(upstream)}'\n")

    def close(self):
        super().close()
        self.hba.close()


class Copy(Server):
    """A standby of a server, which may be a standby itself."""

    def __init__(self, host, upstream):  # pylint: disable=super-init-not-called
        self.host, self.within, self.hba = host, host.within, contextlib.nullcontext()
        self.hba.close = lambda: None
        self.bin, self.environment, self.relay = upstream.bin, upstream.environment, None
        self.dir = tempfile.mkdtemp(prefix="copy-")
        self.data, self.pg_port = f"{self.dir}/data", free_port()
        self.pg("pg_basebackup", "--no-sync", "-D", self.data, "-R", "-c", "fast", "-d", upstream.reached_by())
        self.configure_copy(upstream)
        self.start_postgres()


class Follower(Server):
    """Another region: it follows a primary by logical replication."""

    def __init__(self, host, primary):
        super().__init__(host, "commentary.role = follower\ncommentary.region_lag_limit = 4s\n")
        primary.sql(f"CREATE PUBLICATION commentary FOR TABLE {TABLES}")
        self.sql(f"CREATE SUBSCRIPTION region CONNECTION '{self.follow(primary)}' PUBLICATION commentary")
        wait_for(lambda: self.sql("SELECT is_copied FROM commentary.stat_region") == "t", "the region is copied")

    def follow(self, upstream):
        return f"{upstream.reached_by()} {IMPATIENT}"

    def has(self, match):
        return self.sql(f"SELECT count(*) FROM commentary.entry WHERE match_id = {match}") != "0"

    def newest(self):
        return self.sql("SELECT max(flushed_at) FROM commentary.entry")

    def is_late(self):
        return self.sql("SELECT is_late FROM commentary.stat_region") == "t"

    def follow_anew(self, primary):
        """After a failover, as the guide says, which also proves that nothing older than this moment is missing."""
        now = primary.sql("SELECT commentary.flush(); SELECT now()").strip()
        run_chapter(GUIDE, FAILS_OVER, {"db2": self, "db3": primary},
                    {"host=db3 user=replicator dbname=live": self.follow(primary), "2100-01-01": now})


class HostedRelay(Stack):
    """A relay, which can be killed and started again."""

    def __init__(self, host, *source):  # pylint: disable=super-init-not-called
        """The source: options that say what it follows, and others."""
        self.host, self.within, self.source = host, host.within, source
        self.environment, self.tls, self.relay, self.may_lose_workers = {}, None, None, False
        self.dir = tempfile.mkdtemp(prefix="relay-")
        self.relay_port = RELAY_PORT

    @property
    def url(self):
        return f"http://{self.host.address}:{self.relay_port}"

    def launch(self):
        """Does not wait until it is ready."""
        self.launch_relay("--listen", f"{self.host.address}:{self.relay_port}", *RELAY_OPTIONS, *self.source)

    def start(self):
        self.launch()
        wait_for(self.is_ready, f"the relay {self.host.name} becomes ready")

    def kill(self):
        """Kills the worker with its supervisor, as when the host loses power."""
        worker = self.relay_pid
        self.relay.send_signal(signal.SIGSTOP)
        os.kill(worker, signal.SIGKILL)
        self.stop_relay(signal.SIGKILL)

    def last_words(self, lines):
        return "".join(f"{self.host.name}: {line}\n" for line in self.relay_said().split("\n")[-lines:])

    def close(self):
        code = self.stop_relay() if self.relay else 0
        shutil.rmtree(self.dir)
        if code != 0:
            raise AssertionError(f"the relay {self.host.name} ended with {code}")


class Landscape:
    """All of them. When one cannot be made, those that are there already are closed."""

    def __init__(self, *options):
        """Options of all relays."""
        self.closing, self.options = contextlib.ExitStack(), options
        try:
            self.make()
        except BaseException:
            self.closing.close()
            raise

    def own(self, thing):
        self.closing.callback(thing.close)
        return thing

    def make(self):
        self.network = net = self.own(Network(
            "primary", "standby", "cascade", "follower", "home", "near", "far", "region", "edge", "leaf", "branch"))
        self.primary = self.own(Server(net["primary"]))
        self.standby = self.own(Copy(net["standby"], self.primary))
        self.cascade = self.own(Copy(net["cascade"], self.standby))
        self.primary.wait_for_standby("standby")
        self.follower = self.own(Follower(net["follower"], self.primary))
        self.home = self.relay("home", "--database", self.primary.reached_by(self.standby))
        self.near = self.relay("near", "--database", self.standby.reached_by())
        self.far = self.relay("far", "--database", self.cascade.reached_by())
        self.region = self.relay("region", "--database", self.follower.reached_by())
        self.edge = self.edge_of("edge", self.home, self.near)
        self.leaf = self.edge_of("leaf", self.edge)
        self.branch = self.edge_of("branch", self.far, self.near)
        self.servers = [self.primary, self.standby, self.cascade, self.follower]
        self.relays = [self.home, self.near, self.far, self.region, self.edge, self.leaf, self.branch]

    def part_the_region(self):
        """To be called before a failover; returns when the standby has more than the region. PostgreSQL also sends a
        follower what the synchronous standby does not have yet, and the new primary would not know that."""
        self.network.part(self.primary.host.name, self.follower.host.name)
        wait_for(self.follower.is_late, "the region is late")
        newest = self.follower.newest()
        wait_for(lambda: self.standby.sql(f"SELECT max(flushed_at) > '{newest}' FROM commentary.entry") == "t",
                 "the standby has more than the region")

    def relay(self, name, *source):
        relay = self.own(HostedRelay(self.network[name], *source, *self.options))
        relay.start()
        return relay

    def edge_of(self, name, *upstreams):
        return self.relay(name, "--upstream", ",".join(
            f"ws://{upstream.host.address}:{upstream.relay_port}" for upstream in upstreams))

    def close(self):
        self.closing.close()

    def keep_logs(self):
        """Copies all logs to the current folder."""
        for name, thing in (*((f"{server.host.name}.log", server) for server in self.servers),
                            *((f"{relay.host.name}.log", relay) for relay in self.relays)):
            shutil.copy(f"{thing.dir}/{'postgres' if thing in self.servers else 'relay'}.log", name)

    def last_words(self, lines):
        """Of all relays. All logs are kept."""
        return "".join(relay.last_words(lines) for relay in self.relays)
