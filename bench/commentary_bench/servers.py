"""The servers that are compared, one at a time, each on a core of its own.

    with running(run, "relay", "--topic-bytes", "16KiB") as server:
        …                       server.pid, server.port, server.publishing
"""

import contextlib
import http.client
import itertools
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess

from . import machine
from .console import Trouble
from .processes import launch, must, pinned, stop, wait_until

SERVER_CPU = 0
LOAD_CPU = 1
PATIENCE_S = 20
NUMBERS = itertools.count(1)  # several servers may run at once
MOST_TOLD = 5  # lines of what a server printed


class Server:
    """One that has been launched; what it prints goes to a file of the study's folder."""

    def __init__(self, run, argv):
        self.output = f"{run.work}/server{next(NUMBERS)}.out"
        places = run.places
        self.process = launch(
            pinned(SERVER_CPU, argv),
            self.output,
            run.cluster.connection | places.runner_environment(),
            cwd=run.work,
            **places.as_runner(),
        )
        self.pid = self.process.pid
        self.port = None
        self.is_secure = False  # it speaks https and wss; nobody checks its certificate
        self.publishing = {}  # the options of fanout-load that say how to publish through it

    def told(self, pattern):
        """The number that the pattern finds in what the server prints, once it is there."""

        def is_told():
            return re.search(pattern, machine.read(self.output), re.MULTILINE) or self.process.poll() is not None

        wait_until(PATIENCE_S, is_told)
        found = re.search(pattern, machine.read(self.output), re.MULTILINE)
        if not found:
            raise Trouble("the server did not start", *self.last_told())
        return int(found.group(1))

    def last_told(self):
        return machine.read(self.output).splitlines()[-MOST_TOLD:]

    def status(self, path):
        """The status of the answer to GET, and 0 when there is no answer."""
        try:
            return self.get(path)[0]
        except OSError:
            return 0

    def get(self, path):
        """(status, body)."""
        where = {"host": "127.0.0.1", "port": self.port, "timeout": 5}
        connection = http.client.HTTPConnection(**where)
        if self.is_secure:
            connection = http.client.HTTPSConnection(**where, context=unchecked())
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def must_answer(self, path):
        """Until then it is not ready. Our connections must be gone as well, or they would count
        among the descriptors that the server holds."""
        if not wait_until(PATIENCE_S, lambda: self.status(path) == 200):
            raise Trouble("the server is not ready", *self.last_told())
        if not wait_until(PATIENCE_S, lambda: machine.connections(self.port) == 0):
            raise Trouble("the server does not close its connections")

    def kill(self):
        """No server holds anything that must be kept."""
        stop(self.process, signal.SIGKILL)


def unchecked():
    """For certificates that are signed by themselves."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextlib.contextmanager
def running(run, kind, *options):
    with contextlib.ExitStack() as endings:
        yield start(run, kind, *options, endings=endings)


def start(run, kind, *options, endings):
    """A server that is ready, and that `endings`, an ExitStack, kills."""
    server = Server(run, COMMANDS[kind](run, *options))
    endings.callback(end, run, kind, server)
    READY[kind](server)
    return server


def end(run, kind, server):
    """The relay's supervisor replaces a worker that died, which must not pass unnoticed."""
    if not machine.is_running(server.pid):
        run.fault(f"{kind}: the server ended while it was measured")
    server.kill()


# --- the commands; the port of nginx stands in its configuration ------------------


def relay(run, *options):
    """The table is not asked what is newest: the entries that are notified are not in it."""
    return [f"{run.places.build}/relay/commentary-relay", "--listen", "127.0.0.1:0", "--heartbeat", "60min", *options]


def live_relay(run, *options):
    """As it is used: the entries are in the table. Edges may follow it."""
    return [f"{run.places.build}/relay/commentary-relay", "--listen", "127.0.0.1:0", "--edges", "127.0.0.0/8", *options]


def edge(run, upstream, *options):
    """Of the relay at that port."""
    return live_relay(run, "--upstream", f"ws://127.0.0.1:{upstream}", *options)


