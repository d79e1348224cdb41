"""The plans in a server's log, each different query once.

auto_explain has written the log as JSON, with log_line_prefix '%m [%p] %b|%a|'.
"""

import json
import re
from collections import Counter
from typing import NamedTuple

BEGINNING = re.compile(r"^\S+ \S+ \S+ \[\d+\] ([^|]*)\|([^|]*)\|LOG:  duration: .* plan:$")
TEXT_LENGTH = 110
OURS = {"entry", "match", "epoch", "rejected", "relay"}
OF_A_BODY = "(inside a function)"  # a body in the standard's syntax has no text


class Query(NamedTuple):
    """A query that was planned; the same one counts once, whatever its values."""

    is_sequential: bool  # it scans one of the large tables
    who: str
    scans: str
    text: str


def plans_of(lines):
    """(backend type, application, plan) of each in the log."""
    asked, plan = None, []
    for line in lines:
        if asked and line.startswith("\t"):
            plan.append(line[1:])
            continue
        if asked:
            yield *asked, json.loads("".join(plan))
        found = BEGINNING.match(line.rstrip("\n"))
        asked, plan = (found.groups() if found else None), []
    if asked:
        yield *asked, json.loads("".join(plan))


def scans_of(node):
    """(kind of scan, relation, index) of the node and all below it."""
    if "Relation Name" in node:
        yield node["Node Type"], node["Relation Name"], node.get("Index Name")
    elif "Index Name" in node:
        yield node["Node Type"], "", node["Index Name"]
    for child in node.get("Plans", []):
        yield from scans_of(child)


def told(scan):
    kind, relation, index = scan
    return kind + (f" on {relation}" if relation else "") + (f" by {index}" if index else "")


def who(backend_type, application):
    if backend_type == "client backend":
        return "relay" if application == "commentary-relay" else "SQL"
    return backend_type.replace("commentary ", "")


def is_ours(relation):
    return relation in OURS or relation.startswith("staging_")


def queries_of(lines, large):
    """The different queries on tables of the schema commentary, in order, each with how
    often it was planned. large: names of the tables that must not be scanned."""
    found = Counter()
    for backend_type, application, plan in plans_of(lines):
        scans = list(scans_of(plan["Plan"]))
        if not any(is_ours(relation) for _, relation, _ in scans):
            continue
        text = re.sub(r"\s+", " ", plan["Query Text"]).strip()[:TEXT_LENGTH] or OF_A_BODY
        is_sequential = any(kind == "Seq Scan" and relation in large for kind, relation, _ in scans)
        kinds = ", ".join(dict.fromkeys(told(scan) for scan in scans))
        found[Query(is_sequential, who(backend_type, application), kinds, text)] += 1
    return sorted(found.items())
