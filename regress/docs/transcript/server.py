"""A server of a guide that has several: with its own data directory and port, and a shell of its own there.

Its configuration does not name the port, which comes from the environment, as it is that of a machine of its
own with the usual port: so a copy of it is right for another server.
"""
import os
import shutil
import subprocess

from support.base.port import free_port
from support.base.stack import LONG_S

from transcript.session import Session


class Server:
    def __init__(self, name, sockets, folder, environment):
        self.name, self.sockets, self.port = name, sockets, free_port()
        self.data = f"{sockets}/{name}"
        self.environment = environment | {
            "PGDATA": self.data, "PGHOST": sockets, "PGPORT": str(self.port), "PGUSER": "postgres", "PGDATABASE": "live"}
        self.session = Session(folder, self.environment, "")

    def make(self, settings):
        """A cluster with the database "live", which has the extension, and the logins of the guides."""
        shutil.copytree(os.environ["COMMENTARY_CLUSTER"], self.data, symlinks=True)
        with open(f"{self.data}/postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write("shared_preload_libraries = 'commentary'\nlisten_addresses = ''\njit = off\nfsync = off\n"
                       f"unix_socket_directories = '{self.sockets}'\n" + settings)
        self.run("pg_ctl", "-l", f"{self.data}/log", "-w", "start")
        self.sql("CREATE DATABASE live", "postgres")

    def make_standby(self, primary):
        self.run("pg_basebackup", "--no-sync", "-D", self.data, "-R", "-c", "fast", "-d", f"{primary.address} user=postgres")
        self.run("pg_ctl", "-l", f"{self.data}/log", "-w", "start")

    def run(self, *command):
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=LONG_S, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        return done.stdout.rstrip("\n")

    def sql(self, statement, database="live"):
        return self.run("psql", "-XAtqd", database, "-v", "ON_ERROR_STOP=1", "-c", statement)

    @property
    def address(self):
        """What stands for host=NAME in a connection string."""
        return f"host={self.sockets} port={self.port}"

    def end(self):
        self.session.end()
        if os.path.exists(f"{self.data}/postmaster.pid"):
            self.run("pg_ctl", "-m", "immediate", "-w", "stop")
