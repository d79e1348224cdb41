"""What a process holds and uses, and how much a test may do."""
import os
import resource

ESTABLISHED, CLOSE_WAIT = "01", "08"  # in /proc/net/tcp


def allow_descriptors():
    """Raises the limit of this test to what the system allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def connections(port):
    """Of each connection at this port that its server has open: how many bytes the kernel has yet to send."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return [int(row[4].split(":")[0], 16) for row in rows
            if int(row[1].split(":")[1], 16) == port and row[3] in (ESTABLISHED, CLOSE_WAIT)]


def is_running(pid):
    """A zombie is not running: only its parent has not asked for its status yet."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid):
    """The pids of its children, without zombies."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [child for child in map(int, file.read().split()) if is_running(child)]


def status(pid):
    """The words of each line of /proc/PID/status, by its name."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return {name: value.split() for name, value in (line.split(":", 1) for line in file)}


def rss_kib(pid):
    return int(status(pid)["VmRSS"][0])


def cpu_s(pid):
    """The CPU time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_deep():
    return bool(os.environ.get("COMMENTARY_DEEP"))


def is_sanitized():
    """Whether the relay has sanitizers: its memory says nothing then, and everything takes longer."""
    return bool(os.environ.get("COMMENTARY_IS_SANITIZED"))
