"""A pgbouncer in front of a test's PostgreSQL, by its socket and on the loopback."""
import os
import signal
import subprocess

from support.base.port import free_port
from support.base.stack import wait_for

PGBOUNCER = os.environ.get("COMMENTARY_PGBOUNCER", "")


def is_there():
    return os.access(PGBOUNCER, os.X_OK)


class Pgbouncer:
    def __init__(self, stack, mode):
        self.stack, self.port = stack, free_port()
        self.settings = f"{stack.dir}/pgbouncer.ini"
        with open(f"{stack.dir}/pgbouncer.users", "w", encoding="ascii") as users:
            users.write('"postgres" ""\n')
        self.process = None
        self.start(mode)

    @property
    def conninfo(self):
        return f"host={self.stack.dir} port={self.port} user=postgres dbname=postgres"

    def start(self, mode):
        with open(self.settings, "w", encoding="ascii") as file:
            file.write(f"[databases]\npostgres = host={self.stack.dir} port={self.stack.pg_port}\n"
                       f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\n"
                       "ignore_startup_parameters = extra_float_digits\n"
                       f"unix_socket_dir = {self.stack.dir}\nauth_type = trust\n"
                       f"auth_file = {self.stack.dir}/pgbouncer.users\npool_mode = {mode}\n")
        with open(f"{self.stack.dir}/pgbouncer.log", "ab") as log:
            self.process = subprocess.Popen([PGBOUNCER, "-q", self.settings], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        wait_for(self.answers, "pgbouncer answers")

    def answers(self):
        return subprocess.run([f"{self.stack.bin}/psql", "-XAtqc", "SELECT 1", "-d", self.conninfo],
                              check=False, capture_output=True).returncode == 0

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)    # at once: since 1.23 TERM waits for the clients
        self.process.wait()
