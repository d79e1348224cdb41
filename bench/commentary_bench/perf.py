"""Where the CPUs are, by perf: a line SHARE<tab>WHO<tab>SYMBOL for each symbol of a profile.

perf's own report has lines such as

    12.34%  1234:postgres    [.] ExecInitNode     -      -
"""

import subprocess
from collections import Counter, defaultdict

from .summaries import number
from .tables import markdown

MOST_PROGRAMS = 5
MOST_SYMBOLS = 8


def report(data):
    """perf's report of a recording, by process and symbol."""
    asked = ["perf", "report", "-i", data, "--stdio", "-q", "--no-children"]
    asked += ["--sort", "pid,symbol", "-F", "overhead,pid,symbol"]
    return subprocess.run(asked, capture_output=True, text=True, errors="replace", check=False).stdout


def lines_of(text, flusher_pid):
    """The report as (share, who, symbol), each text. The flusher is a postgres whose pid is known."""
    for line in text.splitlines():
        words = line.split()
        if line.startswith("#") or len(words) < 3:
            continue
        pid, _, program = words[1].partition(":")
        who = "flusher" if pid == str(flusher_pid) else named(program)
        yield words[0].replace("%", ""), who, line[line.index("[") :].rstrip(" -") if "[" in line else ""


def named(program):
    if program.startswith("swapper"):
        return "idle"
    return "writers" if program == "postgres" else program


def table_of_cpus(path):
    """Of each program its share and the symbols that take most of it; None without a profile."""
    shares, symbols = Counter(), defaultdict(Counter)
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                share, who, symbol = line.rstrip("\n").split("\t")
                shares[who] += float(share)
                symbols[who][symbol.replace("[.] ", "").replace("[k] ", "kernel: ")] += float(share)
    except FileNotFoundError:
        return None
    rows = [["", "of all CPUs", "most of it"]]
    for who, share in shares.most_common(MOST_PROGRAMS):
        most = ", ".join(f"`{name}` {number(n)}" for name, n in symbols[who].most_common(MOST_SYMBOLS))
        rows.append([who, f"{share:.0f} %", "" if who == "idle" else most])
    return markdown(rows)
