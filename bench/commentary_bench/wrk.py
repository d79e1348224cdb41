"""HTTP requests to a server, by wrk, and what became of them."""

import os
import re
import subprocess

from .processes import last_line, pinned
from .servers import LOAD_CPU
from .viewers import Load

PATIENCE_S = 10  # an answer that takes longer has failed


def requests(run, server, path, connections, seconds, sentences=None):
    """So many connections that are kept, one request on each; whole seconds. sentences: the
    file of those that are POSTed instead. Figures: ok, failed, per_s, p50_ms, p99_ms."""
    argv = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", f"{PATIENCE_S}s"]
    argv += ["-s", f"{run.places.bench}/http.lua", f"http://127.0.0.1:{server.port}{path}"]
    environment = os.environ | ({"SENTENCES": sentences} if sentences else {})
    done = subprocess.run(
        pinned(LOAD_CPU, argv), capture_output=True, text=True, env=environment, cwd=run.work, check=False
    )
    if done.returncode != 0:
        run.fault(f"wrk failed: {last_line(done.stdout + done.stderr)}")
    return Load(done.stdout)


def version():
    """wrk prints it with its usage, and exits with 1."""
    told = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"wrk (?:debian/)?(\S+)", told.stdout + told.stderr)
    return f"wrk {found.group(1) if found else '?'}"