def loop(*arguments):
    return lambda run: [f"{run.places.tools}/send-loop", *arguments]


def ws(run):
    return ["node", f"{peer_folder(run.places, 'ws')}/server.js"]


def node(run, pool=10):
    """Express, ws and pg, with a pool of so many connections."""
    program = f"{peer_folder(run.places, 'node')}/server.js"
    return ["env", "NODE_ENV=production", "node", program, str(pool)]


def nginx(run, tls=""):
    """Without a master process, so that the pid is that of the worker. tls: more of `listen`."""
    unpacked, folder = f"{run.places.build}/nginx/usr", nginx_folder(run)
    path = configured(
        *[run, "nginx"],
        port=free_port(),
        publish_port=free_port(),
        modules=f"{unpacked}/lib/nginx/modules",
        work=folder,
        tls=tls,
    )
    return [f"{unpacked}/sbin/nginx", "-p", folder, "-c", path, "-e", "stderr"]


def broker(name):
    """nats or mosquitto: viewers come by WebSocket, the publisher by a port of its own."""

    def command(run):
        path = configured(run, name, port=free_port(), publish_port=free_port())
        program = {"nats": "nats-server"}.get(name, name)
        return [f"{run.places.build}/brokers/usr/sbin/{program}", "-c", path]

    return command


def configured(run, name, **values):
    """The path of a peer's configuration, peers/NAME.conf, with the values in place of their @NAME@."""
    settings = machine.read(f"{run.places.bench}/peers/{name}.conf")
    for key, value in values.items():
        settings = settings.replace(f"@{key}@", str(value))
    with open(f"{run.work}/{name}.conf", "w", encoding="utf-8") as file:
        file.write(settings)
    return file.name


def configured_port(server, pattern):
    """The port that stands in its configuration, which is its last argument that ends in .conf."""
    path = [part for part in server.process.args if part.endswith(".conf")][-1]
    return int(re.search(pattern, machine.read(path), re.MULTILINE).group(1))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


COMMANDS = {
    "relay": relay,
    "live relay": live_relay,
    "edge": edge,
    "loop": loop("commentary"),
    "coalescing": loop("--coalesce", "commentary"),
    "trigger": loop("bench"),
    "ws": ws,
    "node": node,
    "nchan": nginx,
    "nginx": nginx,
    "relay tls": relay,
    "nchan tls": nginx,
    "nats": broker("nats"),
    "mosquitto": broker("mosquitto"),
}

# --- until it is ready ------------------------------------------------------------


def relay_is_ready(server):
    server.port = server.told(r"msg=listening.* port=(\d+)")
    server.publishing = {"protocol": "relay", "publish": "notify"}
    server.must_answer("/readyz")
    workers = machine.children(server.process.pid)  # of one the figures are wanted; of many those of all
    server.pid = workers[0] if len(workers) == 1 else server.process.pid


def live_relay_is_ready(server):
    """Its entries are inserted."""
    relay_is_ready(server)
    server.publishing["publish"] = "insert"


def secure_is_ready(is_ready):
    """As without TLS, but that it is asked by https."""

    def is_secure_ready(server):
        server.is_secure = True
        is_ready(server)

    return is_secure_ready


def loop_is_ready(server):
    server.port = server.told(r"^port (\d+)")
    server.publishing = {"protocol": "lines", "publish": "notify"}


def ws_is_ready(server):
    server.port = server.told(r"^port (\d+)")
    publish_port = server.told(r"^publish (\d+)")
    server.publishing = {"protocol": "plain", "path": "/ws?match=1", "publish": "tcp", "publish_port": publish_port}


def node_is_ready(server):
    server.port = server.told(r"^port (\d+)")
    server.publishing = {"protocol": "plain", "path": "/ws?match=1", "publish": "http"}
    server.publishing |= {"publish_port": server.port, "publish_path": "/matches/1/commentary"}


