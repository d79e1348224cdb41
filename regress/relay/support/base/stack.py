"""A private PostgreSQL and a relay for one test file, stopped by their pids."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from support.base.port import free_port
from support.base.process import children, connections, descriptors

DEADLINE_S = 120
LONG_S = 200        # a program of PostgreSQL that has not ended by then hangs
# A test's viewers do not answer while the test waits for the relay's end, so each drain lasts its full time.
SHORT_DRAIN = {"COMMENTARY_DRAIN": "500ms"}
READ_AGAIN = "the options have been read again"
LOG_STATEMENTS = "log_statement = all\n"  # what the relay asks can be counted: see reads()


def wait_for(condition, what, deadline_s=DEADLINE_S):
    """Waits until condition() is true, and returns its value; fails after the deadline."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"in vain: {what}")


def run_relay(*options, **variables):
    """Runs a relay that ends by itself; returns its exit code and what it said, as subprocess.run() does."""
    return subprocess.run([os.environ["COMMENTARY_RELAY"], *options], capture_output=True, text=True,
                          timeout=DEADLINE_S, check=False, env=os.environ | variables)


class Stack:
    within = ()     # what stands before a server's command: see network.py

    def __init__(self, settings="", environment=None):
        """
        The settings are lines of postgresql.conf; they win over the stack's own. The
        environment is for PostgreSQL and the relay.
        """
        self.environment = environment or {}
        self.bin = os.environ["COMMENTARY_PG_BIN"]
        self.dir = tempfile.mkdtemp(prefix="relay-")
        self.data = f"{self.dir}/data"
        self.pg_port = free_port()
        self.relay_port = free_port()
        self.relay = None
        self.may_lose_workers = False
        self.tls = None         # the ssl.SSLContext to call the relay with
        self.make_cluster()
        with open(f"{self.data}/postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"shared_preload_libraries = 'commentary'\nport = {self.pg_port}\n"
                       f"listen_addresses = ''\nunix_socket_directories = '{self.dir}'\n"
                       "max_connections = 200\njit = off\nfsync = off\n" + settings)
        self.start_postgres()
        self.sql("CREATE EXTENSION commentary")

    def make_cluster(self):
        subprocess.run(["cp", "-a", os.environ["COMMENTARY_CLUSTER"], self.data], check=True)

    def pg(self, program, *arguments, **options):
        return subprocess.run([*self.within, f"{self.bin}/{program}", *arguments], check=True, timeout=LONG_S,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)

    def start_postgres(self):
        self.pg("pg_ctl", "-D", self.data, "-l", f"{self.dir}/postgres.log", "-w", "start",
                env=os.environ | self.environment)

    def stop_postgres(self, mode):
        self.pg("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    @property
    def postmaster(self):
        """Its pid."""
        with open(f"{self.data}/postmaster.pid", encoding="ascii") as file:
            return int(file.readline())

    def kill_postgres(self):
        """All of it at once with SIGKILL, as the kernel does when memory runs out."""
        postmaster = self.postmaster
        os.kill(postmaster, signal.SIGSTOP)  # so that it starts no child after they were listed
        pids = [postmaster, *children(postmaster)]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # one that had just ended
        wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "PostgreSQL is gone")
        os.remove(f"{self.data}/postmaster.pid")

    def unblock(self):
        """Ends all sessions at once: a test that is blocked in one cannot be ended otherwise."""
        try:
            os.kill(self.postmaster, signal.SIGQUIT)
        except (OSError, ValueError):
            pass  # it does not run

    @property
    def conninfo(self):
        return f"host={self.dir} port={self.pg_port} user=postgres dbname=postgres"

    def sql(self, statement, database="postgres"):
        """Runs it with psql and returns what that prints, unaligned."""
        conninfo = f"{self.conninfo} dbname={database}"
        done = subprocess.run([f"{self.bin}/psql", "-XAtqd", conninfo, "-v", "ON_ERROR_STOP=1",
                               "-c", statement], check=False, capture_output=True, text=True, timeout=LONG_S)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout.rstrip("\n")

    def create_matches(self, count, status="scheduled"):
        return [int(match) for match in self.sql(
            f"SELECT commentary.create_match('Home', 'Away', status => '{status}')"
            f" FROM generate_series(1, {count})").split("\n")]

    def create_match(self, status="scheduled"):
        return self.create_matches(1, status)[0]

    def insert_lines(self, match, count, pad=0):
        """So many entries in one statement, each with a pad of so many bytes."""
        self.sql("INSERT INTO commentary.feed (match_id, message, metadata)"
                 f" SELECT {match}, 'line ' || i, jsonb_build_object('pad', repeat('x', {pad}))"
                 f" FROM generate_series(1, {count}) i")

    def head(self, match):
        """The seq of its newest entry."""
        return int(self.sql(f"SELECT max(seq) FROM commentary.entry WHERE match_id = {match}"))

    def bodies(self, match, after=0):
        """Its entries after a seq, as viewers get them."""
        return self.sql(f"SELECT body FROM commentary.read({match}, {after}, 1000000)").split("\n")

    def reads(self, function):
        """The matches that the relay has read with this function so far, one for each reading.
        Needs LOG_STATEMENTS."""
        with open(f"{self.dir}/postgres.log", encoding="utf-8") as log:
            return [int(match) for match in re.findall(
                rf"execute <unnamed>: .*commentary\.{function}\(.*\n"
                r".*[Pp]arameters: \$1 = '(\d+)',", log.read())]

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.relay_port}"

    @property
    def ws_url(self):
        """For a relay that follows this one."""
        return f"wss://localhost:{self.relay_port}" if self.tls else f"ws://127.0.0.1:{self.relay_port}"

    def start_relay(self, *options):
        self.start_relay_with("--listen", f"127.0.0.1:{self.relay_port}",
                              "--database", self.conninfo, *options)

    def start_relay_with(self, *options):
        """With these options and no other; they name the port and the database."""
        self.launch_relay(*options)
        wait_for(self.is_ready, "the relay becomes ready")

    def launch_relay(self, *options):
        """Does not wait until it is ready: it may never be."""
        log = open(self.relay_log, "ab")
        self.relay = subprocess.Popen([*self.within, os.environ["COMMENTARY_RELAY"], *options], stderr=log,
                                      env=os.environ | SHORT_DRAIN | self.environment)
        log.close()

    @property
    def relay_pid(self):
        """The process that serves, whose parent is the one that was launched."""
        return wait_for(lambda: children(self.relay.pid), "the relay has a worker")[0]

    @property
    def relay_log(self):
        return f"{self.dir}/relay.log"

    def relay_said(self):
        """Its log so far."""
        with open(self.relay_log, encoding="utf-8") as log:
            return log.read()

    def last_words(self, lines):
        """The last lines of each log."""
        said = []
        for path in self.relay_log, f"{self.dir}/postgres.log":
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as log:
                    said += [f"{os.path.basename(path)}: {line}" for line in log.readlines()[-lines:]]
        return "".join(said)

    def forget_relay_log(self):
        """Empties it: relay_said() returns only what comes from here on."""
        open(self.relay_log, "wb").close()

    @property
    def relay_conf(self):
        return f"{self.dir}/relay.conf"

    def configure(self, *lines):
        """Writes the relay's config file."""
        with open(self.relay_conf, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def reload_relay(self, says=READ_AGAIN):
        """Sends SIGHUP, and waits until the relay has logged `says` once more."""
        before = self.relay_said().count(says)
        self.relay.send_signal(signal.SIGHUP)
        wait_for(lambda: self.relay_said().count(says) > before, says)

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=30, context=self.tls) as answer:
                return answer.status == 200
        except OSError:
            return False

    def why_not_ready(self, **headers):
        """What /readyz says; nothing, if it is ready or does not answer."""
        try:
            with urllib.request.urlopen(urllib.request.Request(f"{self.url}/readyz", headers=headers), timeout=30):
                return ""
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()
        except OSError:
            return ""

    def idle_descriptors(self):
        """How many the relay has when no client is connected. It waits for that: the request that asked
        whether the relay is ready may not have ended yet."""
        wait_for(lambda: not connections(self.relay_port), "nobody is there")
        return descriptors(self.relay_pid)

    def stop_relay(self, number=signal.SIGTERM):
        """Returns its exit code. Fails if a worker has died before: its successor would hide that."""
        self.relay.send_signal(number)
        code = self.relay.wait(DEADLINE_S)
        self.relay = None
        died = re.findall('.*level=warn msg="a worker ended".*', self.relay_said())
        if died and not self.may_lose_workers:
            raise AssertionError("\n".join(died))
        return code

    def close(self):
        """Ends everything. The relay is ended as an operator would do it, so that the sanitizer finds a leak."""
        code = self.stop_relay() if self.relay else 0
        if os.path.exists(f"{self.data}/postmaster.pid"):
            self.stop_postgres("immediate")
        shutil.rmtree(self.dir)
        if code != 0:
            raise AssertionError(f"the relay ended with {code}")
