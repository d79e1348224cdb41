"""The processes of a PostgreSQL by what they do, and the CPU that each has used."""

from . import machine

QUERY = """select pid || ' ' || case
    when application_name like 'commentary-relay%' then 'relays'
    when query ilike '%listen%' then 'relays'
    when backend_type like '%flusher%' then 'flusher'
    when application_name = 'pgbench' then 'writer'
    else 'rest' end
from pg_stat_activity where pid <> pg_backend_pid()"""


def grouped(text):
    """Of the answer, a line `PID GROUP` for each session: {group: [pid, …]}."""
    found = {}
    for line in text.splitlines():
        pid, group = line.split()
        found.setdefault(group, []).append(int(pid))
    return found


def cpu_ns(cluster):
    """{group: {pid: ns}} of all that run now."""
    return {
        group: {pid: ns for pid in pids if (ns := machine.cpu_ns(pid)) is not None}
        for group, pids in grouped(cluster.sql(QUERY)).items()
    }
