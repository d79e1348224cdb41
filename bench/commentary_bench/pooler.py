"""pgbouncer in transaction mode before the study's cluster."""

import os
import subprocess

from . import machine
from .console import Trouble
from .processes import launch, stop, wait_until

PORT = 6432  # of a socket in the cluster's folder
POOL_SIZE = 100  # connections to the server for each role
MOST_CLIENTS = 1200
PATIENCE_S = 10
MOST_TOLD = 5


def settings(folder, users):
    return f"""[databases]
bench = host={folder} port=5432
[pgbouncer]
listen_addr =
listen_port = {PORT}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {POOL_SIZE}
max_client_conn = {MOST_CLIENTS}
ignore_startup_parameters = extra_float_digits
"""


class Pooler:
    def __init__(self, run, roles):
        self.run, self.process = run, None
        self.program = f"{run.places.build}/pgbouncer/usr/sbin/pgbouncer"
        self.ini, self.users, self.log = (f"{run.work}/pooler.{kind}" for kind in ("ini", "users", "log"))
        folder = run.cluster.folder
        self.connection = {"PGHOST": folder, "PGPORT": str(PORT), "PGDATABASE": "bench"}
        write(self.users, "".join(f'"{role}" ""\n' for role in roles))
        write(self.ini, settings(folder, self.users))

    def version(self):
        told = subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True)
        return told.stdout.splitlines()[0].replace("PgBouncer", "pgbouncer")

    def start(self):
        places = self.run.places
        argv = [self.program, "-q", self.ini]
        self.process = launch(
            argv, self.log, places.runner_environment(), cwd=self.run.work, **places.as_runner()
        )
        if not wait_until(PATIENCE_S, self.answers):
            raise Trouble("pgbouncer does not answer", *machine.read(self.log).splitlines()[-MOST_TOLD:])

    def answers(self):
        argv = [f"{self.run.places.pgbin}/psql", "-X", "-q", "-A", "-t", "-U", "writer", "-c", "select 1"]
        return subprocess.run(argv, capture_output=True, env=os.environ | self.connection, check=False).returncode == 0

    def stop(self):
        if self.process:
            stop(self.process)
            self.process = None


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