def nginx_is_ready(server):
    server.port = configured_port(server, r"listen 127\.0\.0\.1:(\d+) ")
    server.must_answer("/")
    server.publishing = {"protocol": "plain", "path": "/subscribe", "publish": "http", "publish_path": "/publish"}
    server.publishing["publish_port"] = configured_port(server, r"listen 127\.0\.0\.1:(\d+);")


def broker_is_ready(protocol, path, port, publish_port):
    """The patterns find both ports in its configuration."""

    def is_ready(server):
        server.port = configured_port(server, port)
        server.publishing = {"protocol": protocol, "path": path, "publish": "broker"}
        server.publishing["publish_port"] = configured_port(server, publish_port)
        if not wait_until(PATIENCE_S, lambda: machine.listens(server.port)):
            raise Trouble("the broker is not ready", *server.last_told())

    return is_ready


READY = {
    "relay": relay_is_ready,
    "live relay": live_relay_is_ready,
    "edge": live_relay_is_ready,
    "loop": loop_is_ready,
    "coalescing": loop_is_ready,
    "trigger": loop_is_ready,
    "ws": ws_is_ready,
    "node": node_is_ready,
    "nchan": nginx_is_ready,
    "nginx": nginx_is_ready,
    "relay tls": secure_is_ready(relay_is_ready),
    "nchan tls": secure_is_ready(nginx_is_ready),
    "nats": broker_is_ready("nats", "/", r"^    port: (\d+)", r"^port: (\d+)"),
    "mosquitto": broker_is_ready(
        *["mqtt", "/mqtt", r"^listener (\d+) .*\nprotocol", r"^listener (\d+) .*\nallow_anonymous"]
    ),
}

# --- what must be there before ----------------------------------------------------


def install(argv):
    """By a script, which tells by itself what it does."""
    if subprocess.run(argv, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise Trouble(f"{os.path.basename(argv[0])} failed")


def nginx_folder(run):
    return f"{run.cluster.folder}/nginx"


def prepare_nginx(run):
    """Debian's nginx with nchan, unpacked below build/."""
    install([f"{run.places.bench}/private-nginx"])
    for folder in ("", "/var", "/var/lib", "/var/lib/nginx"):
        run.places.make_runner_folder(nginx_folder(run) + folder)
    told = subprocess.run([f"{run.places.build}/nginx/usr/sbin/nginx", "-v"], capture_output=True, text=True, check=True)
    run.software.append(told.stderr.strip().split(": ")[-1])


def prepare_brokers(run):
    """Debian's nats-server and mosquitto, unpacked below build/."""
    install([f"{run.places.bench}/private-brokers"])
    folder = f"{run.places.build}/brokers/usr/sbin"
    told = must([f"{folder}/nats-server", "-v"]).split()
    run.software.append(f"nats-server {told[-1].lstrip('v')}")
    told = subprocess.run([f"{folder}/mosquitto", "-h"], capture_output=True, text=True, check=False)
    run.software.append(" ".join(told.stdout.splitlines()[0].replace("version ", "").split()))


def serve_file(run, name, content):
    """nginx answers GET /name with it."""
    path = f"{nginx_folder(run)}/{name}"
    with open(f"{run.work}/{name}", "wb") as file:
        file.write(content)
    shutil.copyfile(file.name, path)
    os.chmod(path, 0o644)


def peer_folder(places, peer):
    return f"{places.build}/bench/peers/{peer}"


def prepare_peer(run, peer, *packages):
    """The npm packages of a peer, as its lock file has them, below build/."""
    install([f"{run.places.bench}/peers/install", peer])
    with open(f"{peer_folder(run.places, peer)}/package-lock.json", encoding="utf-8") as file:
        locked = json.load(file)["packages"]
    run.software.append(f"node {must(['node', '--version']).strip()}")
    run.software += [f"{name} {locked[f'node_modules/{name}']['version']}" for name in packages]


def prepare_ws(run):
    prepare_peer(run, "ws", "ws")


def prepare_node(run):
    prepare_peer(run, "node", "express", "pg", "ws")
    run.cluster.psql("-f", f"{run.places.bench}/peers/node/schema.sql")
