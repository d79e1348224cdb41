"""A certificate for servers under test, and whether the kernel could encrypt for them."""

import errno
import os
import shutil
import socket
import ssl
from typing import NamedTuple

from .processes import must

TCP_ULP = 31


class Certificate(NamedTuple):
    path: str
    key: str


def make(run):
    """Signed by itself, in a folder of the servers' user."""
    folder = f"{run.cluster.folder}/tls"
    run.places.make_runner_folder(folder)
    made = Certificate(f"{run.work}/cert.pem", f"{run.work}/key.pem")
    must(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-out", made.path, "-keyout", made.key]
    )
    return Certificate(*(given_to_runner(run, path, folder) for path in made))


def given_to_runner(run, path, folder):
    target = f"{folder}/{os.path.basename(path)}"
    shutil.copyfile(path, target)
    if os.geteuid() == 0:
        shutil.chown(target, run.places.runner)
    os.chmod(target, 0o600)
    return target


def openssl_version():
    return " ".join(ssl.OPENSSL_VERSION.split()[:2])


def kernel_tls():
    """What the kernel says to a connection that wants its TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as connection:
            try:
                connection.setsockopt(socket.IPPROTO_TCP, TCP_ULP, b"tls")
            except OSError as error:
                return "the kernel has none" if error.errno == errno.ENOENT else os.strerror(error.errno)
    return "the kernel has it"
